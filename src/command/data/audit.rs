//! `fenzhen data audit`.

use super::{Labelled, head};
use crate::{
    Error, Result,
    classify::Head,
    command::{
        OutputFlags,
        aligned::{aligned, count},
        stdout::print,
    },
    data::{
        self,
        audit::{Applied, Audit as Found, Reason, Settings, Suspect, sheet},
    },
};
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// So many pairs of classes and refused verdicts are shown.
const LISTED: usize = 10;

/// Find labels that are probably wrong, for a person to judge; put the verdicts back
///
/// A linear model answers every row without having learnt it; confident learning ranks the labels it contradicts. Nearly
/// the same texts under different labels are found too. The CSV has an empty column verdict: write `suggested` there, the id
/// of a label, or nothing to keep what is given. --apply then writes a copy of the labels with the verdicts in it.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Audit {
    /// CSV or JSONL files of labelled rows
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The findings as CSV, or with --apply the copy of the labels
    #[arg(long, short, value_name = "OUT", required_unless_present = "json")]
    output: Option<PathBuf>,
    /// An audit with verdicts: carry them out on one FILE
    #[arg(long, value_name = "CSV", requires = "output")]
    apply: Option<PathBuf>,
    /// The heads to audit
    #[arg(long, value_name = "HEAD", value_delimiter = ',', value_parser = head,
        default_value = "category,department,priority,emotion")]
    head: Vec<Head>,
    /// Parts that the rows are divided into; each is answered by a model that learnt the others
    #[arg(long, value_name = "K", default_value_t = 5)]
    folds: usize,
    /// Write the most doubtful so many only
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Another seed gives other folds
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Overwrite an output that is there already
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    labelled: Labelled,
    #[command(flatten)]
    talk: OutputFlags,
}

const AFTER_HELP: &str = "Examples:
  fenzhen data audit datasets/retail/train.jsonl -o audit.csv
  fenzhen data audit train.jsonl --head category --limit 200 -o audit.csv
  fenzhen data audit --apply audit.csv train.jsonl -o corrected.jsonl

Exit code 1: some verdicts were refused.";

impl Audit {
    pub fn run(&self) -> Result<ExitCode> {
        if let Some(path) = &self.output {
            if self.files.iter().chain(&self.apply).any(|file| same(file, path)) {
                return Err(refuse(path, "the output must be another file than what is read"));
            }
            if path.exists() && !self.force {
                return Err(refuse(path, "it is there already; give another name, or --force"));
            }
        }
        match (&self.apply, &self.output) {
            (Some(audit), Some(output)) => self.put_back(audit, output),
            _ => self.find(),
        }
    }

    fn find(&self) -> Result<ExitCode> {
        let taxonomy = self.labelled.taxonomy()?;
        let settings = Settings { folds: self.folds, heads: self.head.clone(), seed: self.seed, ..Settings::default() };
        data::audit::check_heads(&settings.heads, &taxonomy)?;
        let sources: Vec<_> = self.files.iter().map(|path| self.labelled.source(path)).collect();
        let entries = data::entries(&sources, &taxonomy, &settings.heads)?;
        let bar = bar(self.folds, "folds", self.talk.quiet);
        let outcome = data::audit::audit(&entries, &taxonomy, &settings, &|done| bar.set_position(done as u64));
        bar.finish_and_clear();
        let mut found = outcome?;
        let all = found.suspects.len();
        let model_only = |suspect: &&Suspect| suspect.reasons.iter().all(|reason| *reason == Reason::Model);
        let like = all - found.suspects.iter().filter(model_only).count();
        found.suspects.truncate(self.limit.unwrap_or(usize::MAX));
        if let Some(path) = &self.output {
            sheet::write(path, &found.suspects, &entries)?;
        }
        match self.talk.json {
            true => print(&(serde_json::to_string_pretty(&found).map_err(|e| Error::Internal(e.to_string()))? + "\n"))?,
            false => print(&told(&found, all, like))?,
        }
        if let (Some(path), false) = (&self.output, self.talk.quiet) {
            eprintln!("written  {} with {} findings", path.display(), count(found.suspects.len()));
        }
        Ok(ExitCode::SUCCESS)
    }

    fn put_back(&self, audit: &Path, output: &Path) -> Result<ExitCode> {
        let [file] = &self.files[..] else {
            return Err(refuse(audit, "verdicts are put into one file at a time"));
        };
        let verdicts = sheet::read(audit)?;
        let source = self.labelled.source(file);
        let (bytes, applied) = data::audit::apply(&source, &verdicts, &self.labelled.taxonomy()?)?;
        std::fs::write(output, bytes).map_err(|e| Error::file(output, e))?;
        match self.talk.json {
            true => print(&(serde_json::to_string(&applied).map_err(|e| Error::Internal(e.to_string()))? + "\n"))?,
            false => print(&carried_out(&applied))?,
        }
        if !self.talk.quiet {
            eprintln!("written  {}", output.display());
        }
        Ok(ExitCode::from(u8::from(!applied.refused.is_empty())))
    }
}

fn refuse(path: &Path, reason: &str) -> Error {
    Error::Data { path: path.into(), reason: reason.into() }
}

fn same(a: &Path, b: &Path) -> bool {
    a == b || matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// A bar that counts steps; drawn on a terminal only.
pub(super) fn bar(steps: usize, what: &str, quiet: bool) -> ProgressBar {
    if quiet {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}  {eta} left").expect("it is well-formed");
    ProgressBar::new(steps as u64).with_style(style).with_message(what.to_owned())
}

fn told(found: &Found, all: usize, like: usize) -> String {
    let mut out = format!(
        "taxonomy  {}\nrows      {} ({} skipped: no words or no label)\nfolds     {}\n\n",
        found.taxonomy,
        count(found.rows),
        count(found.skipped),
        found.folds
    );
    let mut table = vec![["head", "rows", "agreed", "doubted", "estimated wrong"].map(str::to_owned).to_vec()];
    for head in &found.heads {
        table.push(vec![
            head.head.name().to_owned(),
            count(head.rows),
            format!("{:.1} %", head.agreement * 100.0),
            count(head.doubted),
            count(head.estimated_wrong.round() as usize),
        ]);
    }
    out += &aligned(&table);
    for head in found.heads.iter().filter(|head| !head.overlaps.is_empty()) {
        let mut table = vec![vec![head.head.name().to_owned(), "runs into".into(), "→".into(), "←".into()]];
        for overlap in head.overlaps.iter().take(LISTED) {
            table.push(vec![
                overlap.first.clone(),
                overlap.second.clone(),
                format!("{:.0}", overlap.first_as_second),
                format!("{:.0}", overlap.second_as_first),
            ]);
        }
        out += &format!("\n{}", aligned(&table));
    }
    out + &format!("\n{} labels to look at, {} of them for a like text\n", count(all), count(like))
}

fn carried_out(applied: &Applied) -> String {
    let mut out = format!(
        "changed   {}\nkept      {}\nelsewhere {}\nrefused   {}\n",
        count(applied.changed),
        count(applied.kept),
        count(applied.elsewhere),
        count(applied.refused.len())
    );
    for refusal in applied.refused.iter().take(LISTED) {
        out += &format!("  line {} of the audit: {}\n", refusal.line, refusal.reason);
    }
    if applied.refused.len() > LISTED {
        out += &format!("  and {} more; --json lists them\n", count(applied.refused.len() - LISTED));
    }
    out
}
