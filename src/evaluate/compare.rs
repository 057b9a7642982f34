//! Two models on the same rows: what one gets right that the other does not, and whether that could be chance.

use super::{
    Judged, Question,
    budget::at_most,
    confusion::ratio,
    interval::{Bootstrap, Interval},
    one_of::{Answered, Probabilities},
};
use crate::{
    classify::{Answer, Head},
    data::Target,
    taxonomy::Taxonomy,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// The second model against the first, question by question, on the rows that both answered.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Comparison {
    pub rows: usize,
    /// Questions with exactly one right answer, the sign of the sentiment among them.
    pub questions: BTreeMap<Question, Change>,
    /// Questions that the first model answers and the second does not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unanswered: Vec<Question>,
}

/// How one question fared. Shares lie between 0 and 1; differences are the second model less the first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Rows that have a right answer.
    pub rows: usize,
    /// Accuracy of the first model and of the second.
    pub accuracy: [f64; 2],
    /// Difference of the accuracies; each resample of the interval draws the same rows for both.
    pub difference: Interval,
    pub counts: Counts,
    /// Recall of the most urgent level, where the labels are levels of urgency and a row has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub urgent: Option<Urgent>,
    /// Expected calibration error of both; absent for an answer without probabilities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ece: Option<[f64; 2]>,
    /// Mean of `-ln p(right label)` of both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nll: Option<[f64; 2]>,
    /// The labels that some row has as its right one.
    pub classes: Vec<ClassChange>,
}

/// Who was right (McNemar: Note on the sampling error of the difference between correlated proportions, 1947).
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Counts {
    pub both: u32,
    pub only_first: u32,
    pub only_second: u32,
    pub neither: u32,
    /// The chance of counts at least this uneven between two models of which each is as often right alone as the other; exact
    /// and two-sided.
    pub p: f64,
}

/// Recall of the most urgent level.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Urgent {
    pub rows: u32,
    pub recall: [f64; 2],
    pub difference: Interval,
}

/// Recall of one label.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassChange {
    pub label: String,
    pub rows: u32,
    pub recall: [f64; 2],
}

/// The right label of a row, and which of the two models found it.
type Trial = (usize, [bool; 2]);

impl Comparison {
    /// From the answers of both models to each row.
    pub fn of(pairs: &[[Judged; 2]], taxonomy: &Taxonomy, bootstrap: &Bootstrap) -> Self {
        let mut comparison = Comparison { rows: pairs.len(), ..Default::default() };
        for question in Question::ALL {
            let (trials, answered, labels) = match question.head().answer() {
                Answer::OneOf => {
                    let pairs: Vec<[Option<Answered>; 2]> =
                        pairs.iter().map(|pair| pair.map(|row| question.answer(&row, taxonomy))).collect();
                    if pairs.iter().any(|[first, second]| first.is_some() && second.is_none()) {
                        comparison.unanswered.push(question);
                    }
                    let answered: Vec<[Answered; 2]> =
                        pairs.into_iter().filter_map(|[first, second]| Some([first?, second?])).collect();
                    let right = |answered: &Answered| answered.gold == answered.predicted;
                    let trials: Vec<Trial> =
                        answered.iter().map(|pair| (pair[0].gold, [right(&pair[0]), right(&pair[1])])).collect();
                    (trials, answered, question.labels(taxonomy))
                }
                Answer::Scalar => {
                    if pairs.iter().any(|pair| lost(question.head(), pair)) {
                        comparison.unanswered.push(question);
                    }
                    let signs = pairs.iter().filter_map(|pair| signs(question.head(), pair)).collect();
                    (signs, Vec::new(), vec!["negative".to_owned(), "positive".to_owned()])
                }
                Answer::AnyOf => continue,
            };
            if !trials.is_empty() {
                let change = Change::of(&trials, &labels, question.head() == Head::Priority, bootstrap);
                comparison.questions.insert(question, change.with_probabilities(&answered));
            }
        }
        comparison
    }
}

/// Whether only the first model gave a number.
fn lost(head: Head, pair: &[Judged; 2]) -> bool {
    pair[0].gold.get(head).is_some() && !pair[0].prediction[head].is_empty() && pair[1].prediction[head].is_empty()
}

/// The sign of a number that is not 0 (0 negative, 1 positive), and who gave it.
fn signs(head: Head, pair: &[Judged; 2]) -> Option<Trial> {
    let Some(&Target::Value(gold)) = pair[0].gold.get(head) else { return None };
    let [first, second] = [pair[0].prediction[head].first()?, pair[1].prediction[head].first()?];
    (gold != 0.0).then(|| (usize::from(gold > 0.0), [gold * first > 0.0, gold * second > 0.0]))
}

impl Change {
    fn of(trials: &[Trial], labels: &[String], urgency: bool, bootstrap: &Bootstrap) -> Self {
        let [first, second, difference, recall, other, urgent] = bootstrap.intervals(trials.len(), |rows| {
            let (mut count, mut right, mut urgent, mut found) = (0u32, [0u32; 2], 0u32, [0u32; 2]);
            for row in rows {
                let (gold, answers) = trials[row];
                count += 1;
                urgent += u32::from(gold == 0);
                for model in 0..2 {
                    right[model] += u32::from(answers[model]);
                    found[model] += u32::from(answers[model] && gold == 0);
                }
            }
            let [a, b] = right.map(|right| ratio(right, count));
            // A resample without a row of the level measures no recall.
            let [c, d] = found.map(|found| if urgent > 0 { ratio(found, urgent) } else { f64::NAN });
            [a, b, b - a, c, d, d - c]
        });
        let mut counts = Counts::default();
        let mut classes: Vec<(u32, [u32; 2])> = vec![Default::default(); labels.len()];
        for &(gold, answers) in trials {
            match answers {
                [true, true] => counts.both += 1,
                [true, false] => counts.only_first += 1,
                [false, true] => counts.only_second += 1,
                [false, false] => counts.neither += 1,
            }
            classes[gold].0 += 1;
            (0..2).for_each(|model| classes[gold].1[model] += u32::from(answers[model]));
        }
        counts.p = mcnemar(counts.only_first, counts.only_second);
        let recall = [recall.value, other.value];
        Change {
            rows: trials.len(),
            accuracy: [first.value, second.value],
            difference,
            counts,
            urgent: (urgency && classes[0].0 > 0).then(|| Urgent { rows: classes[0].0, recall, difference: urgent }),
            ece: None,
            nll: None,
            classes: labels
                .iter()
                .zip(classes)
                .filter(|(_, (rows, _))| *rows > 0)
                .map(|(label, (rows, found))| ClassChange {
                    label: label.clone(),
                    rows,
                    recall: found.map(|found| ratio(found, rows)),
                })
                .collect(),
        }
    }

    /// The same with the quality of the probabilities, where there are any.
    fn with_probabilities(self, answered: &[[Answered; 2]]) -> Self {
        let (first, second): (Vec<Answered>, Vec<Answered>) = answered.iter().cloned().map(|[a, b]| (a, b)).unzip();
        match (Probabilities::of(&first), Probabilities::of(&second)) {
            (Some(a), Some(b)) if !answered.is_empty() => {
                Change { ece: Some([a.reliability.ece, b.reliability.ece]), nll: Some([a.nll, b.nll]), ..self }
            }
            _ => self,
        }
    }

    /// The label whose recall fell most, among those with at least so many rows; nothing where none fell.
    pub fn worst(&self, rows: u32) -> Option<&ClassChange> {
        let fallen = self.classes.iter().filter(|class| class.rows >= rows && class.gain() < 0.0);
        fallen.min_by(|a, b| a.gain().total_cmp(&b.gain()))
    }
}

impl ClassChange {
    /// Recall of the second model less that of the first.
    pub fn gain(&self) -> f64 {
        self.recall[1] - self.recall[0]
    }
}

/// The exact test on the rows that only one of the two got right: a fair coin decides each.
fn mcnemar(only_first: u32, only_second: u32) -> f64 {
    let tail = at_most(only_first.min(only_second) as usize, (only_first + only_second) as usize, 0.5);
    (2.0 * tail).min(1.0)
}

#[cfg(test)]
mod tests;
