//! Fits temperatures and blend weights on rows that the models have not learnt from.
//!
//! The logits of the blend are `a·u + b·v` with `u` and `v` the two models' numbers, `a` the weight over the temperature and
//! `b` the rest; the negative log-likelihood is convex in `(a, b)`, so a projected Newton's method finds the one minimum with
//! `a, b ≥ 0`. A temperature alone is the same with one of them. Where labels exclude each other, that says how the two models
//! share; the temperature is then the one whose probability of the *likeliest* label best tells whether that label is right
//! (its binary log-loss). Bands, budgets and people read that number, and on noisy labels the best likelihood of all labels
//! leaves it two or three points too high.

use super::{one_of::mean, reliability::Reliability};
use crate::{
    classify::{
        Answer, Head, Logits,
        calibration::{Blend, Calibration, Calibrations, comparable},
        sigmoid, softmax,
    },
    data::{Target, Targets},
};
use serde::{Deserialize, Serialize};

/// How much one head gained on the rows it was fitted on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gain {
    pub head: Head,
    pub rows: usize,
    pub temperature: f32,
    /// The transformer's share, where two models were blended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<f32>,
    /// Negative log-likelihood at temperature one (of a blend: in equal shares), and after.
    pub nll: (f64, f64),
    /// Expected calibration error, likewise.
    pub ece: (f64, f64),
}

/// A temperature a head for one model.
pub fn calibration(logits: &[Logits], targets: &[Targets]) -> (Calibration, Vec<Gain>) {
    let mut calibration = Calibration::default();
    let gains = Head::ALL
        .into_iter()
        .filter_map(|head| {
            let sample = Sample::of(head, &[logits], targets)?;
            let factor = sample.factor();
            calibration.temperatures.insert(head, (1.0 / factor) as f32);
            Some(sample.gain([1.0], [factor], None))
        })
        .collect();
    (calibration, gains)
}

/// A weight and a temperature a head for two models together.
pub fn blend(transformer: &[Logits], linear: &[Logits], targets: &[Targets]) -> (Blend, Vec<Gain>) {
    let mut blend = Blend::default();
    let gains = Head::ALL
        .into_iter()
        .filter_map(|head| {
            let Some(sample) = Sample::of(head, &[transformer, linear], targets) else {
                // Only one of the two answers this head, if any: then its own temperature serves.
                let sample =
                    Sample::of(head, &[transformer], targets).or_else(|| Sample::of(head, &[linear], targets))?;
                let factor = sample.factor();
                blend.calibration.temperatures.insert(head, (1.0 / factor) as f32);
                return Some(sample.gain([1.0], [factor], None));
            };
            let [a, b] = sample.honest(sample.fit(&[[0.5, 0.5], [1.0, 0.0], [0.0, 1.0]]));
            let weight = (a / (a + b)) as f32;
            blend.weights.insert(head, weight);
            blend.calibration.temperatures.insert(head, (1.0 / (a + b)) as f32);
            let gain = sample.gain([0.5, 0.5], [a, b], Some(weight));
            if let Some((together, apart)) = sample.by_agreement(a / (a + b)) {
                blend.calibration.temperatures.insert(head, (1.0 / together) as f32);
                blend.doubt.insert(head, (apart / together) as f32);
            }
            Some(gain)
        })
        .collect();
    (blend, gains)
}

/// Everything that a bundle with both models needs.
pub fn calibrations(transformer: &[Logits], linear: &[Logits], targets: &[Targets]) -> Calibrations {
    Calibrations {
        transformer: calibration(transformer, targets).0,
        linear: calibration(linear, targets).0,
        both: blend(transformer, linear, targets).0,
    }
}

/// The rows of one head that have a target, with the numbers of one or two models.
struct Sample {
    head: Head,
    width: usize,
    /// For each model, `width` numbers a row.
    inputs: Vec<Vec<f32>>,
    /// `width` numbers in [0, 1] a row.
    goals: Vec<f32>,
}

impl Sample {
    /// Nothing where no row has both a target and an answer of every model.
    fn of(head: Head, models: &[&[Logits]], targets: &[Targets]) -> Option<Self> {
        let mut sample = Sample { head, width: 0, inputs: vec![Vec::new(); models.len()], goals: Vec::new() };
        for (row, target) in targets.iter().enumerate() {
            let Some(target) = target.get(head) else { continue };
            let width = models.iter().filter_map(|model| Some(model.get(row)?[head].len())).min().unwrap_or(0);
            if width == 0 {
                continue;
            }
            sample.width = width;
            for (input, model) in sample.inputs.iter_mut().zip(models) {
                input.extend(comparable(head, &model[row][head]));
            }
            let start = sample.goals.len();
            sample.goals.resize(start + width, 0.0);
            let goals = &mut sample.goals[start..];
            match target {
                Target::Label(label) => goals[*label] = 1.0,
                Target::Labels(labels) => labels.iter().for_each(|&label| goals[label] = 1.0),
                Target::Value(value) => goals[0] = (value.clamp(-1.0, 1.0) + 1.0) / 2.0,
            }
        }
        (!sample.goals.is_empty()).then_some(sample)
    }

    /// Calls `each` with the inputs, the probabilities and the goals of every row.
    fn rows<const N: usize>(&self, factors: [f64; N], mut each: impl FnMut([&[f32]; N], &[f32], &[f32])) {
        let mut logits = vec![0.0f32; self.width];
        for (row, goals) in self.goals.chunks_exact(self.width).enumerate() {
            let inputs: [&[f32]; N] =
                std::array::from_fn(|model| &self.inputs[model][row * self.width..(row + 1) * self.width]);
            for (k, z) in logits.iter_mut().enumerate() {
                *z = (0..N).map(|model| factors[model] * f64::from(inputs[model][k])).sum::<f64>() as f32;
            }
            let probabilities = match self.head.answer() {
                Answer::OneOf => softmax(&logits),
                Answer::AnyOf | Answer::Scalar => logits.iter().map(|&z| sigmoid(z)).collect(),
            };
            each(inputs, &probabilities, goals);
        }
    }

    /// Of two models blended with a weight: the factor where they name the same label and where they do not. Nothing where
    /// either kind has too few rows to tell, or labels do not exclude each other.
    fn by_agreement(&self, weight: f64) -> Option<(f64, f64)> {
        const LEAST: usize = 50;
        if self.head.answer() != Answer::OneOf {
            return None;
        }
        let part = || Sample { head: self.head, width: self.width, inputs: vec![Vec::new()], goals: Vec::new() };
        let (mut together, mut apart) = (part(), part());
        for (row, goals) in self.goals.chunks_exact(self.width).enumerate() {
            let of = |model: usize| &self.inputs[model][row * self.width..(row + 1) * self.width];
            let best = |values: &[f32]| (0..self.width).fold(0, |b, k| if values[k] > values[b] { k } else { b });
            let (first, second) = (of(0), of(1));
            let part = if best(first) == best(second) { &mut together } else { &mut apart };
            let blended =
                first.iter().zip(second).map(|(&u, &v)| (weight * f64::from(u) + (1.0 - weight) * f64::from(v)) as f32);
            part.inputs[0].extend(blended);
            part.goals.extend_from_slice(goals);
        }
        let enough = |part: &Sample| part.goals.len() >= LEAST * self.width;
        (enough(&together) && enough(&apart)).then(|| (together.factor(), apart.factor()))
    }

    /// The inverse of the temperature of one model.
    fn factor(&self) -> f64 {
        self.honest(self.fit(&[[1.0]]))[0]
    }

    /// The same factors times the number that makes the likeliest label's probability tell best whether it is right.
    fn honest<const N: usize>(&self, factors: [f64; N]) -> [f64; N] {
        if self.head.answer() != Answer::OneOf {
            return factors;
        }
        // The loss may have several valleys in the logarithm of the number: steps find the deepest, golden sections its bottom.
        const STEP: f64 = 0.1;
        let scaled = |x: f64| clamped(factors.map(|factor| factor * x.exp()));
        let loss = |x: f64| self.doubt_of_the_best(scaled(x));
        let steps = (-15..=15).map(|i| f64::from(i) * STEP);
        let best = steps.map(|x| (x, loss(x))).min_by(|a, b| a.1.total_cmp(&b.1)).map_or(0.0, |(x, _)| x);
        let golden = (5f64.sqrt() - 1.0) / 2.0;
        let (mut low, mut high) = (best - STEP, best + STEP);
        for _ in 0..24 {
            let (left, right) = (high - golden * (high - low), low + golden * (high - low));
            if loss(left) < loss(right) { high = right } else { low = left }
        }
        let found = 0.5 * (low + high);
        if loss(found) < loss(0.0) { scaled(found) } else { factors }
    }

    /// Mean log-loss of the likeliest label's probability as that of its being right.
    fn doubt_of_the_best<const N: usize>(&self, factors: [f64; N]) -> f64 {
        let mut sum = 0.0;
        self.rows(factors, |_, probabilities, goals| {
            let best = (0..self.width).fold(0, |b, k| if probabilities[k] > probabilities[b] { k } else { b });
            let p = f64::from(probabilities[best]).clamp(1e-7, 1.0 - 1e-7);
            sum -= if goals[best] > 0.5 { p.ln() } else { (1.0 - p).ln() };
        });
        sum * self.width as f64 / self.goals.len() as f64
    }

    /// Mean negative log-likelihood a row.
    fn nll<const N: usize>(&self, factors: [f64; N]) -> f64 {
        let exclusive = self.head.answer() == Answer::OneOf;
        let mut sum = 0.0;
        self.rows(factors, |_, probabilities, goals| {
            for (&p, &goal) in probabilities.iter().zip(goals) {
                let (p, goal) = (f64::from(p), f64::from(goal));
                sum -= goal * p.max(1e-30).ln();
                if !exclusive {
                    sum -= (1.0 - goal) * (1.0 - p).max(1e-30).ln();
                }
            }
        });
        sum * self.width as f64 / self.goals.len() as f64
    }

    /// The factors of the inputs that minimise the negative log-likelihood: the best of the descents from `starts`. Where one
    /// factor ends at 0, a descent that begins there is exact while one from the middle only creeps towards it.
    fn fit<const N: usize>(&self, starts: &[[f64; N]]) -> [f64; N] {
        let ends = starts.iter().map(|&start| self.descend(start));
        ends.min_by(|a, b| a.1.total_cmp(&b.1)).map_or([1.0; N], |(factors, _)| factors)
    }

    fn descend<const N: usize>(&self, start: [f64; N]) -> ([f64; N], f64) {
        let mut factors = start;
        let mut nll = self.nll(factors);
        for _ in 0..50 {
            let (slope, curve) = self.derivatives(factors);
            let step = newton(factors, slope, curve);
            let shares = std::iter::successors(Some(1.0), |share| Some(share / 2.0)).take(14);
            let better = shares
                .map(|share| clamped(std::array::from_fn(|i| factors[i] + share * step[i])))
                .map(|next| (next, self.nll(next)))
                .find(|(_, value)| *value < nll);
            let Some((next, value)) = better else { break };
            let gained = nll - value;
            (factors, nll) = (next, value);
            if gained < 1e-9 {
                break;
            }
        }
        (factors, nll)
    }

    /// Slope and curvature of the negative log-likelihood in the factors.
    fn derivatives<const N: usize>(&self, factors: [f64; N]) -> ([f64; N], [[f64; N]; N]) {
        let exclusive = self.head.answer() == Answer::OneOf;
        let (mut slope, mut curve) = ([0.0; N], [[0.0; N]; N]);
        self.rows(factors, |inputs, probabilities, goals| {
            let means: [f64; N] = std::array::from_fn(|i| {
                if exclusive { inputs[i].iter().zip(probabilities).map(|(u, p)| f64::from(u * p)).sum() } else { 0.0 }
            });
            for k in 0..self.width {
                let (p, goal) = (f64::from(probabilities[k]), f64::from(goals[k]));
                let spread = if exclusive { p } else { p * (1.0 - p) };
                let u: [f64; N] = std::array::from_fn(|i| f64::from(inputs[i][k]) - means[i]);
                for i in 0..N {
                    slope[i] += (p - goal) * f64::from(inputs[i][k]);
                    for j in 0..N {
                        curve[i][j] += spread * u[i] * u[j];
                    }
                }
            }
        });
        let rows = self.goals.len() as f64 / self.width as f64;
        (slope.map(|s| s / rows), curve.map(|row| row.map(|c| c / rows)))
    }

    fn gain<const N: usize>(&self, before: [f64; N], after: [f64; N], weight: Option<f32>) -> Gain {
        Gain {
            head: self.head,
            rows: self.goals.len() / self.width,
            temperature: (1.0 / after.iter().sum::<f64>()) as f32,
            weight,
            nll: (self.nll(before), self.nll(after)),
            ece: (self.ece(before), self.ece(after)),
        }
    }

    /// Of the likeliest label where labels exclude each other, else of every label. A number counts by its sign; its middle
    /// says nothing either way and is left out.
    fn ece<const N: usize>(&self, factors: [f64; N]) -> f64 {
        let mut pairs = Vec::new();
        self.rows(factors, |_, probabilities, goals| match self.head.answer() {
            Answer::OneOf => {
                let best = (0..self.width).fold(0, |b, k| if probabilities[k] > probabilities[b] { k } else { b });
                pairs.push((probabilities[best], goals[best] > 0.5));
            }
            Answer::AnyOf => pairs.extend(probabilities.iter().copied().zip(goals.iter().map(|g| *g > 0.5))),
            Answer::Scalar if goals[0] == 0.5 => {}
            Answer::Scalar => pairs.push((probabilities[0], goals[0] > 0.5)),
        });
        Reliability::of(&pairs).ece
    }
}

/// The Newton step, with factors that stand at 0 and want below it held there; damped where the curvature is flat.
fn newton<const N: usize>(factors: [f64; N], slope: [f64; N], curve: [[f64; N]; N]) -> [f64; N] {
    let free: Vec<usize> = (0..N).filter(|&i| factors[i] > 0.0 || slope[i] < 0.0).collect();
    let damping = 1e-6 + 1e-6 * mean((0..N).map(|i| curve[i][i]));
    let mut step = [0.0; N];
    match free[..] {
        [i] => step[i] = -slope[i] / (curve[i][i] + damping),
        [i, j] => {
            let (a, b, c) = (curve[i][i] + damping, curve[i][j], curve[j][j] + damping);
            let determinant = a * c - b * b;
            step[i] = (b * slope[j] - c * slope[i]) / determinant;
            step[j] = (b * slope[i] - a * slope[j]) / determinant;
        }
        _ => {}
    }
    step
}

/// No factor below 0, and their sum, the inverse of the temperature, between 0.05 and 20: a sample that a model gets all right
/// would drive it to infinity, one that it gets all wrong to nothing.
fn clamped<const N: usize>(factors: [f64; N]) -> [f64; N] {
    let factors = factors.map(|factor| factor.max(0.0));
    let sum: f64 = factors.iter().sum();
    if sum > 0.0 { factors.map(|factor| factor * sum.clamp(0.05, 20.0) / sum) } else { [0.05 / N as f64; N] }
}
