use super::{
    Corpus, EncoderRecipe, Example, Recipe, ScopeRecipe, Talk, card,
    checkpoint::{Checkpoints, Progress},
    corpus::SourceRecord,
    scope::{self, ScopeMetrics},
};
use crate::{
    Complaint, Error, Pipeline, Result,
    bundle::{Bundle, Manifest, Reading, file, write_file, write_tensors},
    classify::{
        Classifier, Logits, Prediction, Which,
        calibration::Calibrations,
        linear::LinearModel,
        transformer::{Transformer, quantize},
    },
    data::Targets,
    evaluate::{Evaluation, Judged, bands, budget::Budget, calibrate, interval::Bootstrap},
    segment::Segmenter,
    taxonomy::Taxonomy,
};
use candle_core::Device;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::Path};

/// What stands in `metrics.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    pub seed: u64,
    pub rounds: usize,
    pub best_round: usize,
    pub training_seconds: f64,
    pub sources: Vec<SourceRecord>,
    pub training_rows: usize,
    pub calibration_rows: usize,
    pub calibration: Vec<calibrate::Gain>,
    /// How foreign texts are told, where the bundle learnt it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<ScopeMetrics>,
    /// A dev file, then a model (`both`, `transformer`, `linear`).
    pub dev: BTreeMap<String, BTreeMap<String, Evaluation>>,
}

/// The budget of a new bundle's bands; `fenzhen calibrate` fits others.
const BUDGET: Budget = Budget { max_error: 0.05, confidence: 0.9 };

/// Fits the linear model, calibrates, measures and writes the bundle.
pub fn assemble(
    recipe: &Recipe,
    corpus: &Corpus,
    progress: &Progress,
    checkpoint: &Path,
    out: &Path,
    talk: &dyn Talk,
) -> Result<Manifest> {
    let (taxonomy, taxonomy_text) = recipe.taxonomy()?;
    let at = |name: &str| out.join(name);
    if let Some(encoder) = &recipe.encoder {
        // The model at the bits it is served with: what is calibrated and measured below is what ships.
        let tensors = quantize::load(&Checkpoints::new(checkpoint)?.best())?.into_iter().collect();
        write_tensors(&at(file::MODEL), &tensors, recipe.bundle.storage)?;
        for name in [file::CONFIG, file::TOKENIZER] {
            let from = encoder.path.join(name);
            let bytes = std::fs::read(&from).map_err(|e| Error::file(&from, e))?;
            write_file(&at(name), &bytes)?;
        }
    }
    write_file(&at(file::TAXONOMY), taxonomy_text.as_bytes())?;
    write_recipe(recipe, out)?;

    talk.note("fitting the linear model");
    let readings: Vec<_> = corpus.train.iter().map(|e| e.reading.clone()).collect();
    let targets: Vec<_> = corpus.train.iter().map(|e| e.targets.clone()).collect();
    let weights: Vec<f32> = corpus.train.iter().map(|e| e.weight).collect();
    let (linear, _) = LinearModel::fit_weighted(&readings, &targets, &weights, &taxonomy, &recipe.linear)?;
    linear.save(&at(file::LINEAR))?;
    let linear = LinearModel::open(&at(file::LINEAR))?;

    talk.note("calibrating");
    let precision = recipe.bundle.precision;
    let open = |r: &EncoderRecipe| {
        Transformer::open(out, &taxonomy, r.pooling, &r.prefix, r.max_pieces, precision, &Device::Cpu)
    };
    let transformer = recipe.encoder.as_ref().map(open).transpose()?;
    let models = Models { transformer: transformer.as_ref(), linear: &linear };
    // Temperatures and blends are fitted on one half, the bands on the other: their promise needs rows that nothing has seen.
    let (held, fitted) = corpus.calibration_halves();
    let (first, second, goals) = models.ask(&fitted)?;
    let (calibrations, gains) = match &first {
        Some(first) => (calibrate::calibrations(first, &second, &goals), calibrate::blend(first, &second, &goals).1),
        None => {
            let (linear, gains) = calibrate::calibration(&second, &goals);
            (Calibrations { linear, ..Default::default() }, gains)
        }
    };
    write_json(&at(file::CALIBRATION), &calibrations)?;
    let which = if first.is_some() { Which::Both } else { Which::Linear };
    let (first, second, goals) = models.ask(&held)?;
    let unseen = predictions(which, first.as_deref(), &second, &calibrations).unwrap_or_default();
    write_json(&at(file::BANDS), &bands::fit(&unseen, &goals, BUDGET))?;

    let reading = recipe.encoder.as_ref().zip(transformer.as_ref()).map(|(r, t)| Reading {
        pooling: r.pooling,
        prefix: r.prefix.clone(),
        max_pieces: t.pieces.max_pieces(),
        precision,
    });
    let taxonomy_id = format!("{}@{}", taxonomy.id, taxonomy.version);
    let _ = std::fs::remove_file(at(file::SCOPE));
    let scope = match (&recipe.scope, &transformer) {
        (Some(scope), Some(transformer)) => {
            talk.note("learning to tell foreign texts");
            let (scope, metrics) = scope::learn(scope, corpus, &taxonomy, transformer)?;
            write_json(&at(file::SCOPE), &scope)?;
            Some(metrics)
        }
        (Some(_), None) => {
            talk.note("without an encoder: foreign texts are not told apart");
            None
        }
        (None, _) => None,
    };
    // The pipeline opens only whole bundles: one manifest to measure with, the last one once the card is there.
    for stale in [file::METRICS, file::CARD, file::MANIFEST] {
        let _ = std::fs::remove_file(at(stale));
    }
    Manifest::write(out, &recipe.name, &taxonomy_id, reading.clone())?;
    talk.note("measuring");
    let pipeline = Pipeline::open(out, None)?;
    let mut dev = BTreeMap::new();
    for (name, rows) in &corpus.dev {
        let (first, second, goals) = models.ask(&rows.iter().collect::<Vec<_>>())?;
        let mut measured = BTreeMap::new();
        for which in Which::ALL {
            if let Some(predictions) = predictions(which, first.as_deref(), &second, &calibrations) {
                measured.insert(which.name().to_owned(), judge(&pipeline, rows, &goals, predictions));
            }
        }
        dev.insert(name.clone(), measured);
    }
    let metrics = Metrics {
        seed: recipe.seed,
        rounds: progress.rounds,
        best_round: progress.best_round,
        training_seconds: progress.seconds.round(),
        sources: corpus.sources.clone(),
        training_rows: corpus.train.len(),
        calibration_rows: corpus.calibration.len(),
        calibration: gains,
        scope,
        dev,
    };
    seal(recipe, &taxonomy, &metrics, reading, out)
}

/// Writes what is told of a bundle whose other files lie in a folder: metrics, card, manifest.
fn seal(
    recipe: &Recipe,
    taxonomy: &Taxonomy,
    metrics: &Metrics,
    reading: Option<Reading>,
    out: &Path,
) -> Result<Manifest> {
    let at = |name: &str| out.join(name);
    let taxonomy_id = format!("{}@{}", taxonomy.id, taxonomy.version);
    write_json(&at(file::METRICS), metrics)?;
    std::fs::remove_file(at(file::MANIFEST)).map_err(|e| Error::file(at(file::MANIFEST), e))?;
    let manifest = Manifest::write(out, &recipe.name, &taxonomy_id, reading.clone())?;
    write_file(&at(file::CARD), card::card(&manifest, recipe, taxonomy, metrics).as_bytes())?;
    Manifest::write(out, &recipe.name, &taxonomy_id, reading)
}

/// Teaches a finished bundle to tell foreign texts by the `[scope]` of a recipe, on the rows of its own; `write` puts what was
/// learnt into the bundle, which gets a new version.
///
/// # Errors
/// As [`scope::learn`]; [`Error::Bundle`] where the bundle has no transformer or no metrics.
pub fn teach_scope(folder: &Path, by: &ScopeRecipe, write: bool) -> Result<(ScopeMetrics, Option<Manifest>)> {
    let fault = |reason: String| Error::Bundle { path: folder.to_owned(), reason };
    let Bundle { manifest, taxonomy, transformer, .. } = Bundle::open(folder)?;
    let transformer =
        transformer.ok_or_else(|| fault("has no transformer; foreign texts are told by its vectors".into()))?;
    let mut recipe = Recipe::open(&folder.join(file::RECIPE))?;
    let corpus = Corpus::read(&recipe, &taxonomy, &Segmenter::new(), None)?;
    let (scope, learnt) = scope::learn(by, &corpus, &taxonomy, &transformer)?;
    if !write {
        return Ok((learnt, None));
    }
    let path = folder.join(file::METRICS);
    let bytes = std::fs::read(&path).map_err(|e| Error::file(&path, e))?;
    let mut metrics: Metrics = serde_json::from_slice(&bytes).map_err(|e| fault(format!("{}: {e}", file::METRICS)))?;
    metrics.scope = Some(learnt.clone());
    recipe.scope = Some(by.clone());
    write_json(&folder.join(file::SCOPE), &scope)?;
    write_recipe(&recipe, folder)?;
    let manifest = seal(&recipe, &taxonomy, &metrics, manifest.reading, folder)?;
    Ok((learnt, Some(manifest)))
}

fn write_recipe(recipe: &Recipe, out: &Path) -> Result<()> {
    let text = toml::to_string_pretty(recipe).map_err(|e| Error::Internal(e.to_string()))?;
    write_file(&out.join(file::RECIPE), text.as_bytes())
}

struct Models<'a> {
    transformer: Option<&'a Transformer>,
    linear: &'a LinearModel,
}

/// Logits of the transformer, if there is one, and of the linear model, and the labels.
type Asked = (Option<Vec<Logits>>, Vec<Logits>, Vec<Targets>);

impl Models<'_> {
    fn ask(&self, rows: &[&Example]) -> Result<Asked> {
        let readings: Vec<_> = rows.iter().map(|e| &e.reading).collect();
        let first = self.transformer.map(|t| t.logits(&readings)).transpose()?;
        Ok((first, self.linear.logits(&readings)?, rows.iter().map(|e| e.targets.clone()).collect()))
    }
}

/// Calibrated probabilities as one of the models gives them, or both; nothing where there is no transformer to ask.
fn predictions(
    which: Which,
    first: Option<&[Logits]>,
    second: &[Logits],
    calibrations: &Calibrations,
) -> Option<Vec<Prediction>> {
    Some(match which {
        Which::Linear => second.iter().map(|z| calibrations.linear.apply(z)).collect(),
        Which::Transformer => first?.iter().map(|z| calibrations.transformer.apply(z)).collect(),
        Which::Both => first?.iter().zip(second).map(|(a, b)| calibrations.both.apply(a, b)).collect(),
    })
}

/// Measures predictions, and what the later stages conclude from them.
fn judge(pipeline: &Pipeline, rows: &[Example], goals: &[Targets], predictions: Vec<Prediction>) -> Evaluation {
    let conclude =
        |(row, p): (&Example, Prediction)| pipeline.conclude(&Complaint::default(), row.reading.clone(), (p, None));
    let findings: Vec<_> = rows.iter().zip(predictions).map(conclude).collect();
    let judged: Vec<Judged> = goals
        .iter()
        .zip(&findings)
        .map(|(gold, f)| Judged { gold, prediction: &f.prediction, urgency: f.urgency.as_ref().map(|u| u.level) })
        .collect();
    Evaluation::of(&judged, &pipeline.taxonomy, &Bootstrap::default())
}

fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    write_file(path, &serde_json::to_vec_pretty(value).map_err(|e| Error::Internal(e.to_string()))?)
}
