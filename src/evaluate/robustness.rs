//! How much worse the answers get when the texts change as they do on their way: one measurement a kind of change.

use super::{Evaluation, Question, interval::Bootstrap, set::Set};
use crate::{Pipeline, Result, data::Perturbation};
use serde::Serialize;
use std::collections::BTreeMap;

/// What one kind of change costs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Robustness {
    pub perturbation: Perturbation,
    /// Accuracy of each one-of question on the changed texts, and how far it lies below that on the texts as they were.
    pub questions: BTreeMap<Question, Drop>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Drop {
    pub accuracy: f64,
    pub drop: f64,
}

/// Changes every text of a set in every way and asks again; `before` is the evaluation of the set as it is.
///
/// # Errors
/// Where the model fails. A text that nothing is left of has no answer and does not count.
pub fn robustness(set: &Set, pipeline: &Pipeline, before: &Evaluation, seed: u64) -> Result<Vec<Robustness>> {
    let plain = Bootstrap { resamples: 0, seed };
    let measure = |perturbation: Perturbation| {
        let mut changed = set.clone();
        for (place, row) in changed.rows.iter_mut().enumerate() {
            row.text = perturbation.apply(&row.text, seed ^ place as u64);
        }
        let answers = changed.ask(pipeline, |_| {})?;
        let after = Evaluation::of(&changed.judged(&answers), &pipeline.taxonomy, pipeline.bands(), &plain);
        let pairs = Question::ALL.into_iter().filter_map(|question| {
            let (before, after) = (before.one_of(question)?, after.one_of(question)?);
            let accuracy = after.accuracy.value;
            Some((question, Drop { accuracy, drop: before.accuracy.value - accuracy }))
        });
        Ok(Robustness { perturbation, questions: pairs.collect() })
    };
    Perturbation::ALL.into_iter().map(measure).collect()
}

/// A table: a line a kind of change, what it does to each question in points.
pub fn table(kinds: &[Robustness]) -> Vec<Vec<String>> {
    let Some(first) = kinds.first() else { return Vec::new() };
    let heading = std::iter::once("change".to_owned()).chain(first.questions.keys().map(|q| q.name().to_owned()));
    let line = |kind: &Robustness| {
        // Taken from zero, as the negative of no drop would be -0.0.
        let moves =
            kind.questions.values().map(|d| format!("{:.1} ({:+.1})", 100.0 * d.accuracy, 0.0 - 100.0 * d.drop));
        std::iter::once(kind.perturbation.name().to_owned()).chain(moves).collect()
    };
    std::iter::once(heading.collect()).chain(kinds.iter().map(line)).collect()
}
