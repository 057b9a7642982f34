//! `fenzhen bundle compare`.

mod table;
#[cfg(test)]
mod tests;

use crate::{
    Error, Pipeline, Result,
    command::{OutputFlags, classify::language, evaluate::named, stdout},
    data::Source,
    evaluate::{
        compare::Comparison,
        gates::{Failure, Gates},
        interval::Bootstrap,
        set::Set,
    },
    taxonomy::{Language, Taxonomy},
};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Hold a new bundle against the one that it would replace
///
/// Both answer the same rows. For every question with one right answer: the accuracy of A and B, their difference with a
/// paired 95 % bootstrap interval, how many rows only one of them gets right and whether that could be chance (McNemar's
/// exact test), the label whose recall falls most, calibration error and likelihood; and rows a second, measured in turn.
///
/// A gate that fails is named, and the exit code is 1; so it is where rows could not be used.
#[derive(Debug, clap::Args)]
#[command(after_help = "Gates, each changed with --gate NAME=VALUE or opened with NAME=off:
  accuracy=1     points that a question may lose where the interval lies wholly below zero
  urgent=2       points of recall that the most urgent level may lose
  ece=0.05       how far a calibration error may rise
  class=15       points of recall that one label may lose
  class-rows=20  labels with fewer rows are not held to that
  speed=off      the least share of A's rows a second

Examples:
  fenzhen bundle compare models/retail runs/next --data datasets/retail/dev.jsonl=written
  fenzhen bundle compare models/retail runs/next --data dev.jsonl --gate accuracy=0.5 --gate ece=off
  fenzhen bundle compare models/retail runs/next --data dev.jsonl --json > comparison.json")]
pub(super) struct Compare {
    /// Folder of the bundle that answers now
    #[arg(value_name = "A")]
    first: PathBuf,
    /// Folder of the bundle that would replace it
    #[arg(value_name = "B")]
    second: PathBuf,
    /// Labelled rows (JSONL or CSV) that taught neither; a name for the report may follow
    #[arg(long = "data", value_name = "FILE[=NAME]", required = true)]
    data: Vec<String>,
    /// Policy file for both; without it the built-in policy that fits the taxonomy
    #[arg(long, value_name = "FILE", env = "FENZHEN_POLICY")]
    policy: Option<PathBuf>,
    /// Change a gate: accuracy, urgent, ece, class, class-rows, speed
    #[arg(long = "gate", value_name = "NAME=VALUE")]
    gates: Vec<String>,
    /// How many samples the intervals are made of
    #[arg(long, value_name = "N", default_value_t = 2000)]
    resamples: usize,
    /// The seed of the intervals
    #[arg(long, value_name = "N", default_value_t = 7)]
    seed: u64,
    /// Language of the report
    #[arg(long, value_name = "zh|en", default_value = "zh", value_parser = language)]
    lang: Language,
    #[command(flatten)]
    output: OutputFlags,
}

/// All that was found out.
#[derive(Debug, Serialize)]
struct Output {
    engine: &'static str,
    /// `name@version` of A and B.
    bundles: [String; 2],
    taxonomy: String,
    policy: String,
    seed: u64,
    resamples: usize,
    gates: Gates,
    sets: Vec<Compared>,
    /// Whether every gate held on every set.
    passed: bool,
}

/// What was found out on one file.
#[derive(Debug, Serialize)]
struct Compared {
    name: String,
    /// Rows that could not be used, or that one of the two did not answer.
    skipped: usize,
    rows_per_second: [f64; 2],
    #[serde(flatten)]
    comparison: Comparison,
    failures: Vec<Told>,
}

#[derive(Debug, Serialize)]
struct Told {
    #[serde(flatten)]
    failure: Failure,
    /// The failure as a sentence in the report's language.
    reason: String,
}

impl Compare {
    pub(super) fn run(&self) -> Result<ExitCode> {
        let (text, code) = self.compare()?;
        stdout::print(&text)?;
        Ok(code)
    }

    /// The report, and how it ended.
    fn compare(&self) -> Result<(String, ExitCode)> {
        let mut gates = Gates::default();
        for argument in &self.gates {
            gates.set(argument).map_err(|reason| Error::InvalidRequest { what: "--gate".into(), reason })?;
        }
        let open = |folder: &Path| Pipeline::open(folder, self.policy.as_deref());
        let [first, second] = [open(&self.first)?, open(&self.second)?];
        if let Some(reason) = difference(&first.taxonomy, &second.taxonomy) {
            let what = format!("bundle {}", second.versions().bundle);
            return Err(Error::InvalidRequest { what, reason });
        }
        let sets = self.sets(&first.taxonomy)?;
        let bootstrap = Bootstrap { resamples: self.resamples, seed: self.seed };
        let mut compared = Vec::new();
        for (set, path) in &sets {
            let bar = self.bar(set);
            let timed = set.ask_both([&first, &second], |rows| bar.inc(rows as u64))?;
            bar.finish_and_clear();
            let pairs = set.paired(&timed[0].answers, &timed[1].answers);
            let comparison = Comparison::of(&pairs, &first.taxonomy, &bootstrap);
            if comparison.questions.is_empty() && comparison.unanswered.is_empty() {
                let reason = "no row has a label and two answers: there is nothing to compare".into();
                return Err(Error::Data { path: path.clone(), reason });
            }
            let rows_per_second = [0, 1].map(|model| timed[model].rows_per_second());
            let failures = gates.failures(&comparison, Some(rows_per_second));
            compared.push(Compared {
                name: set.name.clone(),
                skipped: set.refused.len() + set.rows.len() - comparison.rows,
                rows_per_second,
                failures: failures
                    .into_iter()
                    .map(|failure| Told { reason: failure.tell(self.lang), failure })
                    .collect(),
                comparison,
            });
        }
        let output = Output {
            engine: crate::ENGINE,
            bundles: [first.versions().bundle.clone(), second.versions().bundle.clone()],
            taxonomy: first.versions().taxonomy.clone(),
            policy: first.versions().policy.clone(),
            seed: self.seed,
            resamples: self.resamples,
            gates,
            passed: compared.iter().all(|set| set.failures.is_empty()),
            sets: compared,
        };
        let text = match self.output.json {
            true => serde_json::to_string_pretty(&output).map_err(|e| Error::Internal(e.to_string()))? + "\n",
            false => table::text(&output, self.lang),
        };
        let whole = output.passed && output.sets.iter().all(|set| set.skipped == 0);
        Ok((text, if whole { ExitCode::SUCCESS } else { ExitCode::from(1) }))
    }

    fn sets(&self, taxonomy: &Taxonomy) -> Result<Vec<(Set, PathBuf)>> {
        let mut sets: Vec<(Set, PathBuf)> = Vec::new();
        for argument in &self.data {
            let (path, name) = named(argument);
            if sets.iter().any(|(set, _)| set.name == name) {
                let reason = format!("two files are called {name}; name them apart with FILE=NAME");
                return Err(Error::InvalidRequest { what: "--data".into(), reason });
            }
            let set = Set::load(&name, &Source::of(path.clone()), taxonomy)?;
            if !self.output.quiet {
                for (line, reason) in set.refused.iter().take(20) {
                    eprintln!("{name}, line {line}: {reason}");
                }
            }
            sets.push((set, path));
        }
        Ok(sets)
    }

    fn bar(&self, set: &Set) -> ProgressBar {
        if self.output.quiet || !std::io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let style = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} rows, {per_sec}, {eta} left");
        let bar = ProgressBar::new(set.rows.len() as u64);
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(set.name.clone());
        bar
    }
}

/// Why two taxonomies are not the same, as a sentence about the second.
fn difference(first: &Taxonomy, second: &Taxonomy) -> Option<String> {
    if first == second {
        return None;
    }
    let id = |taxonomy: &Taxonomy| format!("{}@{}", taxonomy.id, taxonomy.version);
    Some(if id(first) == id(second) {
        format!("its taxonomy is called {} like A's, but its labels, names or descriptions are others", id(second))
    } else {
        format!(
            "its taxonomy is {}, A's is {}; only bundles with the same taxonomy can be compared",
            id(second),
            id(first)
        )
    })
}
