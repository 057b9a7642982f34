//! Layer normalisation (Ba, Kiros and Hinton 2016).

use super::{ROWS_PER_TASK, values, vector::vectorised, with_values};
use candle_core::{CpuStorage, CustomOp3, D, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

/// Normalises every row of `x` (`[n, width]`), then scales by `weight` and shifts by `bias` (`[width]` each).
pub fn layer_norm(x: &Tensor, weight: &Tensor, bias: &Tensor, eps: f32) -> Result<Tensor> {
    if x.device().is_cpu() {
        x.contiguous()?.apply_op3(weight, bias, LayerNorm { eps })
    } else {
        plain(x, weight, bias, eps)
    }
}

fn plain(x: &Tensor, weight: &Tensor, bias: &Tensor, eps: f32) -> Result<Tensor> {
    let x = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
    let variance = x.sqr()?.mean_keepdim(D::Minus1)?;
    x.broadcast_div(&(variance + eps as f64)?.sqrt()?)?.broadcast_mul(weight)?.broadcast_add(bias)
}

struct LayerNorm {
    eps: f32,
}

/// Sums in eight lanes, so that the loop becomes vector code.
#[inline(always)]
fn lane_sum(row: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0f32; 8];
    let mut chunks = row.chunks_exact(8);
    for chunk in &mut chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane += f(x);
        }
    }
    lanes.iter().sum::<f32>() + chunks.remainder().iter().map(|&x| f(x)).sum::<f32>()
}

/// Mean and reciprocal standard deviation of a row.
#[inline(always)]
fn moments(row: &[f32], eps: f32) -> (f32, f32) {
    let n = row.len() as f32;
    let mean = lane_sum(row, |x| x) / n;
    let variance = lane_sum(row, |x| (x - mean) * (x - mean)) / n;
    (mean, 1.0 / (variance + eps).sqrt())
}

impl CustomOp3 for LayerNorm {
    fn name(&self) -> &'static str {
        "layer_norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        w: &CpuStorage,
        w_layout: &Layout,
        b: &CpuStorage,
        b_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (_, width) = x_layout.shape().dims2()?;
        let name = "layer_norm";
        let (x, w, b) = (values(x, x_layout, name)?, values(w, w_layout, name)?, values(b, b_layout, name)?);
        let mut out = vec![0.0f32; x.len()];
        let task = ROWS_PER_TASK * width;
        out.par_chunks_mut(task).zip(x.par_chunks(task)).for_each(|(out, x)| {
            vectorised(|| {
                for (out, x) in out.chunks_exact_mut(width).zip(x.chunks_exact(width)) {
                    let (mean, scale) = moments(x, self.eps);
                    for (((o, &x), &w), &b) in out.iter_mut().zip(x).zip(w).zip(b) {
                        *o = ((x - mean) * scale).mul_add(w, b);
                    }
                }
            })
        });
        Ok((CpuStorage::F32(out), x_layout.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        w: &Tensor,
        _b: &Tensor,
        _res: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (_, width) = x.dims2()?;
        let (dx, dw, db) = with_values(x, |x| {
            with_values(grad, |grad| with_values(w, |w| Ok(backward(x, grad, w, width, self.eps))))
        })?;
        let device = x.device();
        Ok((
            Some(Tensor::from_vec(dx, x.shape(), device)?),
            Some(Tensor::from_vec(dw, width, device)?),
            Some(Tensor::from_vec(db, width, device)?),
        ))
    }
}

fn backward(x: &[f32], grad: &[f32], w: &[f32], width: usize, eps: f32) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
    let mut dx = vec![0.0f32; x.len()];
    let task = ROWS_PER_TASK * width;
    let parts: Vec<(Vec<f32>, Vec<f32>)> = dx
        .par_chunks_mut(task)
        .zip(x.par_chunks(task))
        .zip(grad.par_chunks(task))
        .map(|((dx, x), grad)| {
            let (mut dw, mut db) = (vec![0.0f32; width], vec![0.0f32; width]);
            let mut normal = vec![0.0f32; width];
            let mut scaled = vec![0.0f32; width];
            vectorised(|| {
                for ((dx, x), g) in dx.chunks_exact_mut(width).zip(x.chunks_exact(width)).zip(grad.chunks_exact(width)) {
                    let (mean, scale) = moments(x, eps);
                    for i in 0..width {
                        normal[i] = (x[i] - mean) * scale;
                        scaled[i] = g[i] * w[i];
                        dw[i] += g[i] * normal[i];
                        db[i] += g[i];
                    }
                    let mean_grad = lane_sum(&scaled, |v| v) / width as f32;
                    for i in 0..width {
                        dx[i] = scaled[i] * normal[i];
                    }
                    let mean_product = lane_sum(dx, |v| v) / width as f32;
                    for i in 0..width {
                        dx[i] = scale * (scaled[i] - mean_grad - normal[i] * mean_product);
                    }
                }
            });
            (dw, db)
        })
        .collect();
    let (mut dw, mut db) = (vec![0.0f32; width], vec![0.0f32; width]);
    for (part_w, part_b) in parts {
        dw.iter_mut().zip(part_w).for_each(|(sum, v)| *sum += v);
        db.iter_mut().zip(part_b).for_each(|(sum, v)| *sum += v);
    }
    (dx, dw, db)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{assert_same_gradients, random};

    #[test]
    fn fused_equals_plain_forward_and_backward() {
        let (x, w, b) = (random((70, 20), 5), random(20, 6), random(20, 7));
        assert_same_gradients(
            &[&x, &w, &b],
            |v| super::layer_norm(v[0], v[1], v[2], 1e-12),
            |v| super::plain(v[0], v[1], v[2], 1e-12),
        );
    }
}
