//! The weights of all heads, at 8 bits, side by side for each feature.

use super::solver::Solution;
use fenzhen_layers::vectorised;

/// Logits that are summed together: they stay in registers from the first feature of a row to the last.
const BLOCK: usize = 32;

/// `width` whole numbers in -127..=127 for each feature, and for each feature what one step is worth. The bias stays exact.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Weights {
    pub width: usize,
    pub steps: Vec<f32>,
    /// Each feature's numbers, with zeros up to whole blocks.
    levels: Vec<i8>,
    pub bias: Vec<f32>,
}

impl Weights {
    /// From numbers without zeros between: `levels` has `width`, the length of `bias`, for each of the `steps`.
    pub fn new(levels: &[i8], steps: Vec<f32>, bias: Vec<f32>) -> Self {
        let width = bias.len();
        let padded = width.next_multiple_of(BLOCK);
        let mut all = vec![0; steps.len() * padded];
        if width > 0 {
            all.chunks_exact_mut(padded)
                .zip(levels.chunks_exact(width))
                .for_each(|(to, of)| to[..width].copy_from_slice(of));
        }
        Weights { width, steps, levels: all, bias }
    }

    /// A feature's numbers.
    pub fn levels(&self, id: usize) -> &[i8] {
        &self.levels[id * self.width.next_multiple_of(BLOCK)..][..self.width]
    }

    /// Joins the heads' solutions, whose last feature is the bias, in the order given.
    pub fn join(heads: &[(usize, Solution)], features: usize) -> Self {
        let width: usize = heads.iter().map(|(width, _)| width).sum();
        let (mut steps, mut levels, mut bias) =
            (Vec::with_capacity(features), Vec::with_capacity(features * width), Vec::new());
        let mut all = Vec::with_capacity(width);
        for feature in 0..=features {
            all.clear();
            for (width, solution) in heads {
                all.extend_from_slice(&solution.weights[feature * width..(feature + 1) * width]);
            }
            if feature == features {
                bias.extend_from_slice(&all);
            } else {
                let largest = all.iter().fold(0.0f32, |largest, w| largest.max(w.abs()));
                let step = if largest > 0.0 { largest / 127.0 } else { 1.0 };
                steps.push(step);
                levels.extend(all.iter().map(|w| (w / step).round() as i8));
            }
        }
        Self::new(&levels, steps, bias)
    }

    /// Sets `logits` to what a row of features gives.
    pub fn logits(&self, row: &[(u32, f32)], logits: &mut Vec<f32>) {
        logits.clear();
        logits.extend_from_slice(&self.bias);
        logits.resize(self.width.next_multiple_of(BLOCK), 0.0);
        add_row(row, &self.steps, &self.levels, logits);
        logits.truncate(self.width);
    }
}

vectorised! {
    /// Adds a row to logits in whole blocks.
    fn add_row(row: &[(u32, f32)], steps: &[f32], levels: &[i8], logits: &mut [f32]) {
        let padded = logits.len();
        for (block, logits) in logits.as_chunks_mut::<BLOCK>().0.iter_mut().enumerate() {
            let mut sums = [0.0f32; BLOCK];
            for &(id, value) in row {
                let value = value * steps[id as usize];
                let levels: &[i8; BLOCK] = levels[id as usize * padded + block * BLOCK..].first_chunk().expect("whole blocks");
                for k in 0..BLOCK {
                    sums[k] += value * f32::from(levels[k]);
                }
            }
            logits.iter_mut().zip(&sums).for_each(|(z, sum)| *z += sum);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn blocks_of_logits_are_the_plain_sums(
            width in 1usize..80,
            levels in prop::collection::vec(any::<i8>(), 400),
            row in prop::collection::vec((0u32..5, -2.0f32..2.0), 0..9),
        ) {
            let steps = vec![0.5f32, 0.1, 0.02, 1.0, 0.3];
            let bias: Vec<f32> = (0..width).map(|k| k as f32 / 10.0).collect();
            let weights = Weights::new(&levels[..5 * width], steps.clone(), bias.clone());
            let mut got = Vec::new();
            weights.logits(&row, &mut got);
            prop_assert_eq!(got.len(), width);
            for k in 0..width {
                let term = |&(id, value): &(u32, f32)| {
                    f64::from(value * steps[id as usize]) * f64::from(weights.levels(id as usize)[k])
                };
                let want = f64::from(bias[k]) + row.iter().map(term).sum::<f64>();
                prop_assert!((f64::from(got[k]) - want).abs() < 1e-2, "{} not {want}", got[k]);
            }
        }
    }
}
