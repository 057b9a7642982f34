//! From readings and targets to a model.

use super::{
    LinearModel, LinearRecipe,
    rows::Rows,
    solver::{Link, Problem, Schedule, Solution, solve},
    vocabulary::Vocabulary,
    weights::Weights,
};
use crate::{
    Error, Result,
    classify::{Answer, Head},
    data::{Target, Targets},
    segment::Reading,
    taxonomy::Taxonomy,
};
use rayon::prelude::*;

/// How one head was learnt.
#[derive(Debug, Clone, PartialEq)]
pub struct HeadFit {
    pub head: Head,
    /// Rows with a label for the head and a weight above 0.
    pub rows: usize,
    /// Passes over them.
    pub epochs: usize,
    /// How far the solution may be from the best one: the mean duality gap a row, in nats.
    pub gap: f32,
}

pub(super) fn fit(
    readings: &[Reading],
    targets: &[Targets],
    weights: Option<&[f32]>,
    taxonomy: &Taxonomy,
    recipe: &LinearRecipe,
) -> Result<(LinearModel, Vec<HeadFit>)> {
    if let Some(reason) = recipe.fault() {
        return Err(Error::Recipe { path: "linear".into(), reason });
    }
    let data = |reason: String| Error::Data { path: "training rows".into(), reason };
    if readings.len() != targets.len() || weights.is_some_and(|w| w.len() != readings.len()) {
        return Err(data(format!("{} texts, {} sets of labels", readings.len(), targets.len())));
    }
    let heads: Vec<Head> = Head::ALL
        .into_iter()
        .filter(|&head| head.width(taxonomy) > 0 && targets.iter().any(|t| t.get(head).is_some()))
        .collect();
    if heads.is_empty() {
        return Err(data("no row has a label that the taxonomy knows".into()));
    }
    let mut vocabulary = Vocabulary::learn(readings, recipe);
    let mut rows = vocabulary.rows(readings);
    let learn = |vocabulary: &Vocabulary, rows: &Rows, tolerance: f32| -> Vec<(usize, Solution)> {
        heads
            .par_iter()
            .map(|&head| {
                let problem = problem(head, rows, vocabulary.len() + 1, targets, weights, taxonomy, recipe);
                let schedule = Schedule { epochs: recipe.epochs, tolerance, seed: recipe.seed };
                (problem.width, solve(&problem, &schedule))
            })
            .collect()
    };
    if vocabulary.len() > recipe.keep_features {
        // To choose features, a rough solution is enough.
        let rough = learn(&vocabulary, &rows, recipe.tolerance * 10.0);
        vocabulary = vocabulary.keep(&strongest(&rough, &rows, vocabulary.len(), recipe.keep_features));
        rows = vocabulary.rows(readings);
    }
    let solutions = learn(&vocabulary, &rows, recipe.tolerance);
    let fits = heads
        .iter()
        .zip(&solutions)
        .map(|(&head, (_, solution))| HeadFit {
            head,
            rows: solution.rows,
            epochs: solution.epochs,
            gap: solution.gap,
        })
        .collect();
    let weights = Weights::join(&solutions, vocabulary.len());
    let widths = heads.iter().zip(&solutions).map(|(&head, (width, _))| (head, *width)).collect();
    Ok((LinearModel { heads: widths, vocabulary, weights }, fits))
}

fn problem<'a>(
    head: Head,
    rows: &'a Rows,
    features: usize,
    targets: &[Targets],
    weights: Option<&[f32]>,
    taxonomy: &Taxonomy,
    recipe: &LinearRecipe,
) -> Problem<'a> {
    let width = head.width(taxonomy);
    let mut problem = Problem {
        rows,
        features,
        labelled: Vec::new(),
        targets: Vec::new(),
        weights: Vec::new(),
        width,
        link: if head.answer() == Answer::OneOf { Link::Softmax } else { Link::Sigmoid },
        strength: recipe.strength_of(head),
    };
    for (row, target) in targets.iter().enumerate() {
        let Some(target) = target.get(head) else { continue };
        let weight = weights.map_or(1.0, |w| w[row]);
        if weight <= 0.0 {
            continue;
        }
        problem.labelled.push(row);
        problem.weights.push(weight);
        let start = problem.targets.len();
        problem.targets.resize(start + width, 0.0);
        let goal = &mut problem.targets[start..];
        match target {
            Target::Label(label) => {
                goal.fill(recipe.smoothing / width as f32);
                goal[*label] += 1.0 - recipe.smoothing;
            }
            Target::Labels(labels) => labels.iter().for_each(|&label| goal[label] = 1.0),
            Target::Value(value) => goal[0] = (value.clamp(-1.0, 1.0) + 1.0) / 2.0,
        }
    }
    problem
}

/// The ids of the features that move the logits of the training rows most: squared weights times squared values, summed.
fn strongest(solutions: &[(usize, Solution)], rows: &Rows, features: usize, keep: usize) -> Vec<usize> {
    let mut mass = vec![0.0f32; features + 1];
    for row in 0..rows.len() {
        for (id, value) in rows.row(row) {
            mass[id] += value * value;
        }
    }
    let mut ranked: Vec<(f32, usize)> = (0..features)
        .map(|id| {
            let squares: f32 = solutions
                .iter()
                .flat_map(|(width, solution)| &solution.weights[id * width..(id + 1) * width])
                .map(|w| w * w)
                .sum();
            (squares * mass[id], id)
        })
        .collect();
    ranked.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut ids: Vec<usize> = ranked.into_iter().take(keep).map(|(_, id)| id).collect();
    ids.sort_unstable();
    ids
}
