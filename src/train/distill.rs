//! Teachers: what several trained models make of a text together is what a student learns beside the labels, and from texts that
//! nobody has labelled (Hinton, Vinyals and Dean 2015, at temperature one: these heads are not sure enough to need a higher one).

use super::{
    Corpus, DistillRecipe, Example, Recipe,
    checkpoint::{Accuracies, Checkpoints},
    fit::accuracy,
};
use crate::{
    Error, Result,
    classify::{
        Head, HeadValues, Prediction,
        transformer::{Encoder, EncoderConfig, HEAD_BIAS, HEAD_WEIGHT, HeadLayout, Pooling, Weights, infer, quantize},
    },
    encode::Pieces,
    taxonomy::Taxonomy,
};
use candle_core::{Device, Tensor};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Models that teach; all read texts as the student does.
struct Teachers {
    models: Vec<(Encoder, Tensor, Tensor)>,
    layout: HeadLayout,
    pooling: Pooling,
}

/// The hash of every teacher's weights.
///
/// # Errors
/// [`Error::Recipe`] where a teacher is not there or still learns.
pub fn hashes(distill: &DistillRecipe, recipe: &Recipe) -> Result<Vec<String>> {
    let of = |folder: &PathBuf| {
        let fault = |what: &str| {
            let way_out = "fenzhen train RECIPE --teacher SEED -o";
            let reason = format!("the teacher {0} {what}: {way_out} {0}", folder.display());
            Error::Recipe { path: recipe.name.clone().into(), reason }
        };
        let weights = weights_of(folder);
        if !weights.exists() {
            return Err(fault("has no weights; train it first"));
        }
        let training = folder.join("checkpoint");
        if training.exists() && Checkpoints::new(&training)?.is_under_way() {
            return Err(fault("is not finished; run its training to the end"));
        }
        crate::bundle::hash(&weights)
    };
    distill.teachers.iter().map(of).collect()
}

/// Asks the teachers for every row that the student will learn from, and measures them together on the dev files.
///
/// # Errors
/// [`Error::Encoder`] where a teacher's folder holds no weights that fit the student's configuration and taxonomy.
pub fn teach(
    distill: &DistillRecipe,
    recipe: &Recipe,
    taxonomy: &Taxonomy,
    corpus: &mut Corpus,
    device: &Device,
) -> Result<Accuracies> {
    let teachers = Teachers::open(distill, recipe, taxonomy, device)?;
    for rows in [&mut corpus.train, &mut corpus.unlabelled] {
        let taught = teachers.ask(rows.iter().map(|row| &row.pieces))?;
        rows.iter_mut().zip(taught).for_each(|(row, taught)| row.taught = Some(taught));
    }
    let mut accuracies = Accuracies::new();
    for (name, rows) in &corpus.dev {
        accuracies.insert(name.clone(), teachers.measure(rows)?);
    }
    Ok(accuracies)
}

impl Teachers {
    fn open(distill: &DistillRecipe, recipe: &Recipe, taxonomy: &Taxonomy, device: &Device) -> Result<Self> {
        let encoder = recipe.encoder()?;
        let layout = HeadLayout::of(taxonomy);
        let config = EncoderConfig::open(&encoder.path.join("config.json"))?;
        let width = encoder.pooling.width(config.hidden_size);
        let mut models = Vec::with_capacity(distill.teachers.len());
        for folder in &distill.teachers {
            let path = weights_of(folder);
            let fault = |reason: String| Error::Encoder { path: path.clone(), reason };
            let mut tensors = quantize::load(&path)?;
            let mut take = |name: &str, shape: &[usize]| match tensors.remove(name) {
                Some(tensor) if tensor.dims() == shape => Ok(tensor.to_device(device)?),
                Some(tensor) => Err(fault(format!("{name} has shape {:?}, the student's {shape:?}", tensor.dims()))),
                None => Err(fault(format!("has no tensor {name}"))),
            };
            let (weight, bias) = (take(HEAD_WEIGHT, &[layout.width, width])?, take(HEAD_BIAS, &[layout.width])?);
            let weights = Weights::from_hf(tensors, &config, device).map_err(fault)?;
            models.push((Encoder { config: config.clone(), weights }, weight, bias));
        }
        Ok(Teachers { models, layout, pooling: encoder.pooling })
    }

    /// The mean of what the teachers say of every text.
    fn ask<'a>(&self, texts: impl Iterator<Item = &'a Pieces>) -> Result<Vec<Prediction>> {
        let texts: Vec<Pieces> = texts.cloned().collect();
        let share = 1.0 / self.models.len() as f32;
        let mut means = vec![Prediction::default(); texts.len()];
        for (encoder, weight, bias) in &self.models {
            let answers = infer(encoder, weight, bias, self.pooling, &self.layout, &texts)?;
            for (mean, answer) in means.iter_mut().zip(answers) {
                let said = answer.logits.to_probabilities();
                for head in Head::ALL {
                    mean[head].resize(said[head].len(), 0.0);
                    mean[head].iter_mut().zip(&said[head]).for_each(|(mean, said)| *mean += share * said);
                }
            }
        }
        Ok(means)
    }

    fn measure(&self, rows: &[Example]) -> Result<BTreeMap<String, f64>> {
        let said: Vec<HeadValues> = self.ask(rows.iter().map(|row| &row.pieces))?;
        let heads = self.layout.spans();
        Ok(heads.filter_map(|(head, _)| Some((head.name().to_owned(), accuracy(head, rows, &said)?))).collect())
    }
}

/// The weights in the folder of a training, or of a bundle.
fn weights_of(folder: &Path) -> PathBuf {
    let trained = folder.join("checkpoint").join(Checkpoints::BEST);
    if trained.exists() { trained } else { folder.join(crate::bundle::file::MODEL) }
}
