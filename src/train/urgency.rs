//! Fits the points of a policy to labelled complaints: an ordinal regression over the signal vector.

use crate::policy::POINTS_A_UNIT;

/// One labelled complaint: its signal vector and its level (0 is the most urgent).
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    pub values: Vec<f32>,
    pub level: usize,
}

/// How the fit is held.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hold {
    /// Points that one unit of log-odds is worth.
    pub scale: f64,
    /// How far, in points, a weight may reasonably move from where it stood: the prior's standard deviation.
    pub leeway: f64,
    /// What missing the most urgent level costs, against 1 for any other miss.
    pub urgent_cost: f64,
}

impl Default for Hold {
    fn default() -> Self {
        Hold { scale: POINTS_A_UNIT.into(), leeway: 4.0, urgent_cost: 1.0 }
    }
}

/// Fitted points a unit of each signal, and the points from which each level but the last begins (falling).
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    pub weights: Vec<f64>,
    pub begins: Vec<f64>,
}

const STEPS: usize = 4000;

/// Proportional odds (McCullagh 1980): the log-odds that a complaint is at least as urgent as level `k` are its points less
/// `begins[k]`, over the scale. The weights are drawn towards where they stood (a normal prior), so a signal that the samples
/// say little about keeps its points, and one that never fires keeps them exactly. Deterministic.
pub fn fit(samples: &[Sample], weights: &[f64], begins: &[f64], hold: Hold) -> Fit {
    let mut at: Vec<f64> = weights.iter().chain(begins).copied().collect();
    let prior = at.clone();
    let (mut first, mut second) = (vec![0.0; at.len()], vec![0.0; at.len()]);
    for step in 1..=STEPS {
        let mut grad = gradient(samples, &at, weights.len(), hold);
        for (i, g) in grad.iter_mut().enumerate().take(weights.len()) {
            *g += (at[i] - prior[i]) / (hold.leeway * hold.leeway);
        }
        // Adam (Kingma and Ba 2015) with a rate that falls to zero: full batches, so nothing is random.
        let rate = 0.2 * (1.0 - step as f64 / STEPS as f64);
        for (i, g) in grad.iter().enumerate() {
            first[i] = 0.9 * first[i] + 0.1 * g;
            second[i] = 0.99 * second[i] + 0.01 * g * g;
            let mean = first[i] / (1.0 - 0.9f64.powi(step as i32));
            let spread = (second[i] / (1.0 - 0.99f64.powi(step as i32))).sqrt();
            at[i] -= rate * mean / (spread + 1e-9);
        }
    }
    let begins = at.split_off(weights.len());
    Fit { weights: at, begins }
}

/// Gradient of the negative log-likelihood with respect to weights and begins.
fn gradient(samples: &[Sample], at: &[f64], weights: usize, hold: Hold) -> Vec<f64> {
    let mut grad = vec![0.0; at.len()];
    let begins = &at[weights..];
    for sample in samples {
        let points: f64 = sample.values.iter().zip(at).map(|(v, w)| *v as f64 * w).sum();
        // P(at least as urgent as k), with 0 before the first level and 1 after the last.
        let reach = |k: usize| if k < begins.len() { sigmoid((points - begins[k]) / hold.scale) } else { 1.0 };
        let upper = reach(sample.level);
        let lower = if sample.level == 0 { 0.0 } else { reach(sample.level - 1) };
        let share = (upper - lower).max(1e-9);
        let slope = |p: f64| p * (1.0 - p) / hold.scale;
        let (up, down) = (if sample.level < begins.len() { slope(upper) } else { 0.0 }, slope(lower));
        let cost = if sample.level == 0 { hold.urgent_cost } else { 1.0 };
        let by_points = -cost * (up - down) / share;
        for (g, v) in grad.iter_mut().zip(&sample.values) {
            *g += by_points * *v as f64;
        }
        if sample.level < begins.len() {
            grad[weights + sample.level] += cost * up / share;
        }
        if sample.level > 0 {
            grad[weights + sample.level - 1] -= cost * down / share;
        }
    }
    grad
}

fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

/// The level of a number of points: the first whose begin it reaches.
pub fn level(points: f64, begins: &[f64]) -> usize {
    begins.iter().position(|&begin| points >= begin).unwrap_or(begins.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};

    /// Complaints whose level follows true weights: 30 for the first signal, 0 for the second.
    fn samples() -> Vec<Sample> {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(4);
        (0..2000)
            .map(|_| {
                let values: Vec<f32> = (0..2).map(|_| f32::from(u8::from(rng.random_bool(0.4)))).chain([0.0]).collect();
                let u: f64 = rng.random_range(0.001..0.999);
                let noise = 8.0 * (u / (1.0 - u)).ln();
                Sample { level: level(30.0 * values[0] as f64 + 10.0 + noise, &[35.0, 15.0]), values }
            })
            .collect()
    }

    #[test]
    fn it_finds_the_weights_that_made_the_labels() {
        let hold = Hold { leeway: 100.0, ..Hold::default() };
        let fit = fit(&samples(), &[10.0, 10.0, 7.0], &[30.0, 10.0], hold);
        assert!((fit.weights[0] - 30.0).abs() < 4.0, "{fit:?}");
        assert!(fit.weights[1].abs() < 3.0, "{fit:?}");
        assert!((fit.begins[0] - fit.begins[1] - 20.0).abs() < 3.0, "{fit:?}");
    }

    #[test]
    fn a_signal_that_never_fires_keeps_its_points() {
        let fit = fit(&samples(), &[10.0, 10.0, 7.0], &[30.0, 10.0], Hold::default());
        assert_eq!(fit.weights[2], 7.0);
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        let samples = &samples()[..50];
        let at = [12.0, 5.0, 1.0, 33.0, 14.0];
        let loss = |at: &[f64]| -> f64 {
            let likelihood = |s: &Sample| {
                let points: f64 = s.values.iter().zip(at).map(|(v, w)| *v as f64 * w).sum();
                let reach = |k: usize| if k < 2 { sigmoid((points - at[3 + k]) / 8.0) } else { 1.0 };
                -(reach(s.level) - if s.level == 0 { 0.0 } else { reach(s.level - 1) }).ln()
            };
            samples.iter().map(likelihood).sum()
        };
        let grad = gradient(samples, &at, 3, Hold::default());
        for i in 0..5 {
            let (mut up, mut down) = (at, at);
            up[i] += 1e-5;
            down[i] -= 1e-5;
            let want = (loss(&up) - loss(&down)) / 2e-5;
            assert!((grad[i] - want).abs() < 1e-4, "{i}: {} not {want}", grad[i]);
        }
    }
}
