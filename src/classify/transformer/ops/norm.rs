//! Layer normalisation (Ba, Kiros and Hinton 2016).

use super::{ROWS_PER_TASK, values, with_values};
use candle_core::{CpuStorage, CustomOp3, D, Layout, Result, Shape, Tensor};
use fenzhen_layers::{
    moments,
    vector::{inner, sum},
    vectorised,
};
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

vectorised! {
    /// Writes every row of `x`, normalised, into `out`.
    pub fn forward_rows(out: &mut [f32], x: &[f32], w: &[f32], b: &[f32], width: usize, eps: f32) {
        for (out, x) in out.chunks_exact_mut(width).zip(x.chunks_exact(width)) {
            let (mean, scale) = moments(x, eps);
            for (((o, &x), &w), &b) in out.iter_mut().zip(x).zip(w).zip(b) {
                *o = ((x - mean) * scale).mul_add(w, b);
            }
        }
    }
}

vectorised! {
    /// Adds to the gradients of weight and bias and writes that of `x`; `scaled` is room for one row.
    pub fn backward_rows(
        dx: &mut [f32], x: &[f32], grad: &[f32], w: &[f32], dw: &mut [f32], db: &mut [f32], scaled: &mut [f32], eps: f32,
    ) {
        let width = w.len();
        for ((dx, x), g) in dx.chunks_exact_mut(width).zip(x.chunks_exact(width)).zip(grad.chunks_exact(width)) {
            let (mean, scale) = moments(x, eps);
            for ((((d, &x), &g), dw), db) in dx.iter_mut().zip(x).zip(g).zip(dw.iter_mut()).zip(db.iter_mut()) {
                let normal = (x - mean) * scale;
                *d = normal;
                *dw = g.mul_add(normal, *dw);
                *db += g;
            }
            for ((p, &g), &w) in scaled.iter_mut().zip(g).zip(w) {
                *p = g * w;
            }
            let mean_grad = sum(scaled) / width as f32;
            let mean_product = inner(scaled, dx) / width as f32;
            for (d, &p) in dx.iter_mut().zip(scaled.iter()) {
                *d = scale * (p - mean_grad - *d * mean_product);
            }
        }
    }
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
            forward_rows(out, x, w, b, width, self.eps);
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
            backward_rows(dx, x, grad, w, &mut dw, &mut db, &mut vec![0.0; width], eps);
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
