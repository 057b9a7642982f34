//! Texts a second of the linear model alone, words in and the logits of all heads out: the shipped one, on the written dev texts,
//! cut beforehand. Prints lines as `benches/peers/linear.py` does: `R engine texts batch threads texts/s`.
//!
//! `cargo bench --bench linear -- --batch 1,1024 --threads 1 --seconds 2`; `--words DIR` instead writes the words of the training and
//! the dev file for the peers, `train.txt` and `dev.txt`: a category a line, then the words.

use fenzhen::{
    classify::{Classifier, linear::LinearModel},
    segment::{Reading, Segmenter},
};
use std::{path::Path, time::Instant};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let flag = |name: &str| {
        let at = arguments.iter().position(|a| a == name);
        at.and_then(|at| arguments.get(at + 1)).cloned()
    };
    if let Some(folder) = flag("--words") {
        for file in ["train", "dev"] {
            let lines = rows(file).into_iter().map(|(category, reading)| {
                let words: Vec<&str> = reading.words().filter(|word| !word.trim().is_empty()).collect();
                format!("{category} {}\n", words.join(" "))
            });
            let lines: String = lines.collect();
            std::fs::write(Path::new(&folder).join(format!("{file}.txt")), lines).expect("--words takes a folder");
        }
        return;
    }
    let threads: usize = flag("--threads").map_or(1, |n| n.parse().expect("--threads takes a number"));
    let seconds: f64 = flag("--seconds").map_or(2.0, |n| n.parse().expect("--seconds takes a number"));
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().expect("nothing made a pool before");
    let model = LinearModel::open("models/retail/linear.safetensors".as_ref()).expect("the shipped bundle opens");
    let rows = rows("dev");
    let readings: Vec<&Reading> = rows.iter().map(|(_, reading)| reading).collect();
    for batch in flag("--batch").unwrap_or("1,1024".into()).split(',') {
        let batch: usize = batch.parse().expect("--batch takes numbers");
        let (start, mut rates) = (Instant::now(), Vec::new());
        while rates.len() < 3 || start.elapsed().as_secs_f64() < seconds {
            let from = Instant::now();
            for batch in readings.chunks(batch) {
                std::hint::black_box(model.logits(batch).expect("words are enough"));
            }
            rates.push(readings.len() as f64 / from.elapsed().as_secs_f64());
        }
        rates.sort_by(f64::total_cmp);
        println!("R\tfenzhen-linear\tretail-dev\t{batch}\t{threads}\t{:.0}", rates[rates.len() / 2]);
    }
}

/// The texts of one of our files, read as the pipeline does, with their categories.
fn rows(file: &str) -> Vec<(String, Reading)> {
    let segmenter = Segmenter::new();
    let text = std::fs::read_to_string(format!("datasets/retail/{file}.jsonl")).expect("the data is here");
    text.lines()
        .filter_map(|line| {
            let row: serde_json::Value = serde_json::from_str(line).expect("a row a line");
            let reading = segmenter.read(row["text"].as_str().expect("every row has a text")).ok()?;
            Some((row["category"].as_str()?.to_owned(), reading))
        })
        .collect()
}
