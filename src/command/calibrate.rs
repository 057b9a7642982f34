//! `fenzhen calibrate`.

mod scope;

use super::{ModelFlags, OutputFlags, aligned::aligned, stdout};
use crate::{
    Error, Pipeline, Result,
    bundle::{file, write_file},
    classify::{Answer, Head, Prediction},
    data::{Source, Targets},
    decide::{Bands, HeadBands},
    evaluate::{
        bands,
        budget::{Budget, Cut, Outcome, Splits, splits},
        set::Set,
    },
    train::{Corpus, Recipe, seal},
};
use serde::Serialize;
use std::{collections::BTreeMap, path::PathBuf, process::ExitCode};

/// Turn an error budget into bands, or teach a bundle to tell foreign texts
///
/// Finds, for each head, the loosest probability from which on at most the given share of the answers is wrong, with the given
/// confidence, on rows that no model of the bundle learnt from and no temperature was fitted on: two thirds of the part that
/// the bundle's recipe sets aside, or rows of your own. Prints the bands as TOML for a policy, or writes them into the bundle.
///
/// With --scope, learns instead what complaints look like, against the foreign texts (advertisements, news, other languages) that
/// the [scope] part of a recipe names: no weight changes. The table says how well each kind is told by the others alone, and
/// what share of it the policy's threshold sends to a person.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  fenzhen calibrate --max-error 0.05 --confidence 0.9 --head department
  fenzhen calibrate --data ours.jsonl --check datasets/retail/dev.jsonl
  fenzhen calibrate --max-error 0.03 --bundle runs/retail --write
  fenzhen calibrate --scope training/retail.toml --bundle runs/retail --write")]
pub struct Calibrate {
    /// Labelled rows (JSONL or CSV) that the bundle never saw; without it the held-out part of its recipe
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// Labelled rows on which to measure the bands
    #[arg(long, value_name = "FILE")]
    check: Vec<PathBuf>,
    /// Largest share of wrong answers among those that no person looks at
    #[arg(long, value_name = "SHARE", default_value_t = 0.05)]
    max_error: f64,
    /// With what probability it holds
    #[arg(long, value_name = "SHARE", default_value_t = 0.9)]
    confidence: f64,
    /// Head to calibrate; again for more
    #[arg(long = "head", value_name = "HEAD", default_values = ["department", "category"])]
    heads: Vec<String>,
    /// Halve the rows this often at random, and say how often the budget held
    #[arg(long, value_name = "N", default_value_t = 200)]
    splits: usize,
    /// Learn to tell foreign texts, by the [scope] part of this recipe
    #[arg(long, value_name = "RECIPE", conflicts_with_all = ["data", "check", "max_error", "confidence", "heads", "splits"])]
    scope: Option<PathBuf>,
    /// Write what was found into the bundle, which gets a new version
    #[arg(long)]
    write: bool,
    /// With --scope and --write: also where files are absent that the bundle learnt from
    #[arg(long, requires_all = ["scope", "write"])]
    without_absent: bool,
    #[command(flatten)]
    model: ModelFlags,
    #[command(flatten)]
    output: OutputFlags,
}

/// What was found for one head.
#[derive(Debug, Serialize)]
struct Found {
    bands: HeadBands,
    /// Mean size of the candidate sets.
    candidates: f64,
    splits: Splits,
    /// What the automatic band lets through on other rows, by their file.
    check: BTreeMap<String, Cut>,
}

type Labelled = (Vec<Prediction>, Vec<Targets>);

impl Calibrate {
    pub fn run(&self) -> Result<ExitCode> {
        if let Some(recipe) = &self.scope {
            return self.teach_scope(recipe);
        }
        for (name, share) in [("--max-error", self.max_error), ("--confidence", self.confidence)] {
            if !(share > 0.0 && share < 1.0) {
                let reason = format!("{share} does not lie between 0 and 1");
                return Err(Error::InvalidRequest { what: name.into(), reason });
            }
        }
        let budget = Budget { max_error: self.max_error, confidence: self.confidence };
        let pipeline = self.model.open()?;
        let heads = self.chosen(&pipeline)?;
        let (predictions, targets) = match &self.data {
            Some(path) => self.answers(&pipeline, path)?,
            None => held_out(&pipeline, &self.model.bundle)?,
        };
        let fitted = bands::fit(&predictions, &targets, budget);
        let checks: Vec<(String, Labelled)> = self
            .check
            .iter()
            .map(|path| Ok((path.display().to_string(), self.answers(&pipeline, path)?)))
            .collect::<Result<_>>()?;
        let mut found = BTreeMap::new();
        for head in heads {
            let Some(&own) = fitted.heads.get(&head) else {
                let reason = format!("none of the rows has a label for {}", head.name());
                return Err(Error::InvalidRequest { what: "calibrate".into(), reason });
            };
            let outcomes: Vec<Outcome> = bands::outcomes(head, &predictions, &targets);
            let check =
                checks.iter().map(|(name, (p, t))| (name.clone(), bands::measure(&fitted, head, p, t))).collect();
            let sizes = predictions.iter().map(|p| p[head].iter().filter(|p| **p >= own.candidate).count().max(1));
            let candidates = sizes.sum::<usize>() as f64 / predictions.len().max(1) as f64;
            found.insert(
                head,
                Found { bands: own, candidates, splits: splits(&outcomes, budget, self.splits, 7), check },
            );
        }
        if self.write {
            self.write_into_bundle(&pipeline, &found, &fitted)?;
        }
        stdout::print(&match self.output.json {
            true => serde_json::to_string_pretty(&found).map_err(|e| Error::Internal(e.to_string()))? + "\n",
            false => self.text(&found),
        })?;
        let kept = found.values().all(|head| head.bands.auto.is_some());
        Ok(if kept { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }

    fn chosen(&self, pipeline: &Pipeline) -> Result<Vec<Head>> {
        let known = pipeline.heads();
        let able = || known.iter().copied().filter(|head| head.answer() == Answer::OneOf);
        self.heads
            .iter()
            .map(|name| {
                able().find(|head| head.name() == name).ok_or_else(|| Error::InvalidRequest {
                    what: format!("--head {name}"),
                    reason: format!("choose from {}", able().map(Head::name).collect::<Vec<_>>().join(", ")),
                })
            })
            .collect()
    }

    fn answers(&self, pipeline: &Pipeline, path: &PathBuf) -> Result<Labelled> {
        let set = Set::load(&path.display().to_string(), &Source::of(path), &pipeline.taxonomy)?;
        if let Some((line, reason)) = set.refused.first() {
            return Err(Error::Row { path: path.clone(), line: *line, reason: reason.clone() });
        }
        let answers = set.ask(pipeline, |_| {})?;
        let judged = set.judged(&answers);
        Ok(judged.iter().map(|row| (row.prediction.clone(), row.gold.clone())).unzip())
    }

    fn write_into_bundle(&self, pipeline: &Pipeline, found: &BTreeMap<Head, Found>, fitted: &Bands) -> Result<()> {
        let folder = &self.model.bundle;
        let mut bands = pipeline.bands().clone();
        bands.heads.extend(found.iter().map(|(head, found)| (*head, found.bands)));
        if bands.told.is_empty() {
            bands.told = fitted.told.clone();
        }
        let text = serde_json::to_vec_pretty(&bands).map_err(|e| Error::Internal(e.to_string()))?;
        write_file(&folder.join(file::BANDS), &text)?;
        let manifest = seal::reseal(folder, &pipeline.taxonomy, &pipeline.manifest)?;
        if !self.output.quiet {
            eprintln!("{} is now {}", pipeline.manifest.id(), manifest.id());
        }
        Ok(())
    }

    fn text(&self, found: &BTreeMap<Head, Found>) -> String {
        let mut rows = vec![
            ["head", "rows", "auto from", "lets through", "of it wrong", "suggest from", "candidates"]
                .map(str::to_owned)
                .to_vec(),
        ];
        let mut text = String::new();
        let mut toml = String::from("[bands]\n");
        for (head, Found { bands, candidates, splits, check }) in found {
            let auto = bands.auto.map_or("never".into(), |t| format!("{t:.3}"));
            rows.push(vec![
                head.name().into(),
                bands.rows.to_string(),
                auto,
                format!("{:.3}", bands.coverage),
                format!("{:.3}", bands.error),
                format!("{:.3}", bands.suggest),
                format!("{candidates:.2}"),
            ]);
            for (name, cut) in check {
                let (coverage, error) = (format!("{:.3}", cut.coverage), format!("{:.3}", cut.error));
                rows.push(vec![format!("  {name}"), cut.rows.to_string(), String::new(), coverage, error]);
            }
            text += &format!(
                "{}: in {:.1} % of {} random halvings the other half kept the budget (coverage {:.3}, wrong {:.3} on average)\n",
                head.name(),
                100.0 * splits.kept,
                splits.splits,
                splits.coverage,
                splits.error
            );
            // A policy has no word for never: nothing is surer than 1.
            let auto = bands.auto.unwrap_or(1.0);
            let suggest = bands.suggest.min(auto);
            toml += &format!("{} = {{ auto = {auto:.3}, suggest = {suggest:.3}, margin = 0.1 }}\n", head.name());
        }
        let told = format!(
            "At most {:.1} % wrong among what no person looks at, with {:.0} % confidence\n\n",
            100.0 * self.max_error,
            100.0 * self.confidence
        );
        let end = if self.write { String::new() } else { format!("\n{toml}") };
        told + &aligned(&rows) + "\n" + &text + &end
    }
}

/// The part of the calibration rows that fitted nothing yet, as the bundle answers it.
fn held_out(pipeline: &Pipeline, bundle: &std::path::Path) -> Result<Labelled> {
    let recipe = Recipe::open(&bundle.join(file::RECIPE))?;
    let corpus = Corpus::read(&recipe, &pipeline.taxonomy, pipeline.segmenter(), None)?;
    let (rows, _) = corpus.calibration_parts();
    let readings: Vec<_> = rows.iter().map(|row| &row.reading).collect();
    let predictions = pipeline.predict(&readings)?;
    Ok((predictions, rows.iter().map(|row| row.targets.clone()).collect()))
}
