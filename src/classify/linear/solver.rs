//! Learns the weights of one head: L2-penalised logistic regression over sparse rows, by dual coordinate ascent.
//!
//! With `s` a row's weight, `y` its target and `p = softmax(Wx)` (or a sigmoid a label), the problem is
//! `min Σ s·cross_entropy(y, p) + λ/2·‖W‖²`. Its dual has one distribution `a` a row, `W = 1/λ · Σ s (y − a) xᵀ`, and the gap
//! between the two is `Σ s·KL(a ‖ p)`: zero exactly when every `a` equals its `p`. A step maximises the dual over the `a` of
//! one row, exactly, so there is no learning rate. For the softmax the maximum is found with the Wright omega function
//! (Lapin, Hein, Schiele: Loss functions for top-k error, CVPR 2016); for a sigmoid in one dimension (Yu, Huang, Lin: Dual
//! coordinate descent methods for logistic regression and maximum entropy models, 2011).

use super::rows::Rows;
use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

/// Whether the labels of a head exclude each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    Softmax,
    Sigmoid,
}

/// What one head learns from.
pub(super) struct Problem<'a> {
    pub rows: &'a Rows,
    /// Number of features, the bias among them.
    pub features: usize,
    /// The rows that have a target.
    pub labelled: Vec<usize>,
    /// `width` numbers in [0, 1] for each of `labelled`.
    pub targets: Vec<f32>,
    /// How much each of `labelled` counts.
    pub weights: Vec<f32>,
    pub width: usize,
    pub link: Link,
    /// The inverse of λ.
    pub strength: f32,
}

/// When to stop, and in what order the rows come.
pub(super) struct Schedule {
    pub epochs: usize,
    pub tolerance: f32,
    pub seed: u64,
}

/// The weights, `width` for each feature one after the other, and how they were reached.
#[derive(Debug, Clone)]
pub(super) struct Solution {
    pub weights: Vec<f32>,
    /// Rows it was learnt from.
    pub rows: usize,
    pub epochs: usize,
    /// The mean duality gap a row in the last epoch, in nats.
    pub gap: f32,
}

pub(super) fn solve(problem: &Problem, schedule: &Schedule) -> Solution {
    let width = problem.width;
    let mut weights = vec![0.0f32; problem.features * width];
    // Starting from the targets' neighbourhood would leave W at zero but the gap infinite; the uniform answer is neutral.
    let start = match problem.link {
        Link::Softmax => 1.0 / width as f32,
        Link::Sigmoid => 0.5,
    };
    let mut duals = vec![start; problem.labelled.len() * width];
    let mut change = vec![0.0f32; width];
    for (place, &row) in problem.labelled.iter().enumerate() {
        let scale = problem.strength * problem.weights[place];
        for (k, c) in change.iter_mut().enumerate() {
            *c = scale * (problem.targets[place * width + k] - start);
        }
        add(&mut weights, problem.rows, row, &change);
    }
    let mut order: Vec<usize> = (0..problem.labelled.len()).collect();
    let mut random = ChaCha8Rng::seed_from_u64(schedule.seed);
    let mut logits = vec![0.0f32; width];
    let mut better = vec![0.0f32; width];
    let mut solution = Solution { weights: Vec::new(), rows: order.len(), epochs: 0, gap: f32::INFINITY };
    while solution.epochs < schedule.epochs && solution.gap > schedule.tolerance {
        order.shuffle(&mut random);
        let mut gap = 0.0f64;
        for &place in &order {
            let row = problem.labelled[place];
            logits.fill(0.0);
            for (id, value) in problem.rows.row(row) {
                let from = &weights[id * width..(id + 1) * width];
                for (z, w) in logits.iter_mut().zip(from) {
                    *z += value * w;
                }
            }
            let scale = problem.strength * problem.weights[place];
            let pull = scale * problem.rows.square(row);
            let dual = &mut duals[place * width..(place + 1) * width];
            gap += f64::from(match problem.link {
                Link::Softmax => softmax_step(&logits, dual, pull, &mut better),
                Link::Sigmoid => sigmoid_steps(&logits, dual, pull, &mut better),
            });
            for k in 0..width {
                change[k] = scale * (dual[k] - better[k]);
            }
            dual.copy_from_slice(&better);
            add(&mut weights, problem.rows, row, &change);
        }
        solution.gap = (gap / problem.labelled.len().max(1) as f64) as f32;
        solution.epochs += 1;
    }
    solution.weights = weights;
    solution
}

fn add(weights: &mut [f32], rows: &Rows, row: usize, change: &[f32]) {
    let width = change.len();
    for (id, value) in rows.row(row) {
        for (w, c) in weights[id * width..(id + 1) * width].iter_mut().zip(change) {
            *w += value * c;
        }
    }
}

/// Puts into `better` the distribution that minimises `Σ a ln a − ⟨a, z⟩ + pull/2 ‖a − dual‖²`, and returns the gap before,
/// `KL(dual ‖ softmax(z))`.
///
/// At the minimum `ln a + pull·a = z + pull·dual + ν` for every label, with ν such that the sum is one: each `a` is a Wright
/// omega, increasing and convex in ν, so Newton's method finds ν from above.
fn softmax_step(logits: &[f32], dual: &[f32], pull: f32, better: &mut [f32]) -> f32 {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let log_sum = max + logits.iter().map(|z| (z - max).exp()).sum::<f32>().ln();
    let gap: f32 =
        dual.iter().zip(logits).map(|(&a, z)| if a > 0.0 { a * (a.ln() - (z - log_sum)) } else { 0.0 }).sum();
    let pull = pull.max(1e-6);
    let log_pull = pull.ln();
    let mut shift = -log_sum;
    for _ in 0..30 {
        let (mut sum, mut slope) = (0.0f32, 0.0f32);
        for ((b, z), a) in better.iter_mut().zip(logits).zip(dual) {
            let omega = wright_omega(z + pull * a + shift + log_pull);
            *b = omega / pull;
            sum += *b;
            slope += *b / (1.0 + omega);
        }
        let step = (sum - 1.0) / slope;
        if (sum - 1.0).abs() < 1e-5 {
            break;
        }
        // The slope vanishes far below the root; a bounded step comes back from there.
        shift -= step.clamp(-4.0, 4.0);
    }
    let sum: f32 = better.iter().sum();
    better.iter_mut().for_each(|b| *b /= sum);
    gap.max(0.0)
}

/// The same for labels that do not exclude each other: for each, `logit(a) + pull·(a − dual) = z`.
fn sigmoid_steps(logits: &[f32], dual: &[f32], pull: f32, better: &mut [f32]) -> f32 {
    let mut gap = 0.0;
    for ((b, &z), &a) in better.iter_mut().zip(logits).zip(dual) {
        // Kullback-Leibler of two coins, with ln σ(z) written so that it does not overflow.
        let (yes, no) = (-softplus(-z), -softplus(z));
        gap += a * (a.max(1e-30).ln() - yes) + (1.0 - a) * ((1.0 - a).max(1e-30).ln() - no);
        let (mut low, mut high) = (z - pull * (1.0 - a), z + pull * a);
        let mut u = z.clamp(low, high);
        for _ in 0..30 {
            let p = crate::classify::sigmoid(u);
            let error = u + pull * (p - a) - z;
            if error.abs() < 1e-5 {
                break;
            }
            if error > 0.0 {
                high = u
            } else {
                low = u
            }
            let next = u - error / (1.0 + pull * p * (1.0 - p));
            u = if next > low && next < high { next } else { (low + high) / 2.0 };
        }
        *b = crate::classify::sigmoid(u);
    }
    gap.max(0.0)
}

fn softplus(z: f32) -> f32 {
    z.max(0.0) + (-z.abs()).exp().ln_1p()
}

/// The solution `w > 0` of `w + ln w = y`, to about six digits (Fritsch, Shafer, Crowley: Algorithm 443, 1973).
fn wright_omega(y: f32) -> f32 {
    if y < -15.0 {
        return y.exp();
    }
    let mut w = if y > 1.5 { y - y.ln() } else { (y.exp()).min(0.6 + 0.35 * y.max(-1.0)) };
    for _ in 0..2 {
        let rest = y - w - w.ln();
        let next = 1.0 + w;
        let curve = 2.0 * next * (next + 2.0 / 3.0 * rest);
        w *= 1.0 + rest / next * (curve - rest) / (curve - 2.0 * rest);
    }
    w
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn wright_omega_solves_its_equation() {
        for step in -400..4000 {
            let y = step as f32 / 20.0;
            let w = wright_omega(y);
            assert!(w > 0.0, "at {y}: {w}");
            assert!((w + w.ln() - y).abs() < 2e-5 * y.abs().max(1.0), "at {y}: {w}");
        }
    }

    /// Random rows of a few features each, with a bias, as the model has them.
    fn rows(count: usize, features: usize, seed: u64) -> Rows {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut rows = Rows::new();
        for _ in 0..count {
            let mut row: Vec<(u32, f32)> =
                (0..features as u32).filter(|_| random.random_bool(0.3)).map(|id| (id, 0.0)).collect();
            row.iter_mut().for_each(|(_, value)| *value = random.random_range(0.1..1.0));
            row.push((features as u32, 1.0));
            rows.push(&row);
        }
        rows
    }

    fn problem(rows: &Rows, features: usize, width: usize, link: Link, strength: f32) -> Problem<'_> {
        let mut random = ChaCha8Rng::seed_from_u64(11);
        let mut targets = vec![0.0; rows.len() * width];
        for goal in targets.chunks_mut(width) {
            match link {
                Link::Softmax => goal[random.random_range(0..width)] = 1.0,
                Link::Sigmoid => goal.iter_mut().for_each(|g| *g = random.random_range(0.0..1.0)),
            }
        }
        let weights = (0..rows.len()).map(|_| random.random_range(0.5..2.0)).collect();
        Problem {
            rows,
            features: features + 1,
            labelled: (0..rows.len()).collect(),
            targets,
            weights,
            width,
            link,
            strength,
        }
    }

    /// At the optimum the slope of the penalised loss is zero in every weight: an oracle that knows nothing of duals.
    #[test]
    fn the_solution_is_the_minimum_of_the_penalised_loss() {
        let features = 20;
        let rows = rows(60, features, 3);
        for (link, width) in [(Link::Softmax, 5), (Link::Softmax, 2), (Link::Sigmoid, 3)] {
            for strength in [0.5, 10.0] {
                let problem = problem(&rows, features, width, link, strength);
                let solution = solve(&problem, &Schedule { epochs: 500, tolerance: 1e-7, seed: 1 });
                let mut slope: Vec<f32> = solution.weights.iter().map(|w| w / strength).collect();
                for place in 0..rows.len() {
                    let mut logits = vec![0.0; width];
                    for (id, value) in rows.row(place) {
                        for (z, w) in logits.iter_mut().zip(&solution.weights[id * width..]) {
                            *z += value * w;
                        }
                    }
                    let p = match link {
                        Link::Softmax => crate::classify::softmax(&logits),
                        Link::Sigmoid => logits.iter().map(|&z| crate::classify::sigmoid(z)).collect(),
                    };
                    for (id, value) in rows.row(place) {
                        for k in 0..width {
                            let error = p[k] - problem.targets[place * width + k];
                            slope[id * width + k] += problem.weights[place] * error * value;
                        }
                    }
                }
                let steepest = slope.iter().fold(0.0f32, |most, s| most.max(s.abs()));
                assert!(steepest < 5e-3, "{link:?} {width} {strength}: {steepest} after {}", solution.epochs);
            }
        }
    }

    #[test]
    fn a_row_of_weight_two_counts_as_two_rows() {
        let features = 12;
        let single = rows(30, features, 5);
        let mut weighted = problem(&single, features, 4, Link::Softmax, 2.0);
        weighted.weights = (0..30).map(|i| if i < 10 { 2.0 } else { 1.0 }).collect();
        let mut doubled = problem(&single, features, 4, Link::Softmax, 2.0);
        doubled.weights = vec![1.0; 40];
        doubled.labelled.extend(0..10);
        doubled.targets.extend_from_within(..40);
        let schedule = Schedule { epochs: 300, tolerance: 1e-7, seed: 1 };
        let (a, b) = (solve(&weighted, &schedule).weights, solve(&doubled, &schedule).weights);
        assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 5e-3));
    }

    #[test]
    fn a_problem_without_rows_has_no_weights_to_learn() {
        let rows = Rows::new();
        let mut empty = problem(&rows, 3, 2, Link::Softmax, 1.0);
        empty.labelled.clear();
        let solution = solve(&empty, &Schedule { epochs: 5, tolerance: 1e-3, seed: 1 });
        assert_eq!(solution.weights, vec![0.0; 8]);
        assert_eq!(solution.gap, 0.0);
    }
}
