use super::{
    rows::Rows,
    solver::{Link, Problem, Schedule, solve},
};

/// The value of the feature that carries the bias: large, so that the penalty hardly touches it.
const BIAS: f32 = 10.0;

/// The weights and, last, the bias of a logistic regression that tells the dense rows with `true` from the others. Rows count as
/// their weights say; `penalty` is that of half the squared weights. The same rows give the same weights, bit for bit.
pub(crate) fn separate(rows: &[Vec<f32>], truth: &[bool], weights: &[f32], penalty: f32) -> Vec<f32> {
    let width = rows.first().map_or(0, Vec::len);
    let mut sparse = Rows::new();
    for row in rows {
        let numbers = row.iter().copied().chain([BIAS]);
        sparse.push(&(0..).zip(numbers).collect::<Vec<(u32, f32)>>());
    }
    let problem = Problem {
        rows: &sparse,
        features: width + 1,
        labelled: (0..rows.len()).collect(),
        targets: truth.iter().map(|&truth| f32::from(u8::from(truth))).collect(),
        weights: weights.to_vec(),
        width: 1,
        link: Link::Sigmoid,
        strength: 1.0 / penalty,
    };
    let mut found = solve(&problem, &Schedule { epochs: 300, tolerance: 1e-4, seed: 17 }).weights;
    if let Some(bias) = found.last_mut() {
        *bias *= BIAS;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::sigmoid;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn the_slope_is_nothing_where_it_ends() {
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let rows: Vec<Vec<f32>> =
            (0..200).map(|_| (0..3).map(|_| random.random_range(-1.0f32..1.0)).collect()).collect();
        let truth: Vec<bool> =
            rows.iter().map(|row| row[0] - row[1] / 2.0 + random.random_range(-0.7..0.7) > 0.2).collect();
        let weights: Vec<f32> = truth.iter().map(|&truth| if truth { 1.5 } else { 1.0 }).collect();
        let found = separate(&rows, &truth, &weights, 5.0);
        // penalty · w = Σ weight · (y - p) · x at the optimum, and for the bias nearly without the left side.
        let mut slope = [0.0f32; 4];
        for ((row, truth), weight) in rows.iter().zip(&truth).zip(&weights) {
            let z: f32 = found[3] + row.iter().zip(&found).map(|(x, w)| x * w).sum::<f32>();
            let pull = weight * (f32::from(u8::from(*truth)) - sigmoid(z));
            slope.iter_mut().zip(row.iter().chain(&[1.0])).for_each(|(slope, x)| *slope += pull * x);
        }
        for k in 0..3 {
            assert!((slope[k] - 5.0 * found[k]).abs() < 0.2, "{k}: {slope:?} at {found:?}");
        }
        assert!(slope[3].abs() < 0.3 && found[0] > 1.0 && found[1] < -0.3, "{slope:?} at {found:?}");
    }

    #[test]
    fn what_is_told_apart_wholly_keeps_finite_weights() {
        let rows = [vec![-2.0], vec![-1.5], vec![1.5], vec![2.0]];
        let found = separate(&rows, &[false, false, true, true], &[1.0; 4], 1.0);
        assert!(found.iter().all(|w| w.is_finite()) && found[0] > 0.1, "{found:?}");
    }
}
