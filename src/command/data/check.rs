//! `fenzhen data check`.

use super::Labelled;
use crate::{
    Error, Result,
    command::{
        OutputFlags,
        aligned::{aligned, count},
        stdout::print,
    },
    data::{self, Fault, Report},
};
use std::{path::PathBuf, process::ExitCode};

/// So many findings of a kind are listed unless --all is given.
const LISTED: usize = 10;

/// Look for faults in labelled files: broken rows, unknown labels, repeats, contradictions, leaks
///
/// Files that are given together are taken as the parts of one data set: a text that stands in two of them is a leak. Rows
/// are named by file and line; no text is shown.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Check {
    /// CSV or JSONL files of labelled rows
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// End with exit code 1 when anything is found
    #[arg(long)]
    strict: bool,
    /// List every finding, not ten of a kind
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    labelled: Labelled,
    #[command(flatten)]
    talk: OutputFlags,
}

const AFTER_HELP: &str = "Examples:
  fenzhen data check datasets/retail/train.jsonl datasets/retail/dev.jsonl --strict
  fenzhen data check 投诉.csv --columns text=内容,category=类别 --taxonomy ours.toml --json";

impl Check {
    pub fn run(&self) -> Result<ExitCode> {
        let sources: Vec<_> = self.files.iter().map(|path| self.labelled.source(path)).collect();
        let report = data::check(&sources, &self.labelled.taxonomy()?)?;
        let text = match self.talk.json {
            true => serde_json::to_string_pretty(&report).map_err(|e| Error::Internal(e.to_string()))? + "\n",
            false => told(&report, if self.all { usize::MAX } else { LISTED }),
        };
        print(&text)?;
        Ok(ExitCode::from(u8::from(self.strict && !report.findings.is_empty())))
    }
}

fn told(report: &Report, listed: usize) -> String {
    let mut out = format!("taxonomy  {}\n\n", report.taxonomy);
    let files = report.files.iter().map(|file| vec![file.file.display().to_string(), count(file.rows)]);
    out += &aligned(&[vec!["file".into(), "rows".into()]].into_iter().chain(files).collect::<Vec<_>>());
    let heads = report.files.first().map(|file| &file.labels).into_iter().flatten();
    for (head, labels) in heads {
        let mut rows = vec![vec![head.to_string()]];
        rows[0].extend(
            report
                .files
                .iter()
                .map(|file| file.file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()),
        );
        for (i, label) in labels.iter().enumerate() {
            let mut row = vec![label.label.clone()];
            row.extend(report.files.iter().map(|file| count(file.labels[head][i].rows)));
            rows.push(row);
        }
        if report.files.iter().any(|file| file.labels[head].iter().any(|label| label.rows > 0)) {
            out += &format!("\n{}", aligned(&rows));
        }
    }
    let totals = report.totals();
    for fault in Fault::ALL {
        let Some(&total) = totals.get(&fault) else { continue };
        out += &format!("\n{}: {}\n", fault.name(), count(total));
        for finding in report.findings.iter().filter(|f| f.fault == fault).take(listed) {
            let other = finding.other.as_ref().map(|other| format!(" {other}")).unwrap_or_default();
            out += &format!("  {}  {}{other}\n", finding.at, finding.detail);
        }
        if total > listed {
            out += &format!("  and {} more; --all lists them\n", count(total - listed));
        }
    }
    out + "\n"
        + &match report.findings.len() {
            0 => "nothing found\n".to_owned(),
            1 => "1 finding\n".to_owned(),
            n => format!("{} findings\n", count(n)),
        }
}
