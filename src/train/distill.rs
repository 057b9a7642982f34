//! Teachers: what several trained models make of a text together is what a student learns beside the labels, and from texts that
//! nobody has labelled (Hinton, Vinyals and Dean 2015, at temperature one: these heads are not sure enough to need a higher one).

use super::{
    Corpus, DistillRecipe, Example, Recipe,
    checkpoint::{Accuracies, Checkpoints},
    fit::accuracy,
};
use crate::{
    Error, Pipeline, Result,
    bundle::{self, file},
    classify::{
        Head, HeadValues, Prediction,
        transformer::{Encoder, EncoderConfig, HEAD_BIAS, HEAD_WEIGHT, HeadLayout, Pooling, Weights, infer, quantize},
    },
    encode::Pieces,
    taxonomy::Taxonomy,
};
use candle_core::{Device, Tensor};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Who teaches.
struct Teachers {
    teachers: Vec<Teacher>,
    layout: HeadLayout,
    pooling: Pooling,
}

enum Teacher {
    /// The weights of a training, which reads texts as the student does.
    Trained { encoder: Box<Encoder>, weight: Tensor, bias: Tensor },
    /// A bundle answers as it is served, with all its models, whatever its encoder.
    Bundle(Box<Pipeline>),
}

/// A hash of all that makes each teacher's answers.
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
        let training = folder.join("checkpoint");
        if training.exists() && Checkpoints::new(&training)?.is_under_way() {
            return Err(fault("is not finished; run its training to the end"));
        }
        if is_bundle(folder) {
            let files = [file::CONFIG, file::TOKENIZER, file::MODEL, file::LINEAR, file::CALIBRATION];
            let files = files.map(|name| folder.join(name));
            let hashes = files.iter().filter(|path| path.exists()).map(|path| bundle::hash(path));
            return Ok(bundle::hex(&Sha256::digest(hashes.collect::<Result<Vec<_>>>()?.concat())));
        }
        match weights_of(folder) {
            weights if weights.exists() => bundle::hash(&weights),
            _ => Err(fault("is neither a training nor a bundle; train it first")),
        }
    };
    distill.teachers.iter().map(of).collect()
}

/// Asks the teachers for every row that the student will learn from, and measures them together on the dev files.
///
/// # Errors
/// [`Error::Encoder`] where the weights of a training do not fit the student's configuration and taxonomy, [`Error::Recipe`] where a bundle
/// answers by another taxonomy, [`Error::Bundle`] where it is not whole.
pub fn teach(
    distill: &DistillRecipe,
    recipe: &Recipe,
    taxonomy: &Taxonomy,
    corpus: &mut Corpus,
    device: &Device,
) -> Result<Accuracies> {
    let teachers = Teachers::open(distill, recipe, taxonomy, device)?;
    for rows in [&mut corpus.train, &mut corpus.unlabelled] {
        let taught = teachers.ask(rows)?;
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
        let mut teachers = Vec::with_capacity(distill.teachers.len());
        for folder in &distill.teachers {
            let path = weights_of(folder);
            if is_bundle(folder) {
                let teacher = Pipeline::open(folder, None)?;
                if teacher.taxonomy != *taxonomy {
                    let reason = format!("the teacher {} answers by another taxonomy", folder.display());
                    return Err(Error::Recipe { path: recipe.name.clone().into(), reason });
                }
                teachers.push(Teacher::Bundle(Box::new(teacher)));
                continue;
            }
            let fault = |reason: String| Error::Encoder { path: path.clone(), reason };
            let mut tensors = quantize::load(&path)?;
            let mut take = |name: &str, shape: &[usize]| match tensors.remove(name) {
                Some(tensor) if tensor.dims() == shape => Ok(tensor.to_device(device)?),
                Some(tensor) => Err(fault(format!("{name} has shape {:?}, the student's {shape:?}", tensor.dims()))),
                None => Err(fault(format!("has no tensor {name}"))),
            };
            let (weight, bias) = (take(HEAD_WEIGHT, &[layout.width, width])?, take(HEAD_BIAS, &[layout.width])?);
            let weights = Weights::from_hf(tensors, &config, device).map_err(fault)?;
            let encoder = Box::new(Encoder { config: config.clone(), weights });
            teachers.push(Teacher::Trained { encoder, weight, bias });
        }
        Ok(Teachers { teachers, layout, pooling: encoder.pooling })
    }

    /// The mean of what the teachers say of every text.
    fn ask(&self, rows: &[Example]) -> Result<Vec<Prediction>> {
        let share = 1.0 / self.teachers.len() as f32;
        let mut means = vec![Prediction::default(); rows.len()];
        for teacher in &self.teachers {
            let said: Vec<Prediction> = match teacher {
                Teacher::Trained { encoder, weight, bias } => {
                    let texts: Vec<Pieces> = rows.iter().map(|row| row.pieces.clone()).collect();
                    let answers = infer(encoder, weight, bias, self.pooling, &self.layout, &texts)?;
                    answers.into_iter().map(|answer| answer.logits.to_probabilities()).collect()
                }
                Teacher::Bundle(bundle) => bundle.predict(&rows.iter().map(|row| &row.reading).collect::<Vec<_>>())?,
            };
            for (mean, said) in means.iter_mut().zip(said) {
                for head in Head::ALL {
                    mean[head].resize(said[head].len(), 0.0);
                    mean[head].iter_mut().zip(&said[head]).for_each(|(mean, said)| *mean += share * said);
                }
            }
        }
        Ok(means)
    }

    fn measure(&self, rows: &[Example]) -> Result<BTreeMap<String, f64>> {
        let said: Vec<HeadValues> = self.ask(rows)?;
        let heads = self.layout.spans();
        Ok(heads.filter_map(|(head, _)| Some((head.name().to_owned(), accuracy(head, rows, &said)?))).collect())
    }
}

/// Whether the folder is that of a bundle, which a training that made one is too.
fn is_bundle(folder: &Path) -> bool {
    folder.join(file::MANIFEST).exists()
}

/// The weights in the folder of a training.
fn weights_of(folder: &Path) -> PathBuf {
    folder.join("checkpoint").join(Checkpoints::BEST)
}
