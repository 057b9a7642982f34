//! The weights of all heads, at 8 bits, side by side for each feature.

use super::solver::Solution;
use fenzhen_layers::vectorised;

/// `width` whole numbers in -127..=127 for each feature, and for each feature what one step is worth. The bias stays exact.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Weights {
    pub width: usize,
    pub steps: Vec<f32>,
    pub levels: Vec<i8>,
    pub bias: Vec<f32>,
}

impl Weights {
    /// Joins the heads' solutions, whose last feature is the bias, in the order given.
    pub fn join(heads: &[(usize, Solution)], features: usize) -> Self {
        let width = heads.iter().map(|(width, _)| width).sum();
        let mut weights = Weights { width, steps: Vec::with_capacity(features), levels: Vec::new(), bias: Vec::new() };
        weights.levels.reserve(features * width);
        let mut all = Vec::with_capacity(width);
        for feature in 0..=features {
            all.clear();
            for (width, solution) in heads {
                all.extend_from_slice(&solution.weights[feature * width..(feature + 1) * width]);
            }
            if feature == features {
                weights.bias.extend_from_slice(&all);
            } else {
                let largest = all.iter().fold(0.0f32, |largest, w| largest.max(w.abs()));
                let step = if largest > 0.0 { largest / 127.0 } else { 1.0 };
                weights.steps.push(step);
                weights.levels.extend(all.iter().map(|w| (w / step).round() as i8));
            }
        }
        weights
    }

    /// Sets `logits` to what a row of features gives.
    pub fn logits(&self, row: &[(u32, f32)], logits: &mut Vec<f32>) {
        logits.clear();
        logits.extend_from_slice(&self.bias);
        for &(id, value) in row {
            let id = id as usize;
            let value = value * self.steps[id];
            add(value, &self.levels[id * self.width..(id + 1) * self.width], logits);
        }
    }
}

vectorised! {
    fn add(value: f32, levels: &[i8], logits: &mut [f32]) {
        for (z, &level) in logits.iter_mut().zip(levels) {
            *z += value * f32::from(level);
        }
    }
}
