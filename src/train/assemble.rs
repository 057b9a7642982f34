use super::{
    Corpus, EncoderRecipe, Example, Recipe, Talk,
    checkpoint::{Checkpoints, Progress},
    remember,
    scope::Lesson,
    seal::{Metrics, seal, write_json, write_recipe},
};
use crate::{
    Complaint, Error, Pipeline, Result,
    bundle::{Manifest, Reading, file, write_file, write_similar, write_tensors},
    classify::{
        Classifier, Logits, Prediction, Which,
        calibration::Calibrations,
        linear::LinearModel,
        transformer::{Transformer, quantize},
    },
    data::Targets,
    evaluate::{Evaluation, Judged, bands, budget::Budget, calibrate, interval::Bootstrap},
    policy::Policy,
    segment::Segmenter,
};
use candle_core::Device;
use std::{collections::BTreeMap, path::Path};

/// The budget of a new bundle's bands; `fenzhen calibrate` fits others.
const BUDGET: Budget = Budget { max_error: 0.05, confidence: 0.9 };

/// Fits the linear model, calibrates, measures and writes the bundle; with a lesson, it learns to tell foreign texts.
pub fn assemble(
    recipe: &Recipe,
    corpus: &Corpus,
    lesson: Option<&Lesson>,
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
    // Temperatures and blends are fitted on one part, the bands on the other: their promise needs rows that nothing has seen.
    let (held_rows, fitted_rows) = corpus.calibration_parts();
    let fitted = models.ask(&fitted_rows)?;
    let Asked { second, goals, .. } = &fitted;
    let (calibrations, gains) = match &fitted.first {
        Some(first) => (calibrate::calibrations(first, second, goals), calibrate::blend(first, second, goals).1),
        None => {
            let (linear, gains) = calibrate::calibration(second, goals);
            (Calibrations { linear, ..Default::default() }, gains)
        }
    };
    write_json(&at(file::CALIBRATION), &calibrations)?;
    let which = if transformer.is_some() { Which::Both } else { Which::Linear };
    let held = models.ask(&held_rows)?;
    let unseen = calibrations.apply(which, held.first.as_deref(), Some(&held.second)).unwrap_or_default();
    write_json(&at(file::BANDS), &bands::fit(&unseen, &held.goals, BUDGET))?;

    let reading = recipe.encoder.as_ref().zip(transformer.as_ref()).map(|(r, t)| Reading {
        pooling: r.pooling,
        prefix: r.prefix.clone(),
        max_pieces: t.pieces.max_pieces(),
        precision,
    });
    let taxonomy_id = format!("{}@{}", taxonomy.id, taxonomy.version);
    let _ = std::fs::remove_file(at(file::SCOPE));
    let scope = match lesson.zip(transformer.as_ref()) {
        Some((lesson, transformer)) => {
            talk.note("learning to tell foreign texts");
            let threshold = Policy::default_for(&taxonomy).out_of_scope();
            let (scope, metrics) = lesson.learn(corpus, transformer, threshold)?;
            write_json(&at(file::SCOPE), &scope)?;
            Some(metrics)
        }
        None => None,
    };
    for stale in [file::SIMILAR, file::SIMILAR_VECTORS] {
        let _ = std::fs::remove_file(at(stale));
    }
    if let Some((similar, transformer)) = recipe.similar.as_ref().zip(transformer.as_ref()) {
        talk.note("keeping complaints to show");
        write_similar(out, &remember::files(similar, transformer, &taxonomy, &Segmenter::new())?)?;
    }
    // The pipeline opens only whole bundles: one manifest to measure with, the last one once the card is there.
    for stale in [file::METRICS, file::CARD, file::MANIFEST] {
        let _ = std::fs::remove_file(at(stale));
    }
    Manifest::write(out, &recipe.name, &taxonomy_id, reading.clone())?;
    talk.note("measuring");
    let pipeline = Pipeline::open(out, None)?;
    let mut dev = BTreeMap::new();
    for (name, rows) in &corpus.dev {
        let Asked { first, second, goals, .. } = models.ask(&rows.iter().collect::<Vec<_>>())?;
        let mut measured = BTreeMap::new();
        for which in Which::ALL {
            if let Some(predictions) = calibrations.apply(which, first.as_deref(), Some(&second)) {
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
        teachers: progress.teachers.clone(),
        scope,
        dev,
    };
    seal(recipe, &taxonomy, &metrics, reading, out)
}

struct Models<'a> {
    transformer: Option<&'a Transformer>,
    linear: &'a LinearModel,
}

/// What the models say about some rows.
struct Asked {
    /// The transformer's logits, if there is one.
    first: Option<Vec<Logits>>,
    /// The linear model's logits.
    second: Vec<Logits>,
    goals: Vec<Targets>,
}

impl Models<'_> {
    fn ask(&self, rows: &[&Example]) -> Result<Asked> {
        let readings: Vec<_> = rows.iter().map(|e| &e.reading).collect();
        let first = self.transformer.map(|t| t.logits(&readings)).transpose()?;
        let goals = rows.iter().map(|e| e.targets.clone()).collect();
        Ok(Asked { first, second: self.linear.logits(&readings)?, goals })
    }
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
    Evaluation::of(&judged, &pipeline.taxonomy, pipeline.bands(), &Bootstrap::default())
}
