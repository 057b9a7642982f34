//! Training steps a second of the engine, on random pieces of the shipped encoder's shape: forward, backward, clipping and
//! optimiser, as `fenzhen train` does them. The same lines as `benches/peers/train_torch.py` prints:
//! `R name lengths batch threads rows/s rows/CPU-s`.
//!
//! `cargo bench --bench train -- --lengths 64,benches/lengths-retail.txt --batch 16,32 --threads 2 --seconds 20`; `--products bf16`
//! multiplies in bf16.

use candle_core::Device;
use fenzhen::{
    data::{Row, Targets},
    encode::Pieces,
    segment::Segmenter,
    taxonomy::Taxonomy,
    train::{Example, Recipe, learner::Learner},
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::time::Instant;

/// Steps before the clock starts.
const WARM_UP: usize = 2;
/// Longer texts are cut.
const LIMIT: usize = 128;
/// Batches that a mix of lengths is measured in.
const MIX: usize = 25;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let flag = |name: &str, default: &str| {
        let at = arguments.iter().position(|a| a == name);
        at.and_then(|at| arguments.get(at + 1)).cloned().unwrap_or(default.into())
    };
    let threads: usize = flag("--threads", "1").parse().expect("--threads takes a number");
    let seconds: f64 = flag("--seconds", "20").parse().expect("--seconds takes a number");
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().expect("nothing made a pool before");
    for lengths in flag("--lengths", "64,128,benches/lengths-retail.txt").split(',') {
        for batch in flag("--batch", "16,32").split(',') {
            let batch: usize = batch.parse().expect("--batch takes numbers");
            measure(lengths, batch, threads, seconds, &flag("--products", "f32"));
        }
    }
}

fn measure(lengths: &str, batch: usize, threads: usize, seconds: f64, products: &str) {
    let taxonomy = Taxonomy::retail();
    let recipe: Recipe = toml::from_str(&format!(
        "name = 'bench'\nseed = 1\ntaxonomy = 'retail-v1'\n[encoder]\npath = 'models/retail'\n[data]\ntrain = []\ndev = []\n\
         [rounds]\nproducts = '{products}'\n",
    ))
    .expect("--products takes f32 or bf16");
    let (label, batches) = batches(lengths, batch, &taxonomy);
    let mut learner = Learner::new(&recipe, &taxonomy, &[], 103, &Device::Cpu)
        .expect("models/retail is an encoder's folder, and the CPU has such products");
    let mut step = 0;
    let mut run = |rows: &[Example]| {
        let rows: Vec<&Example> = rows.iter().collect();
        let pieces = rows.iter().map(|row| row.pieces.clone()).collect();
        learner.step(&rows, pieces, step, 1_000_000).expect("a step works");
        step += 1;
        rows.len()
    };
    for rows in batches.iter().cycle().take(WARM_UP) {
        run(rows);
    }
    let (start, before) = (Instant::now(), cpu_seconds());
    let mut rows = 0;
    // Whole passes, so that a mix of lengths is always the same work.
    while start.elapsed().as_secs_f64() < seconds {
        rows += batches.iter().map(|batch| run(batch)).sum::<usize>();
    }
    let (wall, cpu) = (start.elapsed().as_secs_f64(), cpu_seconds() - before);
    let name = if products == "f32" { "fenzhen".to_owned() } else { format!("fenzhen-{products}") };
    println!("R\t{name}\t{label}\t{batch}\t{threads}\t{:.1}\t{:.1}", rows as f64 / wall, rows as f64 / cpu);
}

/// Batches of random pieces with labels for every head.
fn batches(lengths: &str, batch: usize, taxonomy: &Taxonomy) -> (String, Vec<Vec<Example>>) {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let reading = Segmenter::new().read("快递三天没动静").expect("a sentence can be read");
    let mut example = |length: usize| {
        let label = |n: usize, rng: &mut ChaCha8Rng| rng.random_range(0..n);
        let row = Row {
            text: "快递三天没动静".into(),
            category: Some(taxonomy.categories[label(28, &mut rng)].label.id.clone()),
            secondary: Some(vec![]),
            department: Some(taxonomy.departments[label(9, &mut rng)].id.clone()),
            priority: Some(taxonomy.priorities[label(3, &mut rng)].label.id.clone()),
            emotion: Some(taxonomy.emotions[label(7, &mut rng)].label.id.clone()),
            intensity: Some(label(4, &mut rng) as u8),
            flags: Some(vec![taxonomy.flags[label(12, &mut rng)].id.clone()]),
            ..Default::default()
        };
        let targets = Targets::of(&row, taxonomy).expect("the labels are the taxonomy's own");
        let ids = (0..length).map(|_| rng.random_range(1000..8000)).collect();
        Example { reading: reading.clone(), pieces: Pieces { ids }, targets, taught: None, weight: 1.0 }
    };
    if let Ok(length) = lengths.parse::<usize>() {
        let batches = (0..4).map(|_| (0..batch).map(|_| example(length)).collect()).collect();
        return (lengths.to_owned(), batches);
    }
    let text = std::fs::read_to_string(lengths).expect("a number of pieces or a file of lengths");
    let mut all: Vec<usize> = text.lines().filter_map(|l| l.trim().parse().ok()).map(|n: usize| n.min(LIMIT)).collect();
    all.sort_unstable();
    let whole: Vec<&[usize]> = all.chunks_exact(batch).collect();
    let taken = (0..MIX).map(|i| whole[(2 * i + 1) * whole.len() / (2 * MIX)]);
    ("mix-bucketed".into(), taken.map(|lengths| lengths.iter().map(|&n| example(n)).collect()).collect())
}

/// CPU time of this process, user and system.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |i: usize| fields.get(i).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}
