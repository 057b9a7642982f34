use crate::{
    vector::{lanes, sum},
    vectorised,
};
use rayon::prelude::*;

/// Layer normalisation (Ba, Kiros and Hinton 2016).
pub struct Norm {
    weight: Vec<f32>,
    bias: Vec<f32>,
    eps: f32,
}

impl Norm {
    /// # Panics
    /// If weight and bias differ in length.
    pub fn new(weight: Vec<f32>, bias: Vec<f32>, eps: f32) -> Self {
        assert_eq!(weight.len(), bias.len(), "a norm's weight and bias differ in length");
        Norm { weight, bias, eps }
    }

    pub fn bias(&self) -> &[f32] {
        &self.bias
    }

    /// Normalises every row in place, shared among `parts` threads.
    pub fn apply(&self, values: &mut [f32], parts: usize) {
        let width = self.weight.len();
        if parts == 1 {
            return normalise(values, &self.weight, &self.bias, self.eps);
        }
        let task = (values.len() / width).div_ceil(parts).max(1) * width;
        values.par_chunks_mut(task).for_each(|rows| normalise(rows, &self.weight, &self.bias, self.eps));
    }
}

/// Mean and reciprocal standard deviation of a row.
#[inline(always)]
pub fn moments(row: &[f32], eps: f32) -> (f32, f32) {
    let n = row.len() as f32;
    let mean = sum(row) / n;
    let variance = lanes(row, 0.0, |sum, x| (x - mean).mul_add(x - mean, sum), |a, b| a + b) / n;
    (mean, 1.0 / (variance + eps).sqrt())
}

vectorised! {
    fn normalise(values: &mut [f32], weight: &[f32], bias: &[f32], eps: f32) {
        for row in values.chunks_exact_mut(weight.len()) {
            let (mean, scale) = moments(row, eps);
            for ((x, &w), &b) in row.iter_mut().zip(weight).zip(bias) {
                *x = ((*x - mean) * scale).mul_add(w, b);
            }
        }
    }
}
