//! Dropout whose mask is a function of a seed and a position, so that the backward pass makes it again instead of keeping
//! it, and a resumed training drops the same values.

use super::{ROWS_PER_TASK, values, with_values};
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use fenzhen_layers::vectorised;
use rayon::prelude::*;

/// Sets a share `rate` of the values to zero and scales the rest by `1 / (1 - rate)`.
pub fn dropout(x: &Tensor, rate: f32, seed: u32) -> Result<Tensor> {
    if rate <= 0.0 {
        return Ok(x.clone());
    }
    if x.device().is_cpu() {
        return x.contiguous()?.apply_op1(Dropout { rate, seed });
    }
    let ones = Tensor::ones(x.shape(), candle_core::DType::F32, &candle_core::Device::Cpu)?;
    x * ones.apply_op1(Dropout { rate, seed })?.to_device(x.device())?
}

/// Whether the value at `position` survives (the finaliser of MurmurHash3 over seed and position).
#[inline(always)]
pub fn keeps(seed: u32, position: u32, threshold: u32) -> bool {
    let mut h = position.wrapping_mul(0x9e37_79b9) ^ seed;
    h ^= h >> 16;
    h = h.wrapping_mul(0x85eb_ca6b);
    h ^= h >> 13;
    h = h.wrapping_mul(0xc2b2_ae35);
    h ^= h >> 16;
    h >= threshold
}

/// The threshold for [`keeps`] that drops a share `rate`.
pub fn threshold(rate: f32) -> u32 {
    (rate as f64 * u32::MAX as f64) as u32
}

vectorised! {
    /// Drops values in place; `start` is the position of the first one.
    pub fn drop(values: &mut [f32], seed: u32, start: u32, threshold: u32, scale: f32) {
        for (i, v) in values.iter_mut().enumerate() {
            *v = if keeps(seed, start.wrapping_add(i as u32), threshold) { *v * scale } else { 0.0 };
        }
    }
}

struct Dropout {
    rate: f32,
    seed: u32,
}

impl Dropout {
    fn apply(&self, x: &[f32]) -> Vec<f32> {
        const CHUNK: usize = ROWS_PER_TASK * 512;
        let (threshold, scale) = (threshold(self.rate), 1.0 / (1.0 - self.rate));
        let mut out = vec![0.0f32; x.len()];
        out.par_chunks_mut(CHUNK).zip(x.par_chunks(CHUNK)).enumerate().for_each(|(task, (out, x))| {
            let start = (task * CHUNK) as u32;
            out.copy_from_slice(x);
            drop(out, self.seed, start, threshold, scale);
        });
        out
    }
}

impl CustomOp1 for Dropout {
    fn name(&self) -> &'static str {
        "dropout"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        Ok((CpuStorage::F32(self.apply(values(x, layout, "dropout")?)), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _res: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let out = with_values(grad, |grad| Ok(self.apply(grad)))?;
        Ok(Some(Tensor::from_vec(out, x.shape(), x.device())?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Var};

    #[test]
    fn the_gradient_passes_where_the_value_passed() {
        let x = Var::from_tensor(&Tensor::ones((100, 100), candle_core::DType::F32, &Device::Cpu).unwrap()).unwrap();
        let y = dropout(&x, 0.25, 7).unwrap();
        let grads = y.sum_all().unwrap().backward().unwrap();
        assert_eq!(grads.get(&x).unwrap().to_vec2::<f32>().unwrap(), y.to_vec2::<f32>().unwrap());
        let mean = y.mean_all().unwrap().to_scalar::<f32>().unwrap();
        assert!((mean - 1.0).abs() < 0.05, "mean {mean}");
    }
}
