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

    #[test]
    fn the_odds_of_counts_are_found() {
        // Of 30 rows with x = 1 twenty are true, of 30 with x = 0 ten: the log-odds are ln 2 and -ln 2.
        let rows: Vec<Vec<f32>> = (0..60).map(|i| vec![if i < 30 { 1.0 } else { 0.0 }]).collect();
        let truth: Vec<bool> = (0..60).map(|i| i < 20 || (30..40).contains(&i)).collect();
        let found = separate(&rows, &truth, &[1.0; 60], 1e-3);
        assert!((found[1] + 2.0f32.ln()).abs() < 0.03 && (found[0] - 2.0 * 2.0f32.ln()).abs() < 0.05, "{found:?}");
    }

    #[test]
    fn what_is_told_apart_wholly_keeps_finite_weights() {
        let rows = [vec![-2.0], vec![-1.5], vec![1.5], vec![2.0]];
        let found = separate(&rows, &[false, false, true, true], &[1.0; 4], 1.0);
        assert!(found.iter().all(|w| w.is_finite()) && found[0] > 0.1, "{found:?}");
    }
}
