//! Learns the direction in which foreign texts lie.

use super::Scope;
use crate::classify::linear::separate;

/// A foreign text: its kind (advertisement, headline …) and its pooled vector.
#[derive(Debug, Clone, PartialEq)]
pub struct Foreign {
    pub kind: String,
    pub pooled: Vec<f32>,
}

/// The penalty of half the squared weights, chosen by leaving out kinds of foreign text.
const PENALTY: f32 = 100.0;
/// So many texts of a kind count fully; of more, each counts less, so that a large file does not decide alone.
const OF_A_KIND: f32 = 60.0;

/// Learns from the vectors of complaints and of foreign texts; `unseen` are complaints of which the scores are shares, and must
/// be others. `outside` are the categories that the rows leave out. Deterministic.
pub fn fit(complaints: &[Vec<f32>], foreign: &[Foreign], unseen: &[Vec<f32>], outside: &[String]) -> Scope {
    let (weights, bias) = direction(complaints, foreign);
    let mut scope = Scope { outside: outside.to_vec(), weights, bias, complaints: Vec::new() };
    scope.complaints = unseen.iter().map(|pooled| scope.leaning(pooled)).collect();
    scope.complaints.sort_by(f32::total_cmp);
    scope
}

/// Weights and bias that tell foreign texts from complaints; both sides count alike.
fn direction(complaints: &[Vec<f32>], foreign: &[Foreign]) -> (Vec<f32>, f32) {
    let width = complaints.first().map_or(0, Vec::len);
    // In units of the complaints' own spread, or the penalty would weigh on small numbers most.
    let count = complaints.len().max(1) as f64;
    let means: Vec<f64> =
        (0..width).map(|k| complaints.iter().map(|row| f64::from(row[k])).sum::<f64>() / count).collect();
    let spread = |k: usize| {
        let squares: f64 = complaints.iter().map(|row| (f64::from(row[k]) - means[k]).powi(2)).sum();
        (squares / count).sqrt() + 1e-6
    };
    let spreads: Vec<f64> = (0..width).map(spread).collect();
    let scaled = |row: &[f32]| -> Vec<f32> {
        (0..width).map(|k| ((f64::from(row[k]) - means[k]) / spreads[k]) as f32).collect()
    };
    let of_kind = |kind: &str| foreign.iter().filter(|text| text.kind == kind).count() as f32;
    let counts: Vec<f32> = foreign.iter().map(|text| (OF_A_KIND / of_kind(&text.kind)).min(1.0)).collect();
    let even = complaints.len() as f32 / counts.iter().sum::<f32>().max(1.0);
    let rows: Vec<Vec<f32>> =
        complaints.iter().map(|row| scaled(row)).chain(foreign.iter().map(|text| scaled(&text.pooled))).collect();
    let truth: Vec<bool> = (0..rows.len()).map(|place| place >= complaints.len()).collect();
    let weights: Vec<f32> =
        std::iter::repeat_n(1.0, complaints.len()).chain(counts.iter().map(|count| count * even)).collect();
    let found = separate(&rows, &truth, &weights, PENALTY);
    let (bias, scaled) = found.split_last().map_or((0.0, &[][..]), |(bias, weights)| (*bias, weights));
    let weights: Vec<f64> = scaled.iter().zip(&spreads).map(|(w, spread)| f64::from(*w) / spread).collect();
    let shift: f64 = weights.iter().zip(&means).map(|(w, mean)| w * mean).sum();
    (weights.into_iter().map(|w| w as f32).collect(), (f64::from(bias) - shift) as f32)
}
