//! Texts a second of candle-transformers' `BertModel` in the shape of the shipped encoder, with random weights, on the batches of
//! `benches/encode.rs`, padded to the longest text as that model asks for. Prints the same lines: `R engine lengths batch threads texts/s`.
//!
//! `cargo run --release --manifest-path benches/peers/candle/Cargo.toml -- --lengths 16,32,64,128,real --batch 1,8,32 --threads 1 --seconds 1`

use candle_core::{DType, Device, Result, Tensor};
use candle_nn::{Linear, Module, VarBuilder, VarMap};
use candle_transformers::models::bert::{BertModel, Config};
use std::time::Instant;

/// As in `benches/encode.rs`: longer texts are cut, and texts of the real mix.
const LIMIT: usize = 128;
const MIX: usize = 256;
/// Logits of all heads of retail-v1.
const LOGITS: usize = 92;

/// Ids, kinds and mask of one batch.
struct Batch {
    texts: usize,
    ids: Tensor,
    kinds: Tensor,
    mask: Tensor,
}

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let flag = |name: &str, default: &str| {
        let at = arguments.iter().position(|argument| argument == name);
        at.and_then(|at| arguments.get(at + 1)).cloned().unwrap_or(default.into())
    };
    let threads = flag("--threads", "1");
    // candle asks this for its own products, and rayon for the rest.
    std::env::set_var("RAYON_NUM_THREADS", &threads);
    let seconds: f64 = flag("--seconds", "1").parse()?;

    let config = std::fs::read_to_string("models/retail/config.json")?;
    let config: Config = serde_json::from_str(&config)?;
    let variables = VarMap::new();
    let weights = VarBuilder::from_varmap(&variables, DType::F32, &Device::Cpu);
    let model = BertModel::load(weights.clone(), &config)?;
    let heads = candle_nn::linear(config.hidden_size, LOGITS, weights.pp("heads"))?;
    for lengths in flag("--lengths", "16,32,64,128,real").split(',') {
        for batch in flag("--batch", "1,8,32").split(',') {
            let batches = batches(lengths, batch.parse()?, config.vocab_size)?;
            let rate = measure(&model, &heads, &batches, seconds)?;
            println!("R\tcandle-bert-f32\t{lengths}\t{batch}\t{threads}\t{rate:.1}");
        }
    }
    Ok(())
}

/// Median texts a second over whole passes.
fn measure(model: &BertModel, heads: &Linear, batches: &[Batch], seconds: f64) -> Result<f64> {
    let texts: usize = batches.iter().map(|batch| batch.texts).sum();
    let pass = || -> Result<f64> {
        let start = Instant::now();
        for batch in batches {
            let states = model.forward(&batch.ids, &batch.kinds, Some(&batch.mask))?;
            let first = states.narrow(1, 0, 1)?.squeeze(1)?.contiguous()?;
            std::hint::black_box(heads.forward(&first)?.to_vec2::<f32>()?);
        }
        Ok(texts as f64 / start.elapsed().as_secs_f64())
    };
    pass()?;
    let (start, mut rates) = (Instant::now(), Vec::new());
    while rates.len() < 3 || start.elapsed().as_secs_f64() < seconds {
        rates.push(pass()?);
    }
    rates.sort_by(f64::total_cmp);
    Ok(rates[rates.len() / 2])
}

fn batches(lengths: &str, size: usize, vocabulary: usize) -> Result<Vec<Batch>> {
    let lengths: Vec<usize> = match lengths.parse() {
        Ok(length) => vec![length; size],
        Err(_) => {
            let file = include_str!("../../../lengths-retail.txt");
            let all = file.lines().map(|line| line.parse::<usize>().expect("a length a line").min(LIMIT));
            let mut mix: Vec<usize> = all.take(MIX).collect();
            match lengths {
                "real" => {}
                "real-sorted" => mix.sort(),
                other => candle_core::bail!("--lengths takes numbers, real and real-sorted, not {other}"),
            }
            mix
        }
    };
    lengths.chunks(size).map(|lengths| padded(lengths, vocabulary)).collect()
}

/// The k-th piece of a batch, padding not counted, is 37 k modulo the vocabulary.
fn padded(lengths: &[usize], vocabulary: usize) -> Result<Batch> {
    let longest = lengths.iter().copied().max().unwrap_or(0);
    let shape = (lengths.len(), longest);
    let (mut ids, mut mask) = (vec![0u32; lengths.len() * longest], vec![0u32; lengths.len() * longest]);
    let mut piece = 0;
    for (row, &length) in lengths.iter().enumerate() {
        for place in row * longest..row * longest + length {
            (ids[place], mask[place]) = ((piece * 37 % vocabulary) as u32, 1);
            piece += 1;
        }
    }
    Ok(Batch {
        texts: lengths.len(),
        ids: Tensor::from_vec(ids, shape, &Device::Cpu)?,
        kinds: Tensor::zeros(shape, DType::U32, &Device::Cpu)?,
        mask: Tensor::from_vec(mask, shape, &Device::Cpu)?,
    })
}
