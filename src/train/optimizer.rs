use super::{device::DeviceMoments, recipe::OptimizerRecipe};
use crate::{Error, Result};
use candle_core::{CpuStorage, InplaceOp1, Layout, Tensor, Var, bail};
use fenzhen_layers::{vector::inner, vectorised};
use rayon::prelude::*;
use std::{collections::BTreeMap, sync::Mutex};

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
    memory: Memory,
}

/// The moments of a weight, where the weight is.
enum Memory {
    Host(Mutex<Moments>),
    Device(DeviceMoments),
}

/// The gradient of a weight, where the weight is.
#[derive(Clone, Copy)]
pub enum Gradient<'a> {
    Host(&'a [f32]),
    Device(&'a Tensor),
}

impl Gradient<'_> {
    fn len(self) -> usize {
        match self {
            Gradient::Host(values) => values.len(),
            Gradient::Device(tensor) => tensor.elem_count(),
        }
    }
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

/// An exponential running mean of the weights beside the CPU (Polyak and Juditsky 1992); those on a device have theirs there. A
/// row of the word table that no batch touches does not change, so its mean is brought up to date only when it is touched or read.
pub struct Average {
    pub decay: f32,
    pub dense: BTreeMap<String, Vec<f32>>,
    pub table: Vec<f32>,
    /// The step at which each row of the table was last brought up to date.
    pub seen: Vec<u32>,
}

/// The numbers of one step.
#[derive(Clone, Copy)]
pub(super) struct Step {
    pub rate: f32,
    pub decay: f32,
    pub beta1: f32,
    pub beta2: f32,
    /// Bias corrections.
    pub first: f32,
    pub second: f32,
    pub epsilon: f32,
    /// Scale of the gradient after clipping.
    pub clip: f32,
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
    pub fn new(
        vars: Vec<(String, Var, f64)>,
        table: &[f32],
        table_scale: f64,
        recipe: &OptimizerRecipe,
    ) -> Result<Self> {
        let mut params = Vec::with_capacity(vars.len());
        for (name, var, scale) in vars {
            let memory = match var.device().is_cpu() {
                true => Memory::Host(Mutex::new(Moments::zeros(var.elem_count()))),
                false => Memory::Device(DeviceMoments::new(&var)?),
            };
            // Biases and the weights of the norms are vectors; they are not pulled towards zero.
            params.push(Param { decays: var.dims().len() > 1, memory, name, var, scale });
        }
        let table = Moments::zeros(table.len());
        Ok(AdamW { recipe: recipe.clone(), params, table, table_scale, step: 0, average: None })
    }

    /// Starts the running mean from the weights as they are.
    pub fn keep_average(&mut self, decay: f32, table: &[f32], width: usize) -> Result<()> {
        let mut dense = BTreeMap::new();
        for param in &mut self.params {
            match &mut param.memory {
                Memory::Host(_) => {
                    dense.insert(param.name.clone(), param.var.flatten_all()?.to_vec1::<f32>()?);
                }
                Memory::Device(memory) => memory.keep_mean(&param.var)?,
            }
        }
        self.average = Some(Average { decay, dense, table: table.to_vec(), seen: vec![0; table.len() / width] });
        Ok(())
    }

    /// One step at a factor of the recipe's rates: `gradient` knows that of every dense weight by name, `rows` are the ids of
    /// the word rows that the batch touched, and their gradients (`[rows, width]`). Gives the norm of the gradient before
    /// clipping.
    pub fn step<'a>(
        &mut self,
        gradient: impl Fn(&str) -> Option<Gradient<'a>>,
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
        let norm = (squares(&dense)? + sum_of_squares(row_grads)).sqrt();
        if !norm.is_finite() {
            return Err(Error::Internal("the gradient is not finite: lower the learning rate".into()));
        }
        self.step += 1;
        let done = self.step;
        for (param, grad) in self.params.iter().zip(dense) {
            let by = self.numbers(param.scale, param.decays, factor, norm);
            let decay = self.average.as_ref().map_or(0.0, |average| average.decay_at(done));
            match (&param.memory, grad) {
                (Memory::Host(moments), Gradient::Host(grads)) => {
                    let average = self.average.as_mut().and_then(|average| average.dense.get_mut(&param.name));
                    let fused = Fused { step: by, grads, moments, decay, average: Mutex::new(average) };
                    param.var.inplace_op1(&fused)?;
                }
                (Memory::Device(memory), Gradient::Device(gradient)) => memory.step(&param.var, gradient, by, decay)?,
                _ => return Err(Error::Internal(format!("the gradient of {} is on another device", param.name))),
            }
        }
        let step = self.numbers(self.table_scale, false, factor, norm);
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

    /// The numbers of the step that is being done, for a weight of such a relative rate.
    pub(super) fn numbers(&self, scale: f64, decays: bool, factor: f64, norm: f64) -> Step {
        let o = &self.recipe;
        Step {
            rate: (o.learning_rate * factor * scale) as f32,
            decay: if decays { o.weight_decay as f32 } else { 0.0 },
            beta1: o.beta1 as f32,
            beta2: o.beta2 as f32,
            first: (1.0 / (1.0 - o.beta1.powi(self.step as i32))) as f32,
            second: (1.0 / (1.0 - o.beta2.powi(self.step as i32))) as f32,
            epsilon: o.epsilon as f32,
            clip: if norm > o.clip { (o.clip / norm) as f32 } else { 1.0 },
        }
    }

    /// Names and values of the dense weights, for a checkpoint.
    pub fn params(&self) -> impl Iterator<Item = (&str, &Var)> {
        self.params.iter().map(|p| (p.name.as_str(), &p.var))
    }

    /// The moments of a dense weight, for a checkpoint.
    pub fn moments(&self, name: &str) -> Result<Moments> {
        Ok(match &self.param(name)?.memory {
            Memory::Host(moments) => moments.lock().expect("no step panicked").clone(),
            Memory::Device(memory) => memory.moments()?,
        })
    }

    /// The running mean of a dense weight, if it is kept.
    pub fn mean(&self, name: &str) -> Result<Option<Vec<f32>>> {
        match &self.param(name)?.memory {
            Memory::Host(_) => Ok(self.average.as_ref().and_then(|average| average.dense.get(name)).cloned()),
            Memory::Device(memory) => Ok(memory.mean()?),
        }
    }

    /// Brings a dense weight's moments and mean to those of a checkpoint.
    pub fn restore(&mut self, name: &str, moments: Moments, mean: Option<Vec<f32>>) -> Result<()> {
        let param = self.params.iter_mut().find(|param| param.name == name);
        match &mut param.ok_or_else(|| unknown(name))?.memory {
            Memory::Host(own) => {
                *own.get_mut().expect("no step panicked") = moments;
                if let Some((average, mean)) = self.average.as_mut().zip(mean) {
                    average.dense.insert(name.to_owned(), mean);
                }
            }
            Memory::Device(memory) => memory.restore(moments, mean)?,
        }
        Ok(())
    }

    fn param(&self, name: &str) -> Result<&Param> {
        self.params.iter().find(|param| param.name == name).ok_or_else(|| unknown(name))
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

fn unknown(name: &str) -> Error {
    Error::Internal(format!("the optimiser has no weight {name}"))
}

/// The sum of all squares; what is on a device is asked for once.
fn squares(gradients: &[Gradient]) -> Result<f64> {
    let mut sum = 0.0;
    let mut parts = Vec::new();
    for gradient in gradients {
        match gradient {
            Gradient::Host(values) => sum += sum_of_squares(values),
            Gradient::Device(tensor) => parts.push(tensor.sqr()?.sum_all()?),
        }
    }
    if !parts.is_empty() {
        sum += Tensor::stack(&parts, 0)?.to_vec1::<f32>()?.into_iter().map(f64::from).sum::<f64>();
    }
    Ok(sum)
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
