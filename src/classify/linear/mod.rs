//! The linear model: TF-IDF over words and runs of characters, one logistic regression a head. It is the baseline beside every
//! number of the transformer, votes with it, and answers alone where a house wants the smallest machine.

mod contributions;
mod file;
mod fit;
mod grams;
mod recipe;
mod rows;
mod separate;
mod solver;
#[cfg(test)]
mod tests;
mod vocabulary;
mod weights;

pub use fit::HeadFit;
pub use recipe::LinearRecipe;
pub(crate) use separate::separate;

use super::{Classifier, Head, Logits};
use crate::{Result, data::Targets, segment::Reading, taxonomy::Taxonomy};
use rayon::prelude::*;
use std::{cell::RefCell, path::Path};
use vocabulary::{Scratch, Vocabulary};
use weights::Weights;

/// A fitted linear model.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearModel {
    /// The heads it answers, with the number of their logits, in the order of the columns of the weights.
    heads: Vec<(Head, usize)>,
    vocabulary: Vocabulary,
    weights: Weights,
}

impl LinearModel {
    /// Learns every head of the taxonomy that at least one row has a label for.
    ///
    /// The same rows and recipe give the same model, bit for bit, on any number of threads.
    ///
    /// # Errors
    /// [`crate::Error::Recipe`] where the recipe makes no sense, [`crate::Error::Data`] where no row has a label.
    pub fn fit(
        readings: &[Reading],
        targets: &[Targets],
        taxonomy: &Taxonomy,
        recipe: &LinearRecipe,
    ) -> Result<LinearModel> {
        fit::fit(readings, targets, None, taxonomy, recipe).map(|(model, _)| model)
    }

    /// The same where rows count differently: a row of weight 2 counts as two, one of weight 0 not at all. Also tells how far
    /// the learning of each head came.
    pub fn fit_weighted(
        readings: &[Reading],
        targets: &[Targets],
        weights: &[f32],
        taxonomy: &Taxonomy,
        recipe: &LinearRecipe,
    ) -> Result<(LinearModel, Vec<HeadFit>)> {
        fit::fit(readings, targets, Some(weights), taxonomy, recipe)
    }

    /// Writes the model as one file; the same model gives the same bytes.
    pub fn save(&self, path: &Path) -> Result<()> {
        file::save(self, path)
    }

    /// Opens a saved model.
    ///
    /// # Errors
    /// [`crate::Error::Bundle`] says what is wrong with the file.
    pub fn open(path: &Path) -> Result<LinearModel> {
        file::open(path)
    }

    /// The heads it answers, with the number of their logits.
    pub fn heads(&self) -> &[(Head, usize)] {
        &self.heads
    }

    /// Why it cannot answer under a taxonomy, as a sentence; nothing where it can.
    pub fn misfit(&self, taxonomy: &Taxonomy) -> Option<String> {
        let wrong = self.heads.iter().find(|(head, width)| head.width(taxonomy) != *width);
        wrong.map(|(head, width)| {
            let expected = head.width(taxonomy);
            format!("the linear model has {width} labels for {}, the taxonomy {expected}", head.name())
        })
    }

    /// How many features it knows.
    pub fn features(&self) -> usize {
        self.vocabulary.len()
    }

    fn answer(&self, reading: &Reading, scratch: &mut Scratch, columns: &mut Vec<f32>) -> Logits {
        self.vocabulary.row(reading, scratch);
        self.weights.logits(&scratch.row, columns);
        let mut logits = Logits::default();
        let mut start = 0;
        for &(head, width) in &self.heads {
            logits[head] = columns[start..start + width].to_vec();
            start += width;
        }
        logits
    }
}

/// A head that was not learnt comes out empty.
impl Classifier for LinearModel {
    fn logits(&self, readings: &[&Reading]) -> Result<Vec<Logits>> {
        thread_local! {
            static BUFFERS: RefCell<(Scratch, Vec<f32>)> = RefCell::default();
        }
        let answer =
            |reading: &&Reading| BUFFERS.with_borrow_mut(|(scratch, columns)| self.answer(reading, scratch, columns));
        Ok(readings.par_iter().with_min_len(64).map(answer).collect())
    }
}
