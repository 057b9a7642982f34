//! Learns from labelled rows what the pipeline serves: recipe in, bundle out.
//!
//! [`run`] reads the corpus, trains the transformer with checkpoints ([`fit`]), then fits the linear model, calibrates both
//! and writes the bundle ([`assemble`]). A killed training goes on from its last checkpoint and ends with the same weights
//! as one that was not killed.

pub mod assemble;
mod batches;
mod card;
pub mod checkpoint;
pub mod corpus;
pub mod device;
mod distill;
pub mod fit;
pub mod learner;
pub mod losses;
pub mod masked;
mod optimizer;
pub mod pass;
mod recipe;
pub mod remember;
mod schedule;
pub mod scope;
pub mod seal;
pub mod teach;
pub mod urgency;

pub use corpus::{Corpus, Example, SourceRecord};
pub use fit::Talk;
pub use optimizer::{AdamW, Average, Moments};
pub use recipe::{
    BundleRecipe, DataRecipe, DistillRecipe, EncoderRecipe, HeadRecipe, MaskedLanguageRecipe, OptimizerRecipe, Recipe,
    RegularizeRecipe, RoundsRecipe, ScopeRecipe, SimilarRecipe,
};

use crate::{
    Error, Result, bundle::Manifest, classify::transformer::EncoderConfig, encode::PieceEncoder, segment::Segmenter,
};
use candle_core::Device;
use checkpoint::Progress;
use scope::Lesson;
use std::path::{Path, PathBuf};

/// Trains by a recipe and writes the bundle to `out`; checkpoints lie in `out/checkpoint`. A training that was stopped goes
/// on where it was; one that is finished only writes the bundle again.
///
/// The encoder learns on `device`; the rest runs on the CPU.
pub fn run(recipe: &Recipe, out: &Path, device: &Device, talk: &dyn Talk) -> Result<Manifest> {
    let Learnt { corpus, lesson, progress, checkpoint } = learn(recipe, out, device, talk)?;
    assemble::assemble(recipe, &corpus, lesson.as_ref(), &progress, &checkpoint, out, talk)
}

/// The first half of [`run`]: the weights, in the folder of checkpoints, and no bundle.
///
/// # Errors
/// As [`run`]; [`Error::Recipe`] where the recipe has no encoder.
pub fn weights(recipe: &Recipe, out: &Path, device: &Device, talk: &dyn Talk) -> Result<Progress> {
    recipe.encoder()?;
    Ok(learn(recipe, out, device, talk)?.progress)
}

/// What a bundle is made of.
struct Learnt {
    corpus: Corpus,
    lesson: Option<Lesson>,
    progress: Progress,
    checkpoint: PathBuf,
}

fn learn(recipe: &Recipe, out: &Path, device: &Device, talk: &dyn Talk) -> Result<Learnt> {
    if device.is_metal() {
        let reason = "a model is trained on cpu or on cuda:N".to_owned();
        return Err(Error::Device { device: "metal".into(), reason });
    }
    if recipe.encoder.is_some() && device.is_cpu() {
        recipe.rounds.products.check()?;
    }
    let (taxonomy, _) = recipe.taxonomy()?;
    let segmenter = Segmenter::new();
    let pieces = recipe.encoder.as_ref().map(piece_encoder).transpose()?;
    if recipe.masked_language.is_some() && pieces.as_ref().is_some_and(|pieces| !pieces.hides()) {
        let reason =
            "masked_language hides pieces, and the encoder's vocabulary has none that says so ([MASK])".to_owned();
        return Err(Error::Recipe { path: recipe.name.clone().into(), reason });
    }
    let mut corpus = Corpus::read(recipe, &taxonomy, &segmenter, pieces.as_ref())?;
    talk.corpus(&corpus);
    // Before the training, which a fault in this part would cost.
    let lesson = match (&recipe.scope, &pieces) {
        (Some(scope), Some(_)) => Some(Lesson::read(scope, &corpus, &taxonomy, &segmenter)?),
        (Some(_), None) => {
            talk.note("without an encoder: foreign texts are not told apart");
            None
        }
        (None, _) => None,
    };
    if let Some(lesson) = &lesson {
        talk.lesson(lesson);
    }
    let checkpoint = out.join("checkpoint");
    std::fs::create_dir_all(out).map_err(|e| Error::file(out, e))?;
    let progress = match &pieces {
        Some(pieces) => fit::fit(recipe, &taxonomy, &mut corpus, pieces, &checkpoint, device, talk)?,
        None => Progress::default(),
    };
    Ok(Learnt { corpus, lesson, progress, checkpoint })
}

/// The piece encoder of an encoder's folder.
fn piece_encoder(recipe: &EncoderRecipe) -> Result<PieceEncoder> {
    let config = EncoderConfig::open(&recipe.path.join("config.json"))?;
    let most = recipe.max_pieces.min(config.max_pieces());
    PieceEncoder::open(&recipe.path.join("tokenizer.json"), &recipe.prefix, most)
}
