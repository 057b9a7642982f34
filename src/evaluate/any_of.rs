//! Measures questions that may have any number of right labels.

use super::{
    confusion::{ClassScores, ratio},
    interval::{Bootstrap, Interval},
    one_of::mean,
    reliability::Reliability,
};
use serde::{Deserialize, Serialize};

/// The measurements of an any-of question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnyOf {
    pub rows: usize,
    /// A label counts as predicted from this probability on: where the bundle begins to tell it.
    #[serde(default = "half")]
    pub threshold: f32,
    /// F1 over all labels of all rows.
    pub micro_f1: Interval,
    /// Mean F1 of the labels that occur.
    pub macro_f1: Interval,
    /// Share of rows whose labels are all right and none missing.
    pub exact: f64,
    /// Mean average precision of the labels that occur: the area under precision over recall, whatever the threshold.
    pub average_precision: f64,
    /// Mean of `-ln p` of what is true, a label and row.
    pub nll: f64,
    /// Of the probabilities of all labels.
    pub reliability: Reliability,
    pub classes: Vec<ClassScores>,
}

/// Where labels were told in what was measured before thresholds were kept.
fn half() -> f32 {
    0.5
}

impl AnyOf {
    /// From the right labels and the probabilities of each row.
    pub fn of(rows: &[(Vec<bool>, Vec<f32>)], labels: &[String], threshold: f32, bootstrap: &Bootstrap) -> Self {
        let width = labels.len();
        // Rightly predicted, predicted, right: a triple a label.
        let count = |rows: &mut dyn Iterator<Item = &(Vec<bool>, Vec<f32>)>| {
            let mut counts = vec![[0u32; 3]; width];
            for (gold, probabilities) in rows {
                for ((count, &right), &p) in counts.iter_mut().zip(gold).zip(probabilities) {
                    let predicted = p >= threshold;
                    count[0] += u32::from(predicted && right);
                    count[1] += u32::from(predicted);
                    count[2] += u32::from(right);
                }
            }
            counts
        };
        let [micro_f1, macro_f1] = bootstrap.intervals(rows.len(), |indices| {
            let counts = count(&mut indices.map(|i| &rows[i]));
            let sum = |which: usize| counts.iter().map(|c| c[which]).sum::<u32>();
            let occurring = counts.iter().filter(|c| c[1] + c[2] > 0);
            [ratio(2 * sum(0), sum(1) + sum(2)), mean(occurring.map(|c| ratio(2 * c[0], c[1] + c[2])))]
        });
        let counts = count(&mut rows.iter());
        let pairs: Vec<(f32, bool)> =
            rows.iter().flat_map(|(gold, p)| p.iter().copied().zip(gold.iter().copied())).collect();
        AnyOf {
            rows: rows.len(),
            threshold,
            micro_f1,
            macro_f1,
            exact: mean(
                rows.iter()
                    .map(|(gold, p)| f64::from(gold.iter().zip(p).all(|(right, p)| *right == (*p >= threshold)))),
            ),
            average_precision: mean(
                (0..width)
                    .filter(|&k| counts[k][2] > 0)
                    .map(|k| average_precision(rows.iter().map(|(gold, p)| (p[k], gold[k])).collect())),
            ),
            nll: mean(pairs.iter().map(|&(p, right)| -f64::from(if right { p } else { 1.0 - p }).max(1e-12).ln())),
            reliability: Reliability::of(&pairs),
            classes: labels.iter().zip(&counts).map(|(label, c)| ClassScores::of(label, c[0], c[1], c[2])).collect(),
        }
    }
}

/// `Σ (recall step) · precision` down the list sorted by probability; equal probabilities are one step. 0 without a right row.
pub fn average_precision(mut pairs: Vec<(f32, bool)>) -> f64 {
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
    let positives = pairs.iter().filter(|(_, right)| *right).count() as f64;
    let (mut seen, mut hits, mut area) = (0.0, 0.0, 0.0);
    for step in pairs.chunk_by(|a, b| a.0 == b.0) {
        let new = step.iter().filter(|(_, right)| *right).count() as f64;
        seen += step.len() as f64;
        hits += new;
        area += new * hits / seen;
    }
    if positives > 0.0 { area / positives } else { 0.0 }
}
