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
pub mod fit;
pub mod learner;
pub mod losses;
mod optimizer;
mod recipe;
mod schedule;

pub use corpus::{Corpus, Example, SourceRecord};
pub use fit::Talk;
pub use optimizer::{AdamW, Average, Moments};
pub use recipe::{
    BundleRecipe, DataRecipe, EncoderRecipe, HeadRecipe, OptimizerRecipe, Recipe, RegularizeRecipe, RoundsRecipe,
};

use crate::{Result, bundle::Manifest, classify::transformer::EncoderConfig, encode::PieceEncoder, segment::Segmenter};
use std::path::Path;

/// Trains by a recipe and writes the bundle to `out`; checkpoints lie in `out/checkpoint`. A training that was stopped goes
/// on where it was; one that is finished only writes the bundle again.
pub fn run(recipe: &Recipe, out: &Path, talk: &dyn Talk) -> Result<Manifest> {
    let (taxonomy, _) = recipe.taxonomy()?;
    let segmenter = Segmenter::new();
    let pieces = piece_encoder(recipe)?;
    let corpus = Corpus::read(recipe, &taxonomy, &segmenter, &pieces)?;
    talk.corpus(&corpus);
    let checkpoint = out.join("checkpoint");
    let progress = fit::fit(recipe, &taxonomy, &corpus, &pieces, &checkpoint, talk)?;
    assemble::assemble(recipe, &corpus, &progress, &checkpoint, out, talk)
}

/// The piece encoder of a recipe's encoder folder.
pub fn piece_encoder(recipe: &Recipe) -> Result<PieceEncoder> {
    let folder = &recipe.encoder.path;
    let config = EncoderConfig::open(&folder.join("config.json"))?;
    let most = recipe.encoder.max_pieces.min(config.max_pieces());
    PieceEncoder::open(&folder.join("tokenizer.json"), &recipe.encoder.prefix, most)
}
