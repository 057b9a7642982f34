//! Starts the kernels of `kernels.cu` on an NVIDIA card, where the build has support for one.

#[cfg(feature = "cuda")]
mod card;
#[cfg(feature = "cuda")]
pub use card::{keep_memory, launch, launch_in_place};

#[cfg(not(feature = "cuda"))]
use candle_core::{Device, Result, Tensor, bail};

/// A number that a kernel takes.
#[derive(Clone, Copy)]
#[cfg_attr(not(feature = "cuda"), expect(dead_code, reason = "only kernels read it"))]
pub enum Number {
    Count(u32),
    Real(f32),
}

impl From<usize> for Number {
    fn from(n: usize) -> Self {
        // Arrays of more values than this do not fit the memory of a card.
        Number::Count(u32::try_from(n).expect("a batch has fewer than 2^32 values"))
    }
}

impl From<u32> for Number {
    fn from(n: u32) -> Self {
        Number::Count(n)
    }
}

impl From<f32> for Number {
    fn from(x: f32) -> Self {
        Number::Real(x)
    }
}

/// As on a build with the feature `cuda`, where there is a card.
#[cfg(not(feature = "cuda"))]
pub fn launch(kernel: &str, _: usize, _: &[&[usize]], _: &[&Tensor], _: &[Number]) -> Result<Vec<Tensor>> {
    bail!("{kernel} needs a build with the feature cuda")
}

/// As on a build with the feature `cuda`; elsewhere there is nothing to keep.
#[cfg(not(feature = "cuda"))]
pub fn keep_memory(_: &Device) -> Result<()> {
    Ok(())
}
