//! `fenzhen bundle`.

mod compare;
mod remember;
mod verify;

use super::{aligned::aligned, stdout::print};
use crate::{
    Result, bundle,
    evaluate::{Question, Scores},
    train::seal::Metrics,
};
use std::{path::PathBuf, process::ExitCode};

/// Look into a model bundle, or hold two against each other
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  fenzhen bundle inspect models/retail
  fenzhen bundle verify models/retail
  fenzhen bundle compare models/retail runs/next --data datasets/retail/dev.jsonl
  fenzhen bundle remember models/retail --recipe training/retail.toml")]
pub struct Bundle {
    #[command(subcommand)]
    action: Act,
}

#[derive(Debug, clap::Subcommand)]
enum Act {
    /// Tell what a bundle is, what it learnt from and what it reached
    Inspect(Folder),
    Verify(verify::Verify),
    Compare(Box<compare::Compare>),
    Remember(remember::Remember),
}

#[derive(Debug, clap::Args)]
struct Folder {
    /// Folder of the bundle
    #[arg(value_name = "DIR", default_value = "models/retail")]
    folder: PathBuf,
    /// Print JSON on stdout
    #[arg(long)]
    json: bool,
}

impl Bundle {
    pub fn run(&self) -> Result<ExitCode> {
        match &self.action {
            Act::Inspect(folder) => folder.inspect(),
            Act::Verify(verify) => verify.run(),
            Act::Compare(compare) => compare.run(),
            Act::Remember(remember) => remember.run(),
        }
    }
}

impl Folder {
    fn inspect(&self) -> Result<ExitCode> {
        let manifest = bundle::verify(&self.folder)?;
        let metrics = Metrics::open(&self.folder)?;
        if self.json {
            let whole = serde_json::json!({ "manifest": manifest, "metrics": metrics });
            print(&format!("{whole:#}\n"))?;
            return Ok(ExitCode::SUCCESS);
        }
        let mut rows = vec![
            vec!["bundle".to_owned(), manifest.id()],
            vec!["taxonomy".to_owned(), manifest.taxonomy.clone()],
            vec!["engine".to_owned(), manifest.engine.clone()],
        ];
        for (name, record) in &manifest.files {
            rows.push(vec![name.clone(), format!("{} kB  {}…", record.bytes.div_ceil(1000), &record.sha256[..12])]);
        }
        let mut out = aligned(&rows);
        if let Some(metrics) = metrics {
            out += &format!(
                "\ntrained on {} rows in {} rounds (best: {}), {} rows to calibrate, seed {}\n",
                metrics.training_rows, metrics.rounds, metrics.best_round, metrics.calibration_rows, metrics.seed
            );
            for (set, models) in &metrics.dev {
                out += &format!("\n{set}\n");
                out += &aligned(&table(models));
            }
        }
        print(&out)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// One line a question, one column a model.
fn table(models: &std::collections::BTreeMap<String, crate::evaluate::Evaluation>) -> Vec<Vec<String>> {
    let mut rows = vec![std::iter::once(String::new()).chain(models.keys().cloned()).collect()];
    for question in Question::ALL {
        let cell = |scores: Option<&Scores>| match scores {
            Some(Scores::OneOf(s)) => format!("{:.3}", s.accuracy.value),
            Some(Scores::AnyOf(s)) => format!("{:.3} F1", s.micro_f1.value),
            Some(Scores::Scalar(s)) => format!("{:.3} sign", s.sign_accuracy.value),
            None => "–".into(),
        };
        let cells: Vec<String> = models.values().map(|e| cell(e.scores.get(&question))).collect();
        if cells.iter().any(|c| c != "–") {
            rows.push(std::iter::once(question.name().to_owned()).chain(cells).collect());
        }
    }
    rows
}
