//! Fits a bundle's bands: thresholds within an error budget, candidate sets, and from where an any-of label is told.

use super::budget::{Budget, Cut, Outcome, threshold};
use crate::{
    classify::{Answer, Head, Prediction},
    data::{Target, Targets},
    decide::{Bands, HeadBands},
};

/// A person confirms, instead of deciding afresh, where at most this share would be wrong.
const SUGGEST: f64 = 0.25;
/// How often a candidate set holds the right label.
const HELD: f64 = 0.9;

/// The bands that these rows can show; no model may have learnt from them.
pub fn fit(predictions: &[Prediction], targets: &[Targets], budget: Budget) -> Bands {
    let mut bands = Bands::default();
    for head in Head::ALL {
        match head.answer() {
            Answer::OneOf => {
                let outcomes = outcomes(head, predictions, targets);
                if !outcomes.is_empty() {
                    let candidate = candidate(head, predictions, targets);
                    bands.heads.insert(head, of_head(&outcomes, candidate, budget));
                }
            }
            Answer::AnyOf => {
                if let Some(told) = told(head, predictions, targets) {
                    bands.told.insert(head, told);
                }
            }
            Answer::Scalar => {}
        }
    }
    bands
}

fn of_head(outcomes: &[Outcome], candidate: f32, budget: Budget) -> HeadBands {
    let cut = threshold(outcomes, budget);
    let suggest = threshold(outcomes, Budget { max_error: SUGGEST.max(budget.max_error), ..budget });
    HeadBands {
        max_error: budget.max_error,
        confidence: budget.confidence,
        rows: outcomes.len(),
        auto: cut.map(|cut| cut.threshold),
        suggest: suggest.map_or(1.0, |cut| cut.threshold),
        coverage: cut.map_or(0.0, |cut| cut.coverage),
        error: cut.map_or(0.0, |cut| cut.error),
        candidate,
    }
}

/// How sure a head was of its best label on each labelled row, and whether it was right.
pub fn outcomes(head: Head, predictions: &[Prediction], targets: &[Targets]) -> Vec<Outcome> {
    let rows = predictions.iter().zip(targets);
    rows.filter_map(|(prediction, target)| {
        let (best, probability) = prediction.best(head)?;
        Some(Outcome { probability, right: target.label(head)? == best })
    })
    .collect()
}

/// What a head's automatic band lets through on other rows.
pub fn measure(bands: &Bands, head: Head, predictions: &[Prediction], targets: &[Targets]) -> Cut {
    let auto = bands.heads.get(&head).and_then(|b| b.auto).unwrap_or(f32::INFINITY);
    Cut::at(auto, &outcomes(head, predictions, targets))
}

/// The probability from which on labels belong to the candidate set: of the right labels' probabilities, the one that nine in
/// ten (with the finite-sample correction) reach.
fn candidate(head: Head, predictions: &[Prediction], targets: &[Targets]) -> f32 {
    let mut right: Vec<f32> = predictions
        .iter()
        .zip(targets)
        .filter_map(|(prediction, target)| prediction[head].get(target.label(head)?).copied())
        .collect();
    right.sort_by(f32::total_cmp);
    let below = ((right.len() + 1) as f64 * (1.0 - HELD)).floor() as usize;
    below.checked_sub(1).and_then(|place| right.get(place)).copied().unwrap_or(0.0)
}

/// The threshold with the best F1 over all labels of a head; of equals the highest. A label that is right less than once in
/// four is not worth telling, whatever F1 says. Nothing where no label ever holds.
fn told(head: Head, predictions: &[Prediction], targets: &[Targets]) -> Option<f32> {
    let mut pairs: Vec<(f32, bool)> = Vec::new();
    for (prediction, target) in predictions.iter().zip(targets) {
        let Some(Target::Labels(gold)) = target.get(head) else { continue };
        pairs.extend(prediction[head].iter().enumerate().map(|(label, &p)| (p, gold.contains(&label))));
    }
    let right = pairs.iter().filter(|(_, right)| *right).count();
    if right == 0 {
        return None;
    }
    let f1 = |threshold: f32| {
        let told = pairs.iter().filter(|(p, _)| *p >= threshold);
        let (told, hits) = told.fold((0, 0), |(n, hits), (_, right)| (n + 1, hits + usize::from(*right)));
        2.0 * hits as f64 / (told + right) as f64
    };
    let grid = (5..=18).map(|i| i as f32 * 0.05);
    grid.map(|t| (t, f1(t))).max_by(|a, b| a.1.total_cmp(&b.1).then(a.0.total_cmp(&b.0))).map(|(t, _)| t)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(head: Head, values: Vec<f32>) -> Prediction {
        let mut prediction = Prediction::default();
        prediction[head] = values;
        prediction
    }

    fn labelled(head: Head, target: Target) -> Targets {
        let mut targets = Targets::default();
        targets.set(head, target);
        targets
    }

    /// 400 rows of a department head: sure ones of which one in 75 is wrong, unsure ones that are right half the time.
    fn department() -> (Vec<Prediction>, Vec<Targets>) {
        let head = Head::Department;
        (0..400)
            .map(|i| {
                let (p, wrong) = if i % 4 != 0 { (0.95, i % 100 == 1) } else { (0.5, i % 8 == 0) };
                let prediction = row(head, vec![p, (1.0 - p) * 0.8, (1.0 - p) * 0.2]);
                (prediction, labelled(head, Target::Label(usize::from(wrong))))
            })
            .unzip()
    }

    #[test]
    fn sure_rows_are_let_through_and_unsure_ones_are_not() {
        let (predictions, targets) = department();
        let bands = fit(&predictions, &targets, Budget { max_error: 0.05, confidence: 0.9 });
        let head = bands.heads[&Head::Department];
        assert!(head.auto.is_some_and(|t| t > 0.5 && t <= 0.95), "{head:?}");
        assert!((head.coverage - 0.75).abs() < 1e-9 && head.error < 0.05, "{head:?}");
        assert!(head.suggest <= 0.5, "{head:?}");
        assert_eq!(measure(&bands, Head::Department, &predictions, &targets).coverage, head.coverage);
        assert!(bands.fault().is_none());
    }

    #[test]
    fn nine_of_ten_candidate_sets_hold_the_right_label() {
        let (predictions, targets) = department();
        let candidate = candidate(Head::Department, &predictions, &targets);
        let held = predictions
            .iter()
            .zip(&targets)
            .filter(|(p, t)| p[Head::Department][t.label(Head::Department).unwrap()] >= candidate);
        assert!(held.count() >= 360);
    }

    #[test]
    fn an_any_of_label_is_told_from_where_it_pays() {
        let head = Head::Flags;
        let (predictions, targets): (Vec<_>, Vec<_>) = (0..100)
            .map(|i| {
                // Right labels get 0.35, wrong ones 0.15: at one half nothing would ever be told.
                let gold = if i % 3 == 0 { vec![1] } else { vec![] };
                let values = if i % 3 == 0 { vec![0.15, 0.35] } else { vec![0.15, 0.1] };
                (row(head, values), labelled(head, Target::Labels(gold)))
            })
            .unzip();
        let told = told(head, &predictions, &targets).unwrap();
        assert!(told > 0.15 && told <= 0.35, "{told}");
    }
}
