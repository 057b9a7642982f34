//! Multi-head self-attention over a ragged batch (Vaswani et al. 2017, section 3.2).
//!
//! The pieces of all texts lie one after another; attention stays within a text, so nothing is padded and nothing masked; only on
//! other devices than the CPU are texts filled up to a rectangle.
//! The backward pass computes the attention weights again rather than keeping them: they are a small part of the work and
//! the largest part of the memory.

use super::{
    dropout::{drop, keeps, threshold},
    matmul::{View, matmul},
    values, with_values,
};
use candle_core::{CpuStorage, CustomOp1, D, Layout, Result, Shape, Tensor};
use fenzhen_layers::{
    vector::{exp, inner, lanes, sum},
    vectorised,
};
use rayon::prelude::*;
use std::sync::Arc;

/// `qkv` is `[pieces, 3 * hidden]`: queries, keys, values side by side, each with `heads` heads. `starts` holds where each
/// text begins, and the number of pieces at the end. The result is `[pieces, hidden]`. A share `rate` of the attention
/// weights is dropped, by `seed`.
pub fn attention(qkv: &Tensor, heads: usize, starts: &Arc<[usize]>, rate: f32, seed: u32) -> Result<Tensor> {
    if qkv.device().is_cpu() {
        qkv.contiguous()?.apply_op1(Attention { heads: Heads { heads, rate, seed }, starts: starts.clone() })
    } else {
        plain(qkv, heads, starts, rate, seed)
    }
}

fn plain(qkv: &Tensor, heads: usize, starts: &[usize], rate: f32, seed: u32) -> Result<Tensor> {
    let (pieces, hidden) = (qkv.dim(0)?, qkv.dim(1)? / 3);
    let (size, device) = (hidden / heads, qkv.device());
    let rectangle = Rectangle::of(starts);
    let (texts, length) = (rectangle.texts, rectangle.length);
    let full = texts * length == pieces;
    let rows = match full {
        true => qkv.clone(),
        false => {
            let zero = Tensor::zeros((1, 3 * hidden), qkv.dtype(), device)?;
            Tensor::cat(&[qkv, &zero], 0)?.index_select(&Tensor::new(rectangle.pieces(starts), device)?, 0)?
        }
    };
    let part = |i: usize| -> Result<Tensor> {
        let part = rows.narrow(1, i * hidden, hidden)?.reshape((texts, length, heads, size))?;
        part.transpose(1, 2)?.contiguous()?.reshape((texts * heads, length, size))
    };
    let (q, k, v) = (part(0)?, part(1)?, part(2)?);
    let mut scores = (q.matmul(&k.t()?)? / (size as f64).sqrt())?;
    if !full {
        // What lies behind a text's end is seen by nobody; what its own rows see is not gathered.
        let hidden = Tensor::from_vec(rectangle.behind(starts, -1e30), (texts, 1, 1, length), device)?;
        let by_head = scores.reshape((texts, heads, length, length))?.broadcast_add(&hidden)?;
        scores = by_head.reshape((texts * heads, length, length))?;
    }
    let mut weights = candle_softmax(&scores)?;
    if rate > 0.0 {
        let mask = rectangle.mask(starts, heads, rate, seed);
        weights = (&weights * Tensor::from_vec(mask, weights.shape(), device)?)?;
    }
    let seen = weights.matmul(&v)?.reshape((texts, heads, length, size))?.transpose(1, 2)?.contiguous()?;
    let seen = seen.reshape((texts * length, hidden))?;
    if full { Ok(seen) } else { seen.index_select(&Tensor::new(rectangle.places(starts), device)?, 0) }
}

/// The texts of a ragged batch filled up to the length of the longest: what a graphics card multiplies at once.
#[derive(Debug, Clone, Copy)]
pub struct Rectangle {
    pub texts: usize,
    pub length: usize,
}

impl Rectangle {
    pub fn of(starts: &[usize]) -> Self {
        let length = starts.windows(2).map(|span| span[1] - span[0]).max().unwrap_or(0);
        Rectangle { texts: starts.len() - 1, length }
    }

    /// Of every place, its piece; the number of pieces where there is none.
    pub fn pieces(self, starts: &[usize]) -> Vec<u32> {
        let mut out = vec![starts[self.texts] as u32; self.texts * self.length];
        for (piece, place) in self.places(starts).into_iter().enumerate() {
            out[place as usize] = piece as u32;
        }
        out
    }

    /// Of every piece, its place among `texts * length`.
    pub fn places(self, starts: &[usize]) -> Vec<u32> {
        let of_text = |(text, span): (usize, &[usize])| {
            let first = (text * self.length) as u32;
            first..first + (span[1] - span[0]) as u32
        };
        starts.windows(2).enumerate().flat_map(of_text).collect()
    }

    /// `[texts, length]`: a value behind the end of each text, and zero in it.
    pub fn behind(self, starts: &[usize], value: f32) -> Vec<f32> {
        let mut out = vec![value; self.texts * self.length];
        self.places(starts).into_iter().for_each(|place| out[place as usize] = 0.0);
        out
    }

    /// For every attention weight, `[texts * heads, length, length]`, what it is multiplied with: zero where a text has no such piece, and
    /// where it is dropped, as [`Heads`] drops it.
    pub fn mask(self, starts: &[usize], heads: usize, rate: f32, seed: u32) -> Vec<f32> {
        let mut mask = vec![0.0f32; self.texts * heads * self.length * self.length];
        let (threshold, scale) = (threshold(rate), 1.0 / (1.0 - rate));
        for (square, mask) in mask.chunks_exact_mut((self.length * self.length).max(1)).enumerate() {
            let (text, head) = (square / heads, square % heads);
            let count = starts[text + 1] - starts[text];
            for from in 0..count {
                for to in 0..count {
                    let position = ((head * count + from) * count + to) as u32;
                    let keep = rate <= 0.0 || keeps(seed ^ text as u32, position, threshold);
                    mask[from * self.length + to] = if keep { scale } else { 0.0 };
                }
            }
        }
        mask
    }
}

fn candle_softmax(x: &Tensor) -> Result<Tensor> {
    let exps = x.broadcast_sub(&x.max_keepdim(D::Minus1)?)?.exp()?;
    exps.broadcast_div(&exps.sum_keepdim(D::Minus1)?)
}

struct Attention {
    heads: Heads,
    starts: Arc<[usize]>,
}

/// The attention of single texts.
#[derive(Debug, Clone, Copy)]
pub struct Heads {
    pub heads: usize,
    /// The share of attention weights that is dropped, by `seed`.
    pub rate: f32,
    pub seed: u32,
}

/// Cuts a row-major `[pieces, width]` buffer into one slice a text.
fn by_text<'a>(mut rest: &'a mut [f32], starts: &[usize], width: usize) -> Vec<&'a mut [f32]> {
    let mut parts = Vec::with_capacity(starts.len());
    for span in starts.windows(2) {
        let (part, tail) = rest.split_at_mut((span[1] - span[0]) * width);
        parts.push(part);
        rest = tail;
    }
    parts
}

/// The larger of two, as the one instruction that the machine has for it.
#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

vectorised! {
    /// Softmax of every row, in place.
    fn softmax_rows(scores: &mut [f32], n: usize) {
        for row in scores.chunks_exact_mut(n) {
            let max = lanes(row, f32::NEG_INFINITY, larger, larger);
            for s in row.iter_mut() {
                *s = exp(*s - max);
            }
            let total = 1.0 / sum(row);
            for s in row.iter_mut() {
                *s *= total;
            }
        }
    }
}

vectorised! {
    /// The softmax's Jacobian, row by row and in place: `ds = w * (dw - <dw, w>)`.
    fn through_softmax(dw: &mut [f32], weights: &[f32], n: usize) {
        for (dw, w) in dw.chunks_exact_mut(n).zip(weights.chunks_exact(n)) {
            let mean = inner(dw, w);
            for (d, &w) in dw.iter_mut().zip(w) {
                *d = w * (*d - mean);
            }
        }
    }
}

impl Heads {
    /// The attention weights of one head of one text, before dropout.
    fn weights(&self, qkv: &[f32], n: usize, head: usize, hidden: usize, out: &mut [f32]) {
        let (q, k, _) = self.parts(qkv, n, head, hidden);
        let scale = 1.0 / (q.cols as f32).sqrt();
        matmul(out, n, 0.0, q, k.t(), scale, 1);
        softmax_rows(out, n);
    }

    fn parts<'a>(&self, qkv: &'a [f32], n: usize, head: usize, hidden: usize) -> (View<'a>, View<'a>, View<'a>) {
        let size = hidden / self.heads;
        let part = |i: usize| View::rows(&qkv[i * hidden + head * size..], n, size, 3 * hidden);
        (part(0), part(1), part(2))
    }

    /// Drops attention weights (or their gradients) in place; `text` and `head` choose the mask.
    fn drop(&self, weights: &mut [f32], text: usize, head: usize) {
        if self.rate <= 0.0 {
            return;
        }
        let (threshold, scale) = (threshold(self.rate), 1.0 / (1.0 - self.rate));
        let start = (head * weights.len()) as u32;
        drop(weights, self.seed ^ text as u32, start, threshold, scale);
    }

    /// What the `text`-th text of a batch sees: `qkv` is `[pieces, 3 * hidden]`, `out` `[pieces, hidden]`.
    pub fn forward_text(&self, text: usize, qkv: &[f32], hidden: usize, out: &mut [f32]) {
        let n = qkv.len() / (3 * hidden);
        let size = hidden / self.heads;
        let mut weights = vec![0.0f32; n * n];
        for head in 0..self.heads {
            self.weights(qkv, n, head, hidden, &mut weights);
            self.drop(&mut weights, text, head);
            let (_, _, v) = self.parts(qkv, n, head, hidden);
            matmul(&mut out[head * size..], hidden, 0.0, View::rows(&weights, n, n, n), v, 1.0, 1);
        }
    }

    /// Writes the gradient of `qkv` (`[pieces, 3 * hidden]`) into `out`, given that of what the text saw.
    pub fn backward_text(&self, text: usize, qkv: &[f32], grad: &[f32], hidden: usize, out: &mut [f32]) {
        let n = qkv.len() / (3 * hidden);
        let size = hidden / self.heads;
        let scale = 1.0 / (size as f32).sqrt();
        let mut weights = vec![0.0f32; n * n];
        let mut dropped = vec![0.0f32; n * n];
        let mut dw = vec![0.0f32; n * n];
        for head in 0..self.heads {
            let (q, k, v) = self.parts(qkv, n, head, hidden);
            let grad = View::rows(&grad[head * size..], n, size, hidden);
            self.weights(qkv, n, head, hidden, &mut weights);
            dropped.copy_from_slice(&weights);
            self.drop(&mut dropped, text, head);
            let at = |part: usize| part * hidden + head * size;
            matmul(&mut out[at(2)..], 3 * hidden, 0.0, View::rows(&dropped, n, n, n).t(), grad, 1.0, 1);
            matmul(&mut dw, n, 0.0, grad, v.t(), 1.0, 1);
            self.drop(&mut dw, text, head);
            through_softmax(&mut dw, &weights, n);
            let ds = View::rows(&dw, n, n, n);
            matmul(&mut out[at(0)..], 3 * hidden, 0.0, ds, k, scale, 1);
            matmul(&mut out[at(1)..], 3 * hidden, 0.0, ds.t(), q, scale, 1);
        }
    }
}

impl CustomOp1 for Attention {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn cpu_fwd(&self, qkv: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (pieces, width) = layout.shape().dims2()?;
        let hidden = width / 3;
        let qkv = values(qkv, layout, "attention")?;
        let mut out = vec![0.0f32; pieces * hidden];
        by_text(&mut out, &self.starts, hidden).into_par_iter().enumerate().for_each(|(text, out)| {
            let span = self.starts[text] * width..self.starts[text + 1] * width;
            self.heads.forward_text(text, &qkv[span], hidden, out);
        });
        Ok((CpuStorage::F32(out), (pieces, hidden).into()))
    }

    fn bwd(&self, qkv: &Tensor, _res: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let (pieces, width) = qkv.dims2()?;
        let hidden = width / 3;
        let out = with_values(qkv, |qkv| {
            with_values(grad, |grad| {
                let mut out = vec![0.0f32; pieces * width];
                by_text(&mut out, &self.starts, width).into_par_iter().enumerate().for_each(|(text, out)| {
                    let (from, to) = (self.starts[text], self.starts[text + 1]);
                    let (qkv, grad) = (&qkv[from * width..to * width], &grad[from * hidden..to * hidden]);
                    self.heads.backward_text(text, qkv, grad, hidden, out);
                });
                Ok(out)
            })
        })?;
        Ok(Some(Tensor::from_vec(out, (pieces, width), qkv.device())?))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{assert_same_gradients, random};
    use std::sync::Arc;

    #[test]
    fn fused_equals_plain_forward_and_backward() {
        let qkv = random((9, 24), 8);
        let starts: Arc<[usize]> = Arc::from([0, 4, 9]);
        for rate in [0.0, 0.3] {
            assert_same_gradients(
                &[&qkv],
                |v| super::attention(v[0], 2, &starts, rate, 11),
                |v| super::plain(v[0], 2, &starts, rate, 11),
            );
        }
    }
}
