//! `fenzhen data inspect`.

use super::Labelled;
use crate::{
    Error, Result,
    command::{
        OutputFlags,
        aligned::{aligned, count},
        stdout::print,
    },
    data::{self, Overview, Row},
    segment::Segmenter,
};
use std::{path::PathBuf, process::ExitCode};

/// Show what is in a labelled file: counts, labels, lengths, which labels go together
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Inspect {
    /// CSV or JSONL file of labelled rows
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Show this many rows from all over the file, with personal data masked
    #[arg(long, value_name = "N", default_value_t = 0)]
    show: usize,
    #[command(flatten)]
    labelled: Labelled,
    #[command(flatten)]
    talk: OutputFlags,
}

const AFTER_HELP: &str = "Examples:
  fenzhen data inspect datasets/retail/train.jsonl
  fenzhen data inspect datasets/retail/dev.jsonl --show 5";

impl Inspect {
    pub fn run(&self) -> Result<ExitCode> {
        let rows = self.labelled.source(&self.file).load()?;
        let overview = data::inspect(&rows, &self.labelled.taxonomy()?);
        let shown = self.shown(&rows);
        let text = if self.talk.json {
            let mut told = serde_json::to_value(&overview).map_err(|e| Error::Internal(e.to_string()))?;
            if self.show > 0 {
                told["shown"] = serde_json::to_value(&shown).map_err(|e| Error::Internal(e.to_string()))?;
            }
            told.to_string() + "\n"
        } else {
            told(&overview) + &shown.iter().map(one).collect::<String>()
        };
        print(&text)?;
        Ok(ExitCode::SUCCESS)
    }

    /// Evenly spaced rows with their texts masked.
    fn shown(&self, rows: &[Row]) -> Vec<Row> {
        if self.show == 0 || rows.is_empty() {
            return Vec::new();
        }
        let segmenter = Segmenter::new();
        let step = rows.len().div_ceil(self.show).max(1);
        let masked = |row: &Row| Row {
            text: match segmenter.read(&row.text) {
                Ok(reading) => reading.text.masked(),
                // What cannot be read cannot be masked, so it is not shown.
                Err(error) => format!("({})", error.code()),
            },
            ..row.clone()
        };
        rows.iter().step_by(step).map(masked).collect()
    }
}

fn told(overview: &Overview) -> String {
    let percent = |n: usize| format!("{:.0} %", 100.0 * n as f64 / overview.rows.max(1) as f64);
    let mut out = format!("rows  {}\n\n", count(overview.rows));
    let filled = overview.filled.iter().map(|(field, &n)| vec![field.to_string(), count(n), percent(n)]);
    out += &aligned(&[vec!["field".into(), "rows".into()]].into_iter().chain(filled).collect::<Vec<_>>());
    let l = overview.length;
    let lengths = [l.min, l.p05, l.p25, l.median, l.p75, l.p95, l.p99, l.max];
    let names = ["characters", "min", "5 %", "25 %", "median", "75 %", "95 %", "99 %", "max"];
    let line = ["text".to_owned()].into_iter().chain(lengths.iter().map(|&n| count(n))).collect();
    out += &format!("\n{}", aligned(&[names.map(str::to_owned).to_vec(), line]));
    for (head, labels) in &overview.labels {
        if labels.iter().all(|label| label.rows == 0) {
            continue;
        }
        let mut table = vec![vec![head.to_string(), "rows".into()]];
        table.extend(labels.iter().map(|label| vec![label.label.clone(), count(label.rows), percent(label.rows)]));
        out += &format!("\n{}", aligned(&table));
    }
    if !overview.together.is_empty() {
        let mut table = vec![vec!["category".to_owned(), "department".into(), "rows".into()]];
        table.extend(overview.together.iter().map(|t| vec![t.category.clone(), t.department.clone(), count(t.rows)]));
        out += &format!("\n{}", aligned(&table));
    }
    out
}

fn one(row: &Row) -> String {
    let labels: Vec<String> = ["category", "department", "priority", "emotion", "intensity"]
        .into_iter()
        .filter_map(|field| row.field(field).ok().flatten())
        .collect();
    format!("\n{}\n  {}\n", labels.join("  "), row.text.replace('\n', "\n  "))
}
