//! The steps in candle's own operations: what the kernels are measured against, and what stands in for them on a CPU.

use super::{
    rows::Rows,
    steps::{Drop, scale},
};
use crate::classify::transformer::ops;
use candle_core::{D, Result, Tensor};

pub fn drop(x: &Tensor, by: Drop) -> Result<Tensor> {
    ops::dropout(x, by.rate, by.seed)
}

pub fn join(x: &Tensor, bias: &Tensor, residual: &Tensor, by: Drop) -> Result<Tensor> {
    drop(&x.broadcast_add(bias)?, by)? + residual
}

pub fn gelu(x: &Tensor, bias: &Tensor) -> Result<[Tensor; 2]> {
    let wide = x.broadcast_add(bias)?;
    let active = wide.gelu_erf()?;
    Ok([wide, active])
}

pub fn gelu_back(slope: &Tensor, wide: &Tensor) -> Result<Tensor> {
    let below = (((wide * std::f64::consts::FRAC_1_SQRT_2)?.erf()? + 1.0)? * 0.5)?;
    let density =
        ((wide.sqr()? * -0.5)?.exp()? * (0.5 * std::f64::consts::FRAC_2_SQRT_PI * std::f64::consts::FRAC_1_SQRT_2))?;
    slope * (below + (wide * density)?)?
}

/// The normal values of every row, and one over the standard deviation.
fn normal(x: &Tensor, eps: f32) -> Result<(Tensor, Tensor)> {
    let x = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
    let scale = (x.sqr()?.mean_keepdim(D::Minus1)? + f64::from(eps))?.sqrt()?.recip()?;
    Ok((x.broadcast_mul(&scale)?, scale))
}

pub fn norm(x: &Tensor, weight: &Tensor, bias: &Tensor, eps: f32) -> Result<Tensor> {
    normal(x, eps)?.0.broadcast_mul(weight)?.broadcast_add(bias)
}

pub fn norm_back(x: &Tensor, slope: &Tensor, weight: &Tensor, eps: f32) -> Result<[Tensor; 2]> {
    let (normal, scale) = normal(x, eps)?;
    let through = slope.broadcast_mul(weight)?;
    let along = normal.broadcast_mul(&(&through * &normal)?.mean_keepdim(D::Minus1)?)?;
    let dx = (through.broadcast_sub(&through.mean_keepdim(D::Minus1)?)? - along)?.broadcast_mul(&scale)?;
    Ok([dx, (slope * normal)?])
}

/// `[pieces, width]` filled up with zeros to `[texts * length, width]`.
fn fill(x: &Tensor, rows: &Rows) -> Result<Tensor> {
    let zero = Tensor::zeros((1, x.dim(1)?), x.dtype(), x.device())?;
    Tensor::cat(&[x, &zero], 0)?.index_select(&Tensor::new(rows.rectangle.pieces(&rows.ends), x.device())?, 0)
}

pub fn spread_heads(x: &Tensor, rows: &Rows) -> Result<Tensor> {
    let x = fill(x, rows)?.reshape((rows.rectangle.texts, rows.rectangle.length, rows.heads, rows.size))?;
    x.transpose(1, 2)?.contiguous()?.reshape(&rows.cuboid())
}

pub fn gather_heads(x: &Tensor, rows: &Rows) -> Result<Tensor> {
    let x = x
        .reshape((rows.rectangle.texts, rows.heads, rows.rectangle.length, rows.size))?
        .transpose(1, 2)?
        .contiguous()?;
    x.reshape((rows.rectangle.texts * rows.rectangle.length, rows.hidden()))?.index_select(&rows.places, 0)
}

pub fn split_heads(qkv: &Tensor, bias: &Tensor, rows: &Rows) -> Result<[Tensor; 3]> {
    let qkv = qkv.broadcast_add(bias)?;
    let part = |i: usize| spread_heads(&qkv.narrow(1, i * rows.hidden(), rows.hidden())?.contiguous()?, rows);
    Ok([(part(0)? * f64::from(scale(rows)))?, part(1)?, part(2)?])
}

pub fn gather_qkv([q, k, v]: [&Tensor; 3], rows: &Rows) -> Result<Tensor> {
    let q = (gather_heads(q, rows)? * f64::from(scale(rows)))?;
    Tensor::cat(&[&q, &gather_heads(k, rows)?, &gather_heads(v, rows)?], 1)
}

/// What every attention weight is multiplied with.
fn kept(rows: &Rows, by: Drop, like: &Tensor) -> Result<Tensor> {
    let mask = rows.rectangle.mask(&rows.ends, rows.heads, by.rate, by.seed);
    Tensor::from_vec(mask, &rows.square(), like.device())
}

pub fn softmax(scores: &Tensor, rows: &Rows, by: Drop) -> Result<[Tensor; 2]> {
    let there = kept(rows, Drop { rate: 0.0, ..by }, scores)?;
    let hidden = ((&there - 1.0)? * 1e30)?;
    let scores = (scores + hidden)?;
    let exps = (scores.broadcast_sub(&scores.max_keepdim(D::Minus1)?)?.exp()? * &there)?;
    // A row behind the end of its text has no sum.
    let weights = exps.broadcast_div(&exps.sum_keepdim(D::Minus1)?.maximum(1e-30f32)?)?;
    let left = (&weights * kept(rows, by, &weights)?)?;
    Ok([weights, left])
}

pub fn softmax_back(slope: &Tensor, weights: &Tensor, rows: &Rows, by: Drop) -> Result<Tensor> {
    let slope = (slope * kept(rows, by, slope)?)?;
    let mean = (&slope * weights)?.sum_keepdim(D::Minus1)?;
    weights * slope.broadcast_sub(&mean)?
}

pub fn guess(scores: &Tensor, bias: &Tensor, wanted: &Tensor, share: f32) -> Result<[Tensor; 2]> {
    let scores = scores.broadcast_add(bias)?;
    let scores = scores.broadcast_sub(&scores.max_keepdim(D::Minus1)?)?;
    let wanted = wanted.unsqueeze(1)?;
    let said = scores.gather(&wanted, 1)?;
    let powers = scores.exp()?;
    let sums = powers.sum_keepdim(D::Minus1)?;
    let losses = (sums.log()? - said)?.squeeze(1)?;
    let one = Tensor::ones_like(&sums)?.neg()?;
    let slope = powers.broadcast_div(&sums)?.scatter_add(&wanted, &one, 1)?;
    Ok([(slope * f64::from(share))?, losses])
}
