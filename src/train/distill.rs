//! Teachers: what several trained models make of a text together is what a student learns beside the labels, and from texts that
//! nobody has labelled (Hinton, Vinyals and Dean 2015, at temperature one: these heads are not sure enough to need a higher one).

use super::{
    Corpus, DistillRecipe, EncoderRecipe, Example, Recipe,
    checkpoint::{Accuracies, Checkpoints},
    fit::{Talk, accuracy},
};
use crate::{
    Error, Pipeline, Result,
    bundle::{self, file},
    classify::{
        Head, HeadValues, Prediction,
        transformer::{Precision, Transformer},
    },
    segment::Reading,
    taxonomy::Taxonomy,
};
use candle_core::Device;
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Texts that a teacher is asked for between two words on how far it is.
const AT_ONCE: usize = 1024;

/// Who teaches.
struct Teachers {
    teachers: Vec<Teacher>,
}

enum Teacher {
    /// The weights of a training, whatever its encoder.
    Trained(Box<Transformer>),
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
        let files = [Checkpoints::BEST, file::CONFIG, file::TOKENIZER].map(|name| training.join(name));
        if !files.iter().all(|path| path.exists()) {
            return Err(fault("is neither a training nor a bundle; train it into a new folder first"));
        }
        let recipe = Checkpoints::new(&training)?.recipe()?;
        let EncoderRecipe { pooling, prefix, max_pieces, .. } = recipe.encoder()?;
        let mut hashes: Vec<String> = files.iter().map(|path| bundle::hash(path)).collect::<Result<_>>()?;
        hashes.push(format!("{pooling:?} {max_pieces} {prefix} {:?}", recipe.bundle.storage));
        Ok(bundle::hex(&Sha256::digest(hashes.concat())))
    };
    distill.teachers.iter().map(of).collect()
}

/// Asks the teachers for the rows that the student will learn from (`used` says of the training rows, then of those without labels, which those
/// are), and measures them together on the dev files.
///
/// # Errors
/// [`Error::Encoder`] where the weights of a training do not fit the taxonomy, [`Error::Recipe`] where a teacher answers by another one,
/// [`Error::Bundle`] where a bundle is not whole.
pub fn teach(
    distill: &DistillRecipe,
    taxonomy: &Taxonomy,
    corpus: &mut Corpus,
    used: &[bool],
    device: &Device,
    talk: &dyn Talk,
) -> Result<Accuracies> {
    let teachers = Teachers::open(distill, taxonomy, device)?;
    let learnt = corpus.train.iter_mut().chain(&mut corpus.unlabelled);
    let mut asked: Vec<&mut Example> = learnt.zip(used).filter_map(|(row, &used)| used.then_some(row)).collect();
    let said = teachers.ask(&asked.iter().map(|row| &**row).collect::<Vec<_>>(), talk)?;
    asked.iter_mut().zip(said).for_each(|(row, said)| row.taught = Some(said));
    let mut accuracies = Accuracies::new();
    for (name, rows) in &corpus.dev {
        accuracies.insert(name.clone(), teachers.measure(rows)?);
    }
    Ok(accuracies)
}

impl Teachers {
    fn open(distill: &DistillRecipe, taxonomy: &Taxonomy, device: &Device) -> Result<Self> {
        let mut teachers = Vec::with_capacity(distill.teachers.len());
        for folder in &distill.teachers {
            if !is_bundle(folder) {
                teachers.push(Teacher::Trained(Box::new(trained(&folder.join("checkpoint"), taxonomy, device)?)));
                continue;
            }
            let teacher = Pipeline::open(folder, None)?;
            if teacher.taxonomy != *taxonomy {
                return Err(stranger(folder));
            }
            teachers.push(Teacher::Bundle(Box::new(teacher)));
        }
        Ok(Teachers { teachers })
    }

    /// The mean of what the teachers say of every text.
    fn ask(&self, rows: &[&Example], talk: &dyn Talk) -> Result<Vec<Prediction>> {
        let share = 1.0 / self.teachers.len() as f32;
        let mut means = vec![Prediction::default(); rows.len()];
        let (mut asked, all) = (0, self.teachers.len() * rows.len());
        for teacher in &self.teachers {
            for (rows, means) in rows.chunks(AT_ONCE).zip(means.chunks_mut(AT_ONCE)) {
                let readings: Vec<&Reading> = rows.iter().map(|row| &row.reading).collect();
                for (mean, said) in means.iter_mut().zip(teacher.say(&readings)?) {
                    for head in Head::ALL {
                        mean[head].resize(said[head].len(), 0.0);
                        mean[head].iter_mut().zip(&said[head]).for_each(|(mean, said)| *mean += share * said);
                    }
                }
                asked += rows.len();
                talk.asked(asked, all);
            }
        }
        Ok(means)
    }

    fn measure(&self, rows: &[Example]) -> Result<BTreeMap<String, f64>> {
        let said: Vec<HeadValues> = self.ask(&rows.iter().collect::<Vec<_>>(), &())?;
        let score = |head: &Head| Some((head.name().to_owned(), accuracy(*head, rows, &said)?));
        Ok(Head::ALL.iter().filter_map(score).collect())
    }
}

impl Teacher {
    fn say(&self, readings: &[&Reading]) -> Result<Vec<Prediction>> {
        match self {
            Teacher::Trained(trained) => {
                Ok(trained.answers(readings)?.into_iter().map(|answer| answer.logits.to_probabilities()).collect())
            }
            Teacher::Bundle(bundle) => bundle.predict(readings),
        }
    }
}

/// The weights of a training: on a CPU they answer as they would be served, elsewhere in f32.
fn trained(training: &Path, taxonomy: &Taxonomy, device: &Device) -> Result<Transformer> {
    let recipe = Checkpoints::new(training)?.recipe()?;
    if recipe.taxonomy()?.0 != *taxonomy {
        return Err(stranger(training));
    }
    let EncoderRecipe { path, pooling, prefix, max_pieces, .. } = recipe.encoder()?;
    let precision = recipe.bundle.precision.or(Some(Precision::Int8));
    let trained = Transformer::open(path, taxonomy, *pooling, prefix, *max_pieces, precision, device)?;
    trained.stored_as(recipe.bundle.storage)
}

/// A teacher that does not answer what is asked.
fn stranger(folder: &Path) -> Error {
    Error::Recipe { path: folder.to_owned(), reason: "this teacher answers by another taxonomy".into() }
}

/// Whether the folder is that of a bundle, which a training that made one is too.
fn is_bundle(folder: &Path) -> bool {
    folder.join(file::MANIFEST).exists()
}
