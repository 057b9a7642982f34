//! Whether probabilities can be believed: of the rows said to be right with probability 0.8, are 8 in 10 right?

use super::one_of::mean;
use serde::{Deserialize, Serialize};

/// Number of bins, in both ways of making them.
pub const BINS: usize = 15;

/// The rows whose probability lies in one range.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    pub low: f64,
    pub high: f64,
    pub rows: u32,
    /// Mean probability said.
    pub said: f64,
    /// Share that was right.
    pub right: f64,
}

/// Calibration in numbers (Naeini and others: Obtaining well calibrated probabilities using Bayesian binning, 2015).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reliability {
    /// Expected calibration error: the mean distance between said and right, over bins of equal width.
    pub ece: f64,
    /// What `ece` would be on average if the probabilities were right, with so few rows: shares of small bins stray by chance. Zero in
    /// what was measured before it was told.
    #[serde(default)]
    pub chance: f64,
    /// `ece` over bins of equally many rows.
    pub adaptive_ece: f64,
    /// The bins of equal width; empty ones too.
    pub bins: Vec<Bin>,
}

impl Reliability {
    /// From pairs of the probability said and whether it came true.
    pub fn of(pairs: &[(f32, bool)]) -> Self {
        let mut groups: Vec<Vec<(f32, bool)>> = vec![Vec::new(); BINS];
        for &(said, right) in pairs {
            groups[((said.clamp(0.0, 1.0) * BINS as f32) as usize).min(BINS - 1)].push((said, right));
        }
        let bins: Vec<Bin> = groups
            .iter()
            .enumerate()
            .map(|(i, group)| bin(group, i as f64 / BINS as f64, (i + 1) as f64 / BINS as f64))
            .collect();
        let mut sorted = pairs.to_vec();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
        let rows = sorted.len();
        let equal: Vec<Bin> = (0..BINS)
            .map(|i| &sorted[i * rows / BINS..(i + 1) * rows / BINS])
            .filter(|group| !group.is_empty())
            .map(|group| bin(group, f64::from(group[0].0), f64::from(group[group.len() - 1].0)))
            .collect();
        Reliability { ece: error(&bins), chance: chance(&groups), adaptive_ece: error(&equal), bins }
    }
}

fn bin(group: &[(f32, bool)], low: f64, high: f64) -> Bin {
    let said = mean(group.iter().map(|(said, _)| f64::from(*said)));
    let right = mean(group.iter().map(|(_, right)| f64::from(u8::from(*right))));
    Bin { low, high, rows: group.len() as u32, said, right }
}

fn error(bins: &[Bin]) -> f64 {
    let rows: u32 = bins.iter().map(|bin| bin.rows).sum();
    let sum: f64 = bins.iter().map(|bin| f64::from(bin.rows) * (bin.said - bin.right).abs()).sum();
    if rows == 0 { 0.0 } else { sum / f64::from(rows) }
}

/// The mean distance that chance alone leaves: how many of a bin come true is a sum of coins thrown with the probabilities that were said,
/// nearly normal, so its mean deviation is √(2/π) of its standard deviation.
fn chance(groups: &[Vec<(f32, bool)>]) -> f64 {
    let coin = |&(said, _): &(f32, bool)| f64::from(said) * (1.0 - f64::from(said));
    let strays: f64 = groups.iter().map(|group| group.iter().map(coin).sum::<f64>().max(0.0).sqrt()).sum();
    let rows: usize = groups.iter().map(Vec::len).sum();
    (2.0 / std::f64::consts::PI).sqrt() * strays / rows.max(1) as f64
}
