//! What lies between matrix products, each as one call: on an NVIDIA card a kernel, elsewhere its plain form.

use super::{
    launch::{Number, launch},
    plain,
    rows::Rows,
};
use crate::classify::transformer::ops::dropout;
use candle_core::{Result, Tensor};

/// A share of the values that is set to zero, by a seed; the rest is scaled up.
#[derive(Debug, Clone, Copy)]
pub struct Drop {
    pub rate: f32,
    pub seed: u32,
}

impl Drop {
    /// As a kernel takes it.
    fn numbers(self) -> [Number; 3] {
        [self.seed.into(), dropout::threshold(self.rate).into(), (1.0 / (1.0 - self.rate)).into()]
    }
}

/// A kernel's one output.
fn only(mut outputs: Vec<Tensor>) -> Tensor {
    outputs.remove(0)
}

pub fn drop(x: &Tensor, by: Drop) -> Result<Tensor> {
    if by.rate <= 0.0 {
        return Ok(x.clone());
    }
    if !x.device().is_cuda() {
        return plain::drop(x, by);
    }
    let n = x.elem_count();
    Ok(only(launch("drop", n, &[x.dims()], &[x], &[&[n.into()][..], &by.numbers()].concat())?))
}

/// `residual + drop(x + bias)`.
pub fn join(x: &Tensor, bias: &Tensor, residual: &Tensor, by: Drop) -> Result<Tensor> {
    if !x.device().is_cuda() {
        return plain::join(x, bias, residual, by);
    }
    let n = x.elem_count();
    let numbers = [&[n.into(), bias.elem_count().into()][..], &by.numbers()].concat();
    Ok(only(launch("join", n, &[x.dims()], &[x, bias, residual], &numbers)?))
}

/// `x + bias`, and its GELU.
pub fn gelu(x: &Tensor, bias: &Tensor) -> Result<[Tensor; 2]> {
    if !x.device().is_cuda() {
        return plain::gelu(x, bias);
    }
    let n = x.elem_count();
    let numbers = [n.into(), bias.elem_count().into()];
    pair(launch("gelu", n, &[x.dims(), x.dims()], &[x, bias], &numbers)?)
}

/// The gradient of what [`gelu`] was given, from that of the second it gave and the first.
pub fn gelu_back(slope: &Tensor, wide: &Tensor) -> Result<Tensor> {
    if !slope.device().is_cuda() {
        return plain::gelu_back(slope, wide);
    }
    let n = slope.elem_count();
    Ok(only(launch("gelu_back", n, &[slope.dims()], &[slope, wide], &[n.into()])?))
}

pub fn norm(x: &Tensor, weight: &Tensor, bias: &Tensor, eps: f32) -> Result<Tensor> {
    if !x.device().is_cuda() {
        return plain::norm(x, weight, bias, eps);
    }
    let (rows, width) = x.dims2()?;
    let numbers = [rows.into(), width.into(), eps.into()];
    Ok(only(launch("layer_norm", rows * WARP, &[x.dims()], &[x, weight, bias], &numbers)?))
}

/// The gradient of `x`, and `slope` times the normal values, whose column sums are the gradient of the weight.
pub fn norm_back(x: &Tensor, slope: &Tensor, weight: &Tensor, eps: f32) -> Result<[Tensor; 2]> {
    if !x.device().is_cuda() {
        return plain::norm_back(x, slope, weight, eps);
    }
    let (rows, width) = x.dims2()?;
    let numbers = [rows.into(), width.into(), eps.into()];
    pair(launch("layer_norm_back", rows * WARP, &[x.dims(), x.dims()], &[x, slope, weight], &numbers)?)
}

/// Queries, keys and values as rectangles, of `qkv` (`[pieces, 3 * hidden]`) and its bias; the queries are scaled.
pub fn split_heads(qkv: &Tensor, bias: &Tensor, rows: &Rows) -> Result<[Tensor; 3]> {
    if !qkv.device().is_cuda() {
        return plain::split_heads(qkv, bias, rows);
    }
    let shape = rows.cuboid();
    let n: usize = shape.iter().product();
    let numbers = [&[n.into()][..], &of_heads(rows), &[scale(rows).into()]].concat();
    let outputs = launch("split_heads", n, &[&shape, &shape, &shape], &[qkv, bias, &rows.starts], &numbers)?;
    outputs.try_into().map_err(|_| candle_core::Error::Msg("split_heads gives three".into()))
}

/// `[pieces, hidden]` as a rectangle.
pub fn spread_heads(x: &Tensor, rows: &Rows) -> Result<Tensor> {
    if !x.device().is_cuda() {
        return plain::spread_heads(x, rows);
    }
    let shape = rows.cuboid();
    let n: usize = shape.iter().product();
    Ok(only(launch("spread_heads", n, &[&shape], &[x, &rows.starts], &[&[n.into()][..], &of_heads(rows)].concat())?))
}

/// A rectangle as `[pieces, hidden]`.
pub fn gather_heads(x: &Tensor, rows: &Rows) -> Result<Tensor> {
    if !x.device().is_cuda() {
        return plain::gather_heads(x, rows);
    }
    let shape = [rows.pieces, rows.hidden()];
    let n = shape[0] * shape[1];
    Ok(only(launch("gather_heads", n, &[&shape], &[x, &rows.places], &[&[n.into()][..], &of_heads(rows)].concat())?))
}

/// The gradient of `qkv`, from those of what [`split_heads`] gave.
pub fn gather_qkv([q, k, v]: [&Tensor; 3], rows: &Rows) -> Result<Tensor> {
    if !q.device().is_cuda() {
        return plain::gather_qkv([q, k, v], rows);
    }
    let shape = [rows.pieces, 3 * rows.hidden()];
    let n = shape[0] * shape[1];
    let numbers = [&[n.into()][..], &of_heads(rows), &[scale(rows).into()]].concat();
    Ok(only(launch("gather_qkv", n, &[&shape], &[q, k, v, &rows.places], &numbers)?))
}

/// The attention weights of scores, and what dropout leaves of them.
pub fn softmax(scores: &Tensor, rows: &Rows, by: Drop) -> Result<[Tensor; 2]> {
    if !scores.device().is_cuda() {
        return plain::softmax(scores, rows, by);
    }
    let shape = rows.square();
    pair(launch(
        "softmax",
        shape[0] * shape[1] * WARP,
        &[&shape, &shape],
        &[scores, &rows.starts],
        &of_square(rows, by),
    )?)
}

/// The gradient of the scores, from that of what dropout left of the weights.
pub fn softmax_back(slope: &Tensor, weights: &Tensor, rows: &Rows, by: Drop) -> Result<Tensor> {
    if !slope.device().is_cuda() {
        return plain::softmax_back(slope, weights, rows, by);
    }
    let shape = rows.square();
    let inputs = [slope, weights, &rows.starts];
    Ok(only(launch("softmax_back", shape[0] * shape[1] * WARP, &[&shape], &inputs, &of_square(rows, by))?))
}

/// Of every row of scores over a vocabulary, once the bias is added: the gradient of `share` times its cross-entropy with the wanted
/// piece, `[rows, vocabulary]`, and the cross-entropy, `[rows]`. A graph would keep the probabilities too.
pub fn guess(scores: &Tensor, bias: &Tensor, wanted: &Tensor, share: f32) -> Result<[Tensor; 2]> {
    if !scores.device().is_cuda() {
        return plain::guess(scores, bias, wanted, share);
    }
    let (rows, width) = scores.dims2()?;
    let numbers = [rows.into(), width.into(), share.into()];
    pair(launch("guess", rows * WARP, &[scores.dims(), &[rows]], &[scores, bias, wanted], &numbers)?)
}

/// Threads that work on one row together.
const WARP: usize = 32;

fn of_heads(rows: &Rows) -> [Number; 3] {
    [rows.heads.into(), rows.rectangle.length.into(), rows.size.into()]
}

fn of_square(rows: &Rows, by: Drop) -> Vec<Number> {
    let shape = rows.square();
    [&[(shape[0] * shape[1]).into(), rows.heads.into(), rows.rectangle.length.into()][..], &by.numbers()].concat()
}

/// Of the scores (Vaswani et al. 2017).
pub fn scale(rows: &Rows) -> f32 {
    1.0 / (rows.size as f32).sqrt()
}

fn pair(outputs: Vec<Tensor>) -> Result<[Tensor; 2]> {
    outputs.try_into().map_err(|_| candle_core::Error::Msg("a kernel gives two".into()))
}
