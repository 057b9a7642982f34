//! `fenzhen evaluate`.

mod outliers;
mod page;

use super::{ModelFlags, OutputFlags, aligned::aligned, data::pair, stdout};
use crate::{
    Error, Pipeline, Result,
    classify::{Logits, Which, calibration::Calibration},
    data::Source,
    evaluate::{
        Evaluation, Question, Scores, calibrate,
        faithfulness::{self, Faithfulness},
        foreign::Foreign,
        interval::Bootstrap,
        mistakes, report,
        robustness::{self, Robustness, robustness},
        set::{Answers, Set},
        tables,
    },
};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufWriter, IsTerminal, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Measure a bundle against labelled rows
///
/// Prints every metric with its 95 % interval, one column a model: the bundle as it answers, its transformer alone, and its
/// linear model alone. The details below the table are of the first column. Rows that cannot be used are counted, named on
/// stderr and left out; the exit code is then 1.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Evaluate {
    #[command(flatten)]
    model_flags: ModelFlags,
    /// Labelled rows (JSONL or CSV); a name for the report may follow
    #[arg(long = "data", value_name = "FILE[=NAME]", required = true)]
    data: Vec<String>,
    /// What columns of the files mean: text=content,category=label
    #[arg(long, value_name = "FIELD=COLUMN", value_delimiter = ',', value_parser = pair)]
    columns: Vec<(String, String)>,
    /// What values in the files mean: sentiment.positive=1.0
    #[arg(long, value_name = "FIELD.WRITTEN=MEANT", value_delimiter = ',', value_parser = pair)]
    values: Vec<(String, String)>,
    /// Which models to measure: both, transformer, linear; without it all that the bundle has
    #[arg(long, value_name = "MODEL", value_delimiter = ',')]
    model: Vec<Which>,
    /// Rows that no model has learnt from: temperatures are fitted on them, and the report says what they would change
    #[arg(long, value_name = "FILE")]
    calibration_split: Option<PathBuf>,
    /// Write confusion matrices, classes and reliability tables into this folder
    #[arg(long, value_name = "DIR")]
    csv: Option<PathBuf>,
    /// Write every wrong answer, one JSON object a line, texts masked
    #[arg(long, value_name = "FILE")]
    errors: Option<PathBuf>,
    /// Ask again with every text changed: typing errors, homophones, no punctuation, speech and more; say what each kind costs
    #[arg(long)]
    perturb: bool,
    /// Explain the first N rows of each file, and measure how well the words explain, against as many random words and the
    /// linear model's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    explain: Option<u32>,
    /// Foreign texts (JSONL or CSV; `source` says of what kind; or a TOML list of such files): how well they are told from each
    /// file's complaints, and what is dispatched of both together
    #[arg(long, value_name = "FILE[=NAME]")]
    outliers: Vec<String>,
    /// Write a report of one HTML file that opens without a network: tables and charts, in Chinese and English
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// How many samples the intervals are made of
    #[arg(long, value_name = "N", default_value_t = 1000)]
    resamples: usize,
    /// The seed of the intervals and of the random words
    #[arg(long, value_name = "N", default_value_t = 7)]
    seed: u64,
    #[command(flatten)]
    output: OutputFlags,
}

const AFTER_HELP: &str = "Examples:
  fenzhen evaluate --data datasets/retail/dev.jsonl=written
  fenzhen evaluate --data dev.csv --columns text=review,category=label --errors wrong.jsonl
  fenzhen evaluate --data dev.jsonl --model both,linear --json > metrics.json
  fenzhen evaluate --data dev.jsonl --outliers datasets/outliers/dev.jsonl
  fenzhen evaluate --data dev.jsonl --html report.html";

/// What was measured on one file.
#[derive(Debug, Serialize)]
struct Measured {
    name: String,
    rows: usize,
    /// Rows that could not be used.
    skipped: usize,
    models: BTreeMap<Which, Evaluation>,
    /// The first model at temperature one.
    uncalibrated: Evaluation,
    /// The first model with the temperatures of the calibration split.
    #[serde(skip_serializing_if = "Option::is_none")]
    recalibrated: Option<Evaluation>,
    /// What changes of the texts cost the first model.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    robustness: Vec<Robustness>,
    /// How well the first model's explanations explain.
    #[serde(skip_serializing_if = "Option::is_none")]
    explanations: Option<Faithfulness>,
    /// How well the first model tells foreign texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    foreign: Option<Foreign>,
}

#[derive(Debug, Serialize)]
struct Output<'a> {
    engine: &'a str,
    bundle: String,
    taxonomy: String,
    policy: String,
    main_model: Which,
    /// Temperatures fitted on the calibration split.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    calibration: Vec<calibrate::Gain>,
    sets: Vec<Measured>,
}

impl Evaluate {
    pub fn run(&self) -> Result<ExitCode> {
        let (text, code) = self.measure()?;
        stdout::print(&text)?;
        Ok(code)
    }

    /// The report, and how it ended.
    fn measure(&self) -> Result<(String, ExitCode)> {
        self.check_page()?;
        let first = self.model_flags.open()?;
        let mut models: Vec<Which> = Vec::new();
        for which in if self.model.is_empty() { available(first.which()) } else { self.model.clone() } {
            if !models.contains(&which) {
                models.push(which);
            }
        }
        let taxonomy = first.taxonomy.clone();
        let mut sets: Vec<Set> = Vec::new();
        for argument in &self.data {
            let (path, name) = named(argument);
            if sets.iter().any(|set| set.name == name) {
                let reason = format!("two files are called {name}; name them apart with FILE=NAME");
                return Err(Error::InvalidRequest { what: "--data".into(), reason });
            }
            sets.push(Set::load(&name, &self.source(path)?, &taxonomy)?);
        }
        let split = match &self.calibration_split {
            Some(path) => Some(Set::load("calibration", &self.source(path.clone())?, &taxonomy)?),
            None => None,
        };
        let mut errors = match &self.errors {
            Some(path) => Some((BufWriter::new(File::create(path).map_err(|e| Error::file(path, e))?), path)),
            None => None,
        };
        let bootstrap = Bootstrap { resamples: self.resamples, seed: self.seed };
        let plain = Bootstrap { resamples: 0, ..bootstrap };
        let mut output = Output {
            engine: crate::ENGINE,
            bundle: first.versions().bundle.clone(),
            taxonomy: format!("{}@{}", taxonomy.id, taxonomy.version),
            policy: first.versions().policy.clone(),
            main_model: models[0],
            calibration: Vec::new(),
            sets: Vec::new(),
        };
        let mut first = Some(first);
        for &which in &models {
            let pipeline = match first.take() {
                Some(pipeline) => pipeline,
                None => self.model_flags.open()?,
            }
            .with_models(which)?;
            let main = which == output.main_model;
            let calibration = pipeline.calibrations().of(which);
            let fitted = match &split {
                Some(split) if main => {
                    let answers = self.ask(split, &pipeline, which)?;
                    let logits: Vec<Logits> = plain_logits(&answers, calibration);
                    let targets: Vec<_> = split.judged(&answers).iter().map(|row| row.gold.clone()).collect();
                    Some(calibrate::calibration(&logits, &targets))
                }
                _ => None,
            };
            let foreign = if main { self.foreign(&pipeline, &sets)? } else { Vec::new() };
            for (place, set) in sets.iter().enumerate() {
                let answers = self.ask(set, &pipeline, which)?;
                let evaluation = Evaluation::of(&set.judged(&answers), &taxonomy, pipeline.bands(), &bootstrap);
                if let Some(folder) = &self.csv {
                    let prefix = format!("{}-{}-", set.name.replace(['/', '\\'], "_"), which.name());
                    tables::write(folder, &prefix, &evaluation)?;
                }
                if main {
                    let raw = answers.map(|prediction| calibration.undo(prediction));
                    let again =
                        fitted.as_ref().map(|(fit, _)| raw.map(|prediction| fit.apply(&prediction.to_logits())));
                    let measure =
                        |answers: &Answers| Evaluation::of(&set.judged(answers), &taxonomy, pipeline.bands(), &plain);
                    output.sets.push(Measured {
                        name: set.name.clone(),
                        rows: set.rows.len() - answers.missing(),
                        skipped: set.refused.len() + answers.missing(),
                        models: BTreeMap::new(),
                        uncalibrated: measure(&raw),
                        recalibrated: again.as_ref().map(measure),
                        robustness: match self.perturb {
                            true => robustness(set, &pipeline, &evaluation, self.seed)?,
                            false => Vec::new(),
                        },
                        foreign: outliers::measure(set, &answers, foreign.clone(), &pipeline),
                        explanations: self.explain.map(|rows| self.explanations(set, &pipeline, rows)).transpose()?,
                    });
                    if let Some((writer, path)) = &mut errors {
                        mistakes::write(&mistakes::of(set, &answers, &taxonomy, pipeline.bands()), writer, path)?;
                    }
                }
                output.sets[place].models.insert(which, evaluation);
            }
            output.calibration.extend(fitted.into_iter().flat_map(|(_, gains)| gains));
        }
        if let Some((mut writer, path)) = errors {
            writer.flush().map_err(|e| Error::file(path, e))?;
        }
        self.write_page(&output, &taxonomy)?;
        self.remark(&sets, &output);
        let text = if self.output.json {
            serde_json::to_string_pretty(&output).map_err(|e| Error::Internal(e.to_string()))? + "\n"
        } else {
            text(&output, &models)
        };
        let skipped = output.sets.iter().any(|set| set.skipped > 0);
        Ok((text, if skipped { ExitCode::from(1) } else { ExitCode::SUCCESS }))
    }

    /// A file read with the columns and values of the flags.
    fn source(&self, path: PathBuf) -> Result<Source> {
        let mut source = Source { columns: self.columns.iter().cloned().collect(), ..Source::of(path) };
        for (written, meant) in &self.values {
            let (field, written) = written.split_once('.').ok_or_else(|| Error::InvalidRequest {
                what: "--values".into(),
                reason: format!("write FIELD.WRITTEN=MEANT, not {written}={meant}"),
            })?;
            let table: Option<toml::Table> = toml::from_str(&format!("value = {meant}")).ok();
            let value = table.and_then(|mut table| table.remove("value"));
            let value = value.unwrap_or_else(|| toml::Value::String(meant.clone()));
            source.values.entry(field.to_owned()).or_default().insert(written.to_owned(), value);
        }
        Ok(source)
    }

    fn ask(&self, set: &Set, pipeline: &Pipeline, which: Which) -> Result<Answers> {
        let bar = self.bar(set.rows.len(), format!("{} ({})", set.name, which.name()));
        let answers = set.ask(pipeline, |rows| bar.inc(rows as u64));
        bar.finish_and_clear();
        answers
    }

    fn explanations(&self, set: &Set, pipeline: &Pipeline, rows: u32) -> Result<Faithfulness> {
        let rows = set.rows.len().min(rows as usize);
        let bar = self.bar(rows, format!("{} (explanations)", set.name));
        let measured = faithfulness::measure(set, pipeline, rows, self.seed, || bar.inc(1));
        bar.finish_and_clear();
        measured
    }

    fn bar(&self, rows: usize, message: String) -> ProgressBar {
        if self.output.quiet || !std::io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let style = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} rows, {per_sec}, {eta} left");
        let bar = ProgressBar::new(rows as u64);
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(message);
        bar
    }

    fn remark(&self, sets: &[Set], output: &Output) {
        if self.output.quiet {
            return;
        }
        for (set, measured) in sets.iter().zip(&output.sets) {
            for (line, reason) in set.refused.iter().take(20) {
                eprintln!("{}, line {line}: {reason}", set.name);
            }
            if measured.skipped > 0 {
                eprintln!("{}: {} of {} rows left out", set.name, measured.skipped, measured.rows + measured.skipped);
            }
        }
    }
}

/// What a bundle that answers this way by default can be asked for.
fn available(default: Which) -> Vec<Which> {
    if default == Which::Both { Which::ALL.to_vec() } else { vec![default] }
}

/// `FILE=NAME`, or a file that is called by its folder and stem; a file that exists may have the sign in its own name.
pub(super) fn named(argument: &str) -> (PathBuf, String) {
    match argument.rsplit_once('=') {
        Some((path, name)) if !name.is_empty() && !Path::new(argument).exists() => (path.into(), name.to_owned()),
        _ => {
            let path = PathBuf::from(argument);
            let last = |part: Option<&std::ffi::OsStr>| part.map(|part| part.to_string_lossy().into_owned());
            let stem = last(path.file_stem()).unwrap_or_else(|| argument.to_owned());
            let folder = last(path.parent().and_then(Path::file_name));
            let name = folder.map_or(stem.clone(), |folder| format!("{folder}/{stem}"));
            (path, name)
        }
    }
}

/// The logits of what was answered, as they were before the pipeline's calibration.
fn plain_logits(answers: &Answers, calibration: &Calibration) -> Vec<Logits> {
    let answered = answers.answers.iter().flatten();
    answered.map(|answer| calibration.undo(&answer.prediction).to_logits()).collect()
}

fn text(output: &Output, models: &[Which]) -> String {
    let mut text = String::new();
    for set in &output.sets {
        let columns: Vec<(&str, &Evaluation)> =
            models.iter().filter_map(|which| Some((which.name(), set.models.get(which)?))).collect();
        text += &format!("{}: {} rows (95 % intervals in brackets)\n\n", set.name, set.rows);
        text += &report::summary(&columns);
        text += &details(set, &set.models[&output.main_model], output.main_model);
        text += &set.foreign.as_ref().map(outliers::text).unwrap_or_default();
        if !set.robustness.is_empty() {
            text += "\nAccuracy on changed texts, and by how many points the change moves it\n\n";
            text += &aligned(&robustness::table(&set.robustness));
        }
        text.push('\n');
    }
    if !output.calibration.is_empty() {
        text += "Temperatures fitted on the calibration split\n\n";
        text += &report::gains(&output.calibration);
    }
    text
}

/// What lies behind the numbers of one model: a confusion matrix small enough for a terminal, the weakest labels, the
/// commonest mistakes, and whether the probabilities can be believed.
fn details(set: &Measured, main: &Evaluation, which: Which) -> String {
    let mut text = String::new();
    let one_of = || Question::ALL.into_iter().filter_map(|question| Some((question, main.one_of(question)?)));
    if let Some((question, scores)) = one_of().find(|(_, scores)| scores.classes.len() <= 12) {
        text += &format!("\nConfusion of {} ({})\n\n", question.name(), which.name());
        text += &report::confusion(&scores.confusion);
    }
    if let Some((question, scores)) = one_of().find(|(question, _)| *question != Question::FirstLevel) {
        text += &format!("\nWeakest labels of {}\n\n", question.name());
        text += &report::worst_classes(&scores.classes, 10);
        text += &format!("\nCommonest mistakes of {}\n\n", question.name());
        text += &report::mistakes(&scores.confusion, 10);
        if let Some(probabilities) = &scores.probabilities {
            let before = match set.uncalibrated.scores.get(&question) {
                Some(Scores::OneOf(scores)) => scores.probabilities.as_ref().map(|p| &p.reliability),
                _ => None,
            };
            text += &format!("\nReliability of {}, with the bundle's calibration and before it\n\n", question.name());
            text += &report::reliability(before, &probabilities.reliability);
        }
    }
    let mut columns = vec![("uncalibrated", &set.uncalibrated), ("calibrated", main)];
    columns.extend(set.recalibrated.as_ref().map(|evaluation| ("recalibrated", evaluation)));
    text += "\nCalibration error and negative log-likelihood\n\n";
    text += &report::calibration(&columns);
    if let Some(measured) = &set.explanations {
        text += &format!("\n{}", faithfulness::text(measured));
    }
    text
}

#[cfg(test)]
pub(super) mod tests;
