//! Parts of equal size, each to be answered by a model that learnt the others.

use super::super::{Method, Plan, Row, split};
use crate::{
    Result,
    classify::{
        Classifier, HeadValues,
        linear::{LinearModel, LinearRecipe},
    },
    data::{Entries, Targets},
    segment::Reading,
    taxonomy::Taxonomy,
};

/// The fold of every row, from 0. It follows from the hash of the text or the group: equal texts, near copies and rows of a
/// group share one, and rows that are added later do not move the others.
///
/// # Errors
/// A sentence where there are fewer than two folds.
pub fn folds(rows: &[Row], count: usize, seed: u64) -> Result<Vec<usize>, String> {
    if count < 2 {
        return Err("two folds at least: a model must never be asked about rows that it learnt".into());
    }
    let parts = (0..count).map(|fold| (fold.to_string(), 1.0)).collect();
    split(rows, &Plan { parts, method: Method::Hash, group: "group".into(), seed })
}

/// A linear model learnt from some of the rows.
pub fn fit(entries: &Entries, chosen: &[usize], taxonomy: &Taxonomy, recipe: &LinearRecipe) -> Result<LinearModel> {
    let readings: Vec<Reading> = chosen.iter().map(|&row| entries.readings[row].clone()).collect();
    let targets: Vec<Targets> = chosen.iter().map(|&row| entries.targets[row].clone()).collect();
    LinearModel::fit(&readings, &targets, taxonomy, recipe)
}

/// Probabilities of every row from a model that saw neither it nor its likes. `done` is told after every fold.
///
/// # Errors
/// As [`LinearModel::fit`].
pub fn out_of_fold(
    entries: &Entries,
    folds: &[usize],
    taxonomy: &Taxonomy,
    recipe: &LinearRecipe,
    done: &dyn Fn(usize),
) -> Result<Vec<HeadValues>> {
    let mut probabilities = vec![HeadValues::default(); entries.rows.len()];
    let count = folds.iter().max().map_or(0, |last| last + 1);
    for fold in 0..count {
        let (held, learnt): (Vec<usize>, Vec<usize>) = (0..folds.len()).partition(|&row| folds[row] == fold);
        // Few rows may leave a fold empty.
        if !held.is_empty() {
            let model = fit(entries, &learnt, taxonomy, recipe)?;
            let readings: Vec<&Reading> = held.iter().map(|&row| &entries.readings[row]).collect();
            for (row, answer) in held.into_iter().zip(model.predict_proba(&readings)?) {
                probabilities[row] = answer;
            }
        }
        done(fold + 1);
    }
    Ok(probabilities)
}
