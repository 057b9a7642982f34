use super::recipe::OptimizerRecipe;
use crate::{Error, Result};
use candle_core::{CpuStorage, InplaceOp1, Layout, Var, bail};
use fenzhen_layers::{vector::inner, vectorised};
use rayon::prelude::*;
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard},
};

/// Values that one parallel task steps: fixed, so that the norm comes out the same for any number of threads.
const CHUNK: usize = 1 << 14;

/// AdamW (Loshchilov and Hutter 2019), fused: one pass over weight, gradient and both moments.
///
/// The word table is stepped only in the rows that the batch touched (their moments wait meanwhile, as in PyTorch's
/// SparseAdam): of 10.8 million values a batch touches a few hundred thousand.
pub struct AdamW {
    recipe: OptimizerRecipe,
    params: Vec<Param>,
    pub table: Moments,
    table_scale: f64,
    /// Steps done.
    pub step: usize,
    /// The running mean of the weights, if it is kept.
    pub average: Option<Average>,
}

struct Param {
    name: String,
    var: Var,
    /// Relative learning rate.
    scale: f64,
    decays: bool,
    moments: Mutex<Moments>,
}

/// First and second moments of the gradient.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Moments {
    pub first: Vec<f32>,
    pub second: Vec<f32>,
}

impl Moments {
    fn zeros(n: usize) -> Self {
        Moments { first: vec![0.0; n], second: vec![0.0; n] }
    }
}

/// An exponential running mean of all weights (Polyak and Juditsky 1992). A row of the word table that no batch touches
/// does not change, so its mean is brought up to date only when it is touched or read.
pub struct Average {
    pub decay: f32,
    pub dense: BTreeMap<String, Vec<f32>>,
    pub table: Vec<f32>,
    /// The step at which each row of the table was last brought up to date.
    pub seen: Vec<u32>,
}

/// The numbers of one step.
#[derive(Clone, Copy)]
struct Step {
    rate: f32,
    decay: f32,
    beta1: f32,
    beta2: f32,
    /// Bias corrections.
    first: f32,
    second: f32,
    epsilon: f32,
    /// Scale of the gradient after clipping.
    clip: f32,
}

vectorised! {
    fn apply(step: Step, weights: &mut [f32], grads: &[f32], first: &mut [f32], second: &mut [f32]) {
        for (((w, &g), m), v) in weights.iter_mut().zip(grads).zip(first.iter_mut()).zip(second.iter_mut()) {
            let g = g * step.clip;
            *m = step.beta1 * *m + (1.0 - step.beta1) * g;
            *v = step.beta2 * *v + (1.0 - step.beta2) * g * g;
            let update = (*m * step.first) / ((*v * step.second).sqrt() + step.epsilon);
            *w -= step.rate * (update + step.decay * *w);
        }
    }
}

vectorised! {
    /// Moves a running mean towards the values.
    fn follow(mean: &mut [f32], values: &[f32], keep: f32) {
        for (mean, &v) in mean.iter_mut().zip(values) {
            *mean = v + (*mean - v) * keep;
        }
    }
}

impl AdamW {
    /// `vars` with their relative learning rates; the word table has `table` values and its own relative rate.
    pub fn new(vars: Vec<(String, Var, f64)>, table: &[f32], table_scale: f64, recipe: &OptimizerRecipe) -> Self {
        let params = vars
            .into_iter()
            .map(|(name, var, scale)| Param {
                // Biases and the weights of the norms are vectors; they are not pulled towards zero.
                decays: var.dims().len() > 1,
                moments: Mutex::new(Moments::zeros(var.elem_count())),
                name,
                var,
                scale,
            })
            .collect();
        let table = Moments::zeros(table.len());
        AdamW { recipe: recipe.clone(), params, table, table_scale, step: 0, average: None }
    }

    /// Starts the running mean from the weights as they are.
    pub fn keep_average(&mut self, decay: f32, table: &[f32], width: usize) -> Result<()> {
        let mut dense = BTreeMap::new();
        for param in &self.params {
            dense.insert(param.name.clone(), param.var.flatten_all()?.to_vec1::<f32>()?);
        }
        self.average = Some(Average { decay, dense, table: table.to_vec(), seen: vec![0; table.len() / width] });
        Ok(())
    }

    /// One step at a factor of the recipe's rates: `gradient` knows that of every dense weight by name, `rows` are the ids of
    /// the word rows that the batch touched, and their gradients (`[rows, width]`). Gives the norm of the gradient before
    /// clipping.
    pub fn step<'a>(
        &mut self,
        gradient: impl Fn(&str) -> Option<&'a Vec<f32>>,
        rows: (&[u32], &[f32]),
        table: &mut [f32],
        factor: f64,
    ) -> Result<f64> {
        let (rows, row_grads) = rows;
        let width = row_grads.len() / rows.len().max(1);
        let mut dense = Vec::with_capacity(self.params.len());
        for param in &self.params {
            let grad = gradient(&param.name).filter(|grad| grad.len() == param.var.elem_count());
            dense.push(grad.ok_or_else(|| Error::Internal(format!("no gradient reaches {}", param.name)))?);
        }
        let square = dense.iter().map(|grad| sum_of_squares(grad)).sum::<f64>() + sum_of_squares(row_grads);
        let norm = square.sqrt();
        if !norm.is_finite() {
            return Err(Error::Internal("the gradient is not finite: lower the learning rate".into()));
        }
        self.step += 1;
        let o = &self.recipe;
        let step = |scale: f64, decays: bool| Step {
            rate: (o.learning_rate * factor * scale) as f32,
            decay: if decays { o.weight_decay as f32 } else { 0.0 },
            beta1: o.beta1 as f32,
            beta2: o.beta2 as f32,
            first: (1.0 / (1.0 - o.beta1.powi(self.step as i32))) as f32,
            second: (1.0 / (1.0 - o.beta2.powi(self.step as i32))) as f32,
            epsilon: o.epsilon as f32,
            clip: if norm > o.clip { (o.clip / norm) as f32 } else { 1.0 },
        };
        let done = self.step;
        for (param, grad) in self.params.iter().zip(dense) {
            let average = self.average.as_mut().map(|a| (a.decay_at(done), a.dense.get_mut(&param.name)));
            let (decay, average) = match average {
                Some((decay, Some(values))) => (decay, Some(values)),
                _ => (0.0, None),
            };
            let fused = Fused {
                step: step(param.scale, param.decays),
                grads: grad,
                moments: &param.moments,
                decay,
                average: Mutex::new(average),
            };
            param.var.inplace_op1(&fused)?;
        }
        let step = step(self.table_scale, false);
        for (&row, grad) in rows.iter().zip(row_grads.chunks_exact(width.max(1))) {
            let span = row as usize * width..(row as usize + 1) * width;
            if let Some(average) = &mut self.average {
                // Up to the last step the row stood still; then it moves, and the mean takes one step after it.
                average.catch_up(row as usize, &table[span.clone()], self.step - 1);
            }
            let (first, second) = (&mut self.table.first[span.clone()], &mut self.table.second[span.clone()]);
            apply(step, &mut table[span.clone()], grad, first, second);
            if let Some(average) = &mut self.average {
                average.catch_up(row as usize, &table[span], self.step);
            }
        }
        Ok(norm)
    }

    /// Names and moments of the dense weights, for a checkpoint.
    pub fn moments(&mut self) -> impl Iterator<Item = (&str, &Var, MutexGuard<'_, Moments>)> {
        self.params.iter().map(|p| (p.name.as_str(), &p.var, p.moments.lock().expect("no step panicked")))
    }
}

impl Average {
    /// The decay at a step: small at first, so that the mean soon forgets where the training began.
    fn decay_at(&self, step: usize) -> f32 {
        self.decay.min((1.0 + step as f32) / (10.0 + step as f32))
    }

    /// Brings one row's mean up to `step`, given the value that it had since it was last seen.
    pub fn catch_up(&mut self, row: usize, value: &[f32], step: usize) {
        let missed = step as u32 - self.seen[row];
        if missed > 0 {
            let keep = self.decay_at(step).powi(missed as i32);
            let mean = &mut self.table[row * value.len()..][..value.len()];
            follow(mean, value, keep);
            self.seen[row] = step as u32;
        }
    }
}

fn sum_of_squares(values: &[f32]) -> f64 {
    let parts: Vec<f32> = values.par_chunks(CHUNK).map(square).collect();
    parts.into_iter().map(f64::from).sum()
}

vectorised! {
    fn square(values: &[f32]) -> f32 {
        inner(values, values)
    }
}

/// A step over one weight in place.
struct Fused<'a> {
    step: Step,
    grads: &'a [f32],
    moments: &'a Mutex<Moments>,
    decay: f32,
    average: Mutex<Option<&'a mut Vec<f32>>>,
}

impl InplaceOp1 for Fused<'_> {
    fn name(&self) -> &'static str {
        "adamw"
    }

    fn cpu_fwd(&self, weights: &mut CpuStorage, layout: &Layout) -> candle_core::Result<()> {
        let CpuStorage::F32(weights) = weights else { bail!("adamw takes f32 tensors") };
        let Some((start, end)) = layout.contiguous_offsets() else { bail!("adamw takes contiguous tensors") };
        let weights = &mut weights[start..end];
        let mut moments = self.moments.lock().expect("no step panicked");
        let Moments { first, second } = &mut *moments;
        weights
            .par_chunks_mut(CHUNK)
            .zip(self.grads.par_chunks(CHUNK))
            .zip(first.par_chunks_mut(CHUNK))
            .zip(second.par_chunks_mut(CHUNK))
            .for_each(|(((w, g), m), v)| apply(self.step, w, g, m, v));
        if let Some(average) = self.average.lock().expect("no step panicked").as_mut() {
            let decay = self.decay;
            average.par_chunks_mut(CHUNK).zip(weights.par_chunks(CHUNK)).for_each(|(mean, w)| follow(mean, w, decay));
        }
        Ok(())
    }
}
