//! `y = x Wᵀ + b`.

use super::{
    matmul::{View, matmul},
    values, with_values,
};
use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};

/// A dense layer: `x` is `[n, in]`, `weight` `[out, in]`, `bias` `[out]`; the result `[n, out]`.
pub fn linear(x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
    if x.device().is_cpu() { x.contiguous()?.apply_op3(weight, bias, Linear) } else { plain(x, weight, bias) }
}

fn plain(x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
    x.matmul(&weight.t()?)?.broadcast_add(bias)
}

struct Linear;

impl CustomOp3 for Linear {
    fn name(&self) -> &'static str {
        "linear"
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
        let (n, k) = x_layout.shape().dims2()?;
        let (m, _) = w_layout.shape().dims2()?;
        let (x, w, b) =
            (values(x, x_layout, "linear")?, values(w, w_layout, "linear")?, values(b, b_layout, "linear")?);
        let mut out = Vec::with_capacity(n * m);
        for _ in 0..n {
            out.extend_from_slice(b);
        }
        let (x, w) = (View::rows(x, n, k, k), View::rows(w, m, k, k));
        matmul(&mut out, m, 1.0, x, w.t(), 1.0, rayon::current_num_threads());
        Ok((CpuStorage::F32(out), (n, m).into()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        w: &Tensor,
        _b: &Tensor,
        _res: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (n, k) = x.dims2()?;
        let m = w.dim(0)?;
        let threads = rayon::current_num_threads();
        let (dx, dw, db) = with_values(grad, |g| {
            let grad = View::rows(g, n, m, m);
            let dx = with_values(w, |w| {
                let mut dx = vec![0.0; n * k];
                matmul(&mut dx, k, 0.0, grad, View::rows(w, m, k, k), 1.0, threads);
                Ok(dx)
            })?;
            let dw = with_values(x, |x| {
                let mut dw = vec![0.0; m * k];
                matmul(&mut dw, k, 0.0, grad.t(), View::rows(x, n, k, k), 1.0, threads);
                Ok(dw)
            })?;
            let mut db = vec![0.0; m];
            for row in g.chunks_exact(m) {
                db.iter_mut().zip(row).for_each(|(sum, g)| *sum += g);
            }
            Ok((dx, dw, db))
        })?;
        let device = x.device();
        Ok((
            Some(Tensor::from_vec(dx, (n, k), device)?),
            Some(Tensor::from_vec(dw, (m, k), device)?),
            Some(Tensor::from_vec(db, m, device)?),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{assert_same_gradients, random};

    #[test]
    fn fused_equals_plain_forward_and_backward() {
        let (x, w, b) = (random((7, 5), 1), random((3, 5), 2), random(3, 3));
        assert_same_gradients(&[&x, &w, &b], |v| super::linear(v[0], v[1], v[2]), |v| super::plain(v[0], v[1], v[2]));
    }
}
