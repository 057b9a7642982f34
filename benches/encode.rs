//! Texts a second through the encoder and its heads, pieces in and logits out, with the shipped bundle's weights. Prints the
//! same lines as `benches/peers/encoders.py`: `R engine lengths batch threads texts/s`.
//!
//! `fenzhen` is what is served: the last layer is computed for the first piece of each text only, as nothing reads the others.
//! `fenzhen-all-pieces` computes all states, like the peers; `fenzhen-f32` is the encoder that training uses.
//!
//! `cargo bench --bench encode -- --lengths 16,32,64,128,real --batch 1,8,32 --threads 1 --seconds 1`; `--bundle` names another one.

use fenzhen::{
    classify::transformer::{
        Encoder, EncoderConfig, Engine, HEAD_BIAS, HEAD_WEIGHT, Kernel, Noise, Pooling, Weights, pool, quantize,
    },
    encode::{Pieces, Ragged},
};
use std::{path::Path, time::Instant};

/// Longer texts are cut.
const LIMIT: usize = 128;
/// Texts of the real mix.
const MIX: usize = 256;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let flag = |name: &str, default: &str| {
        let at = arguments.iter().position(|a| a == name);
        at.and_then(|at| arguments.get(at + 1)).cloned().unwrap_or(default.into())
    };
    let threads: usize = flag("--threads", "1").parse().expect("--threads takes a number");
    let seconds: f64 = flag("--seconds", "1").parse().expect("--seconds takes a number");
    let engines = flag("--engines", "fenzhen,fenzhen-all-pieces,fenzhen-f32");
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().expect("nothing made a pool before");

    let folder = flag("--bundle", "models/retail");
    let folder = Path::new(&folder);
    let config = EncoderConfig::open(&folder.join("config.json")).expect("the bundle opens");
    let stored = quantize::load_stored(&folder.join("model.safetensors")).expect("the bundle opens");
    let engine = |pooling| {
        Engine::new(&stored, &config, pooling, (HEAD_WEIGHT, HEAD_BIAS), Kernel::best()).expect("the weights fit")
    };
    let (served, whole) = (engine(Pooling::Cls), engine(Pooling::Mean));
    let tensors = quantize::load(&folder.join("model.safetensors")).expect("the bundle opens");
    let weights = Weights::from_hf(tensors, &config, &candle_core::Device::Cpu).expect("the weights fit");
    let encoder = Encoder { config: config.clone(), weights };
    eprintln!("kernel {}", served.kernel().name());

    for lengths in flag("--lengths", "16,32,64,128,real").split(',') {
        for batch in flag("--batch", "1,8,32").split(',') {
            let batch: usize = batch.parse().expect("--batch takes numbers");
            let batches = batches(lengths, batch, config.vocab_size);
            for name in engines.split(',') {
                let run = |batch: &[Pieces]| match name {
                    "fenzhen" => served.logits(batch).len(),
                    "fenzhen-all-pieces" => whole.logits(batch).len(),
                    "fenzhen-f32" => {
                        let ragged = Ragged::of(batch);
                        let states = encoder.forward(&ragged, Noise::none()).expect("the batch is well formed");
                        pool(&states, &ragged, Pooling::Cls).expect("the batch is well formed").elem_count()
                    }
                    other => panic!("no engine {other}"),
                };
                let rate = measure(&batches, seconds, run);
                println!("R\t{name}\t{lengths}\t{batch}\t{threads}\t{rate:.1}");
            }
        }
    }
}

/// Median texts a second over whole passes.
fn measure(batches: &[Vec<Pieces>], seconds: f64, run: impl Fn(&[Pieces]) -> usize) -> f64 {
    let texts: usize = batches.iter().map(Vec::len).sum();
    let pass = || {
        for batch in batches {
            std::hint::black_box(run(batch));
        }
    };
    pass();
    let (start, mut rates) = (Instant::now(), Vec::new());
    while rates.len() < 3 || start.elapsed().as_secs_f64() < seconds {
        let from = Instant::now();
        pass();
        rates.push(texts as f64 / from.elapsed().as_secs_f64());
    }
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

/// One batch of equal lengths, or the real mix in batches: in the order of the file, or sorted by length first.
fn batches(lengths: &str, batch: usize, vocabulary: usize) -> Vec<Vec<Pieces>> {
    let lengths: Vec<usize> = match lengths.parse() {
        Ok(length) => vec![length; batch],
        Err(_) => {
            let file = include_str!("lengths-retail.txt");
            let mut mix: Vec<usize> =
                file.lines().take(MIX).map(|l| l.parse::<usize>().expect("a length a line").min(LIMIT)).collect();
            match lengths {
                "real" => {}
                "real-sorted" => mix.sort(),
                other => panic!("--lengths takes numbers, real and real-sorted, not {other}"),
            }
            mix
        }
    };
    let cut = |lengths: &[usize]| {
        let mut k = 0;
        let mut next = || {
            k += 1;
            ((k - 1) * 37 % vocabulary) as u32
        };
        lengths.iter().map(|&n| Pieces { ids: (0..n).map(|_| next()).collect() }).collect()
    };
    lengths.chunks(batch).map(cut).collect()
}
