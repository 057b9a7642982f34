//! `fenzhen score`.

use super::{
    AnswerFlags, OutputFlags, progress,
    table::{self, TableFlags},
};
use crate::{
    Error, Result,
    batch::{self, Column, Options, Summary},
};
use indicatif::HumanCount;
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

/// Score a whole file of complaints
///
/// Reads CSV (UTF-8, GB18030, Big5, UTF-16) or JSONL, plain or .gz, and writes the same rows in the same order with the
/// predictions added. Rows that cannot be scored keep their place, with the reason in the column `error`.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Score {
    /// CSV or JSONL file of complaints
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// Where the scored rows go; never the input itself
    #[arg(long, short, value_name = "OUT")]
    output: PathBuf,
    #[command(flatten)]
    table: TableFlags,
    /// Add the text with personal data masked
    #[arg(long)]
    masked_text: bool,
    /// Write cells as they are, also those that a spreadsheet would run as a formula
    #[arg(long)]
    verbatim: bool,
    #[command(flatten)]
    model: AnswerFlags,
    #[command(flatten)]
    talk: OutputFlags,
}

const AFTER_HELP: &str = "Examples:
  fenzhen score complaints.csv -o scored.csv
  fenzhen score 投诉.csv -o 结果.csv --text-column 投诉内容 --columns amount=订单金额,tier=会员等级
  fenzhen score complaints.jsonl.gz -o scored.jsonl.gz

Added columns are called predicted_… where the input has one of the same name. Exit code 1: some rows failed.";

impl Score {
    pub fn run(&self) -> Result<ExitCode> {
        let (columns, encoding) = (self.table.columns(), self.table.encoding()?);
        // A wrong path should be told before the model is loaded.
        if !self.input.exists() {
            return Err(Error::file(&self.input, std::io::ErrorKind::NotFound.into()));
        }
        let pipeline = self.model.open()?;
        let added = Column::of(&pipeline.heads(), pipeline.tells_foreign(), self.masked_text);
        let options = Options { encoding, columns, added, verbatim: self.verbatim };
        let bar = progress::bar(self.talk.quiet);
        let start = Instant::now();
        let decide = |complaints: &[crate::Complaint]| pipeline.decide_all(complaints).0;
        let outcome = batch::score(&self.input, &self.output, &options, decide, |done| progress::show(&bar, done));
        bar.finish_and_clear();
        let summary = outcome?;
        let seconds = start.elapsed().as_secs_f64();
        if self.talk.json {
            let mut told = serde_json::to_value(&summary).map_err(|e| Error::Internal(e.to_string()))?;
            told["seconds"] = seconds.into();
            println!("{told}");
        }
        if !self.talk.quiet {
            tell(&summary, seconds, &self.output);
        }
        Ok(ExitCode::from(u8::from(summary.failed > 0)))
    }
}

fn tell(summary: &Summary, seconds: f64, output: &Path) {
    let scored = summary.rows - summary.failed;
    let also: String = summary.columns.iter().map(|(field, column)| format!(", {field} from {column:?}")).collect();
    eprintln!(
        "read     {} rows ({}), text from {:?}{also}",
        count(summary.rows),
        summary.encoding,
        summary.text_column
    );
    table::tell(&summary.failures, summary.failed, "; see the column error");
    let a_second = summary.rows as f64 / seconds.max(0.001);
    eprintln!(
        "done     {} scored, {} failed, in {seconds:.1} s, {a_second:.0} a second",
        count(scored),
        summary.failed
    );
    eprintln!("written  {}", output.display());
}

fn count(n: usize) -> HumanCount {
    HumanCount(n as u64)
}
