//! `fenzhen data curve`.

use super::{Labelled, audit::bar, head};
use crate::{
    Error, Result,
    classify::Head,
    command::{
        OutputFlags,
        aligned::{aligned, count},
        stdout::print,
    },
    data::{self, audit::quick},
    evaluate::learning::{self, SHARES, Spread},
};
use std::{path::PathBuf, process::ExitCode};

/// Would more labels help? Cross-validate a linear model with an eighth of the rows up to all of them
///
/// Every row is answered by models that did not learn it; accuracies come with the 95 % interval over the folds. The last
/// line of a head is what a power law, fitted to the others, promises for twice the rows: an extrapolation, no measurement.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Curve {
    /// CSV or JSONL files of labelled rows
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The heads to measure
    #[arg(long, value_name = "HEAD", value_delimiter = ',', value_parser = head,
        default_value = "category,department,priority,emotion")]
    head: Vec<Head>,
    /// Parts that the rows are divided into; each is answered by models that learnt of the others
    #[arg(long, value_name = "K", default_value_t = 5)]
    folds: usize,
    /// Another seed gives other folds and other parts
    #[arg(long, default_value_t = 7)]
    seed: u64,
    #[command(flatten)]
    labelled: Labelled,
    #[command(flatten)]
    talk: OutputFlags,
}

const AFTER_HELP: &str = "Examples:
  fenzhen data curve datasets/retail/train.jsonl
  fenzhen data curve ours.csv --taxonomy ours.toml --head category --folds 10 --json";

impl Curve {
    pub fn run(&self) -> Result<ExitCode> {
        let taxonomy = self.labelled.taxonomy()?;
        data::audit::check_heads(&self.head, &taxonomy)?;
        let sources: Vec<_> = self.files.iter().map(|path| self.labelled.source(path)).collect();
        let entries = data::entries(&sources, &taxonomy, &self.head)?;
        let bar = bar(self.folds * SHARES.len(), "models", self.talk.quiet);
        let done = |models: usize| bar.set_position(models as u64);
        let outcome = learning::curve(&entries, &taxonomy, &self.head, self.folds, &quick(), self.seed, &done);
        bar.finish_and_clear();
        let found = outcome?;
        let text = match self.talk.json {
            true => serde_json::to_string_pretty(&found).map_err(|e| Error::Internal(e.to_string()))? + "\n",
            false => told(&found),
        };
        print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn told(found: &learning::Curve) -> String {
    let mut out = format!(
        "taxonomy  {}\nrows      {} ({} skipped: no words or no label)\nfolds     {}\n",
        found.taxonomy,
        count(found.rows),
        count(found.skipped),
        found.folds
    );
    let line = |name: String, rows: f64, spread: &Spread| {
        vec![
            name,
            count(rows.round() as usize),
            format!("{:.1} %", spread.mean * 100.0),
            format!("{:.1} – {:.1}", spread.low * 100.0, spread.high * 100.0),
        ]
    };
    for head in &found.heads {
        let mut table = vec![vec![head.head.name().to_owned(), "rows learnt".into(), "accuracy".into(), "95 %".into()]];
        for point in &head.points {
            table.push(line(format!("{} %", point.share * 100.0), point.rows, &point.accuracy));
        }
        if let Some(doubled) = &head.doubled {
            table.push(line("twice (law)".into(), 2.0 * head.rows as f64, doubled));
        }
        out += &format!("\n{}", aligned(&table));
        if let (Some(doubled), Some(last)) = (&head.doubled, head.points.last()) {
            let gain = (doubled.mean - last.accuracy.mean) * 100.0;
            out += &format!("twice the rows: about {gain:+.1} points\n");
        }
    }
    out
}
