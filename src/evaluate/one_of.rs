//! Measures questions that have exactly one right label.

use super::{
    budget::Outcome,
    confusion::{ClassScores, Confusion},
    curve::Curve,
    interval::{Bootstrap, Interval},
    reliability::Reliability,
};
use serde::{Deserialize, Serialize};

/// One answer: the right label, the predicted one, and the probabilities of all where there are any.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    pub gold: usize,
    pub predicted: usize,
    pub probabilities: Vec<f32>,
}

impl Answered {
    /// The likeliest label is the predicted one; of equals, the first.
    pub fn likeliest(gold: usize, probabilities: Vec<f32>) -> Self {
        let best = |best: usize, k: usize| if probabilities[k] > probabilities[best] { k } else { best };
        Answered { gold, predicted: (0..probabilities.len()).fold(0, best), probabilities }
    }
}

/// What the labels are besides names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Labels without an order.
    None,
    /// Levels of urgency, the most urgent first.
    Urgency,
    /// Levels 0, 1, 2 …
    Levels,
}

/// The measurements of a one-of question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OneOf {
    /// Rows that have a right label.
    pub rows: usize,
    pub accuracy: Interval,
    /// Mean F1 of the labels that occur.
    pub macro_f1: Interval,
    pub weighted_f1: f64,
    /// Recall of the most urgent level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urgent_recall: Option<Interval>,
    /// Cohen's kappa with quadratic weights, where labels are steps of a scale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quadratic_kappa: Option<f64>,
    /// Mean distance, in steps, between the right level and the expected one, where labels are levels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_error: Option<f64>,
    /// Absent where the answer is a level without probabilities.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probabilities: Option<Probabilities>,
    pub classes: Vec<ClassScores>,
    pub confusion: Confusion,
}

/// How good the probabilities are, not only the likeliest label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Probabilities {
    /// How often the right label is among the three likeliest.
    pub top3: f64,
    /// Mean of `-ln p(right label)`.
    pub nll: f64,
    /// Mean squared distance between the probabilities and the truth, 0 to 2.
    pub brier: f64,
    /// Of the probability of the predicted label.
    pub reliability: Reliability,
    /// What answering only where that probability is high would cost and buy; empty in files written before it was measured.
    #[serde(default, skip_serializing_if = "Curve::is_empty")]
    pub curve: Curve,
}

impl OneOf {
    pub fn of(answers: &[Answered], labels: Vec<String>, scale: Scale, bootstrap: &Bootstrap) -> Self {
        let mut confusion = Confusion::new(labels);
        let [accuracy, macro_f1, urgent_recall] = bootstrap.intervals(answers.len(), |rows| {
            confusion.clear();
            for row in rows {
                confusion.add(answers[row].gold, answers[row].predicted);
            }
            let urgent = if confusion.support(0) > 0 { confusion.recall(0) } else { f64::NAN };
            [confusion.accuracy(), confusion.macro_f1(), urgent]
        });
        confusion.clear();
        answers.iter().for_each(|answer| confusion.add(answer.gold, answer.predicted));
        OneOf {
            rows: answers.len(),
            accuracy,
            macro_f1,
            weighted_f1: confusion.weighted_f1(),
            urgent_recall: (scale == Scale::Urgency && urgent_recall.value.is_finite()).then_some(urgent_recall),
            quadratic_kappa: (scale != Scale::None).then(|| confusion.quadratic_kappa()),
            mean_error: (scale == Scale::Levels).then(|| mean(answers.iter().map(level_error))),
            probabilities: Probabilities::of(answers),
            classes: confusion.classes(),
            confusion,
        }
    }
}

impl Probabilities {
    /// Nothing where an answer has no probabilities.
    pub(super) fn of(answers: &[Answered]) -> Option<Self> {
        if answers.iter().any(|answer| answer.probabilities.is_empty()) {
            return None;
        }
        let right = |answer: &Answered| f64::from(answer.probabilities[answer.gold]);
        let pairs: Vec<(f32, bool)> =
            answers.iter().map(|a| (a.probabilities[a.predicted], a.predicted == a.gold)).collect();
        let outcomes: Vec<Outcome> = pairs.iter().map(|&(probability, right)| Outcome { probability, right }).collect();
        Some(Probabilities {
            top3: mean(answers.iter().map(|answer| {
                let p = answer.probabilities[answer.gold];
                // Of equals the earlier label counts as the likelier one, as everywhere.
                let likelier = |(k, q): (usize, &f32)| *q > p || (*q == p && k < answer.gold);
                f64::from(answer.probabilities.iter().enumerate().filter(|&x| likelier(x)).count() < 3)
            })),
            nll: mean(answers.iter().map(|answer| -right(answer).max(1e-12).ln())),
            brier: mean(answers.iter().map(|answer| {
                let squares: f64 = answer.probabilities.iter().map(|p| f64::from(*p).powi(2)).sum();
                squares - 2.0 * right(answer) + 1.0
            })),
            reliability: Reliability::of(&pairs),
            curve: Curve::of(&outcomes),
        })
    }
}

fn level_error(answer: &Answered) -> f64 {
    let expected = if answer.probabilities.is_empty() {
        answer.predicted as f64
    } else {
        answer.probabilities.iter().enumerate().map(|(k, p)| k as f64 * f64::from(*p)).sum()
    };
    (expected - answer.gold as f64).abs()
}

/// The mean; 0 of nothing.
pub(super) fn mean(numbers: impl Iterator<Item = f64>) -> f64 {
    let (count, sum) = numbers.fold((0u32, 0.0), |(count, sum), number| (count + 1, sum + number));
    if count == 0 { 0.0 } else { sum / f64::from(count) }
}
