//! The exact GELU, `x Φ(x)` (Hendrycks and Gimpel 2016).

use super::{ROWS_PER_TASK, values, with_values};
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use fenzhen_layers::{
    vector::{erf, exp},
    vectorised,
};
use rayon::prelude::*;

/// GELU with the error function, element by element.
pub fn gelu(x: &Tensor) -> Result<Tensor> {
    if x.device().is_cpu() { x.contiguous()?.apply_op1(Gelu) } else { x.gelu_erf() }
}

vectorised! {
    /// Writes the GELU of `x`.
    pub fn forward(out: &mut [f32], x: &[f32]) {
        for (o, &x) in out.iter_mut().zip(x) {
            *o = 0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2));
        }
    }
}

vectorised! {
    /// Makes of the gradient of what [`forward`] wrote that of `x`, in place.
    pub fn backward(grad: &mut [f32], x: &[f32]) {
        const INV_SQRT_TAU: f32 = 0.398_942_3;
        for (g, &x) in grad.iter_mut().zip(x) {
            let cdf = 0.5 * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2));
            *g *= (x * INV_SQRT_TAU).mul_add(exp(-0.5 * x * x), cdf);
        }
    }
}

struct Gelu;

const CHUNK: usize = ROWS_PER_TASK * 512;

impl CustomOp1 for Gelu {
    fn name(&self) -> &'static str {
        "gelu"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = values(x, layout, "gelu")?;
        let mut out = vec![0.0f32; x.len()];
        out.par_chunks_mut(CHUNK).zip(x.par_chunks(CHUNK)).for_each(|(out, x)| forward(out, x));
        Ok((CpuStorage::F32(out), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _res: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let out = with_values(x, |x| {
            with_values(grad, |grad| {
                let mut out = grad.to_vec();
                out.par_chunks_mut(CHUNK).zip(x.par_chunks(CHUNK)).for_each(|(out, x)| backward(out, x));
                Ok(out)
            })
        })?;
        Ok(Some(Tensor::from_vec(out, x.shape(), x.device())?))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{assert_same_gradients, random};

    #[test]
    fn fused_equals_plain_forward_and_backward() {
        let x = (random((9, 8), 4) * 3.0).unwrap();
        assert_same_gradients(&[&x], |v| super::gelu(v[0]), |v| v[0].gelu_erf());
    }
}
