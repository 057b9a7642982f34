//! The tensor operations of the encoder, each with its backward pass.
//!
//! candle-nn 0.11's fused `layer_norm` and `softmax_last_dim` have no backward pass and say nothing, so a stock BERT trains
//! only its head. The operations here carry gradients, and are fused where memory traffic would otherwise cost more than
//! the arithmetic. On the CPU they run as candle custom ops over ragged batches (the pieces of all texts one after another,
//! no padding); on any other device the same functions are built from plain tensor steps, which also serve as the oracle
//! of the tests.

pub mod attention;
pub mod dropout;
pub mod gelu;
mod linear;
mod loss;
pub mod matmul;
pub mod norm;

pub use attention::attention;
pub use dropout::{dropout, keeps};
pub use gelu::gelu;
pub use linear::linear;
pub use loss::{binary_cross_entropy, cross_entropy, group_cross_entropy};
pub use norm::layer_norm;

use candle_core::{CpuStorage, Layout, Result, Storage, Tensor, bail};

/// The f32 values of a contiguous CPU storage.
fn values<'a>(storage: &'a CpuStorage, layout: &Layout, op: &str) -> Result<&'a [f32]> {
    let CpuStorage::F32(all) = storage else { bail!("{op} takes f32 tensors") };
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&all[start..end]),
        None => bail!("{op} takes contiguous tensors"),
    }
}

/// Lends the values of a CPU tensor to `f`, copying only where the tensor is not contiguous.
fn with_values<R>(tensor: &Tensor, f: impl FnOnce(&[f32]) -> Result<R>) -> Result<R> {
    let tensor = tensor.contiguous()?;
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cpu(cpu) => f(values(cpu, layout, "with_values")?),
        _ => bail!("with_values takes a CPU tensor"),
    }
}

/// Rows a parallel task works on: fixed, so that sums come out the same for any number of threads.
const ROWS_PER_TASK: usize = 64;

#[cfg(test)]
pub mod tests {
    use candle_core::{Device, Result, Shape, Tensor, Var};

    /// A tensor of standard normal values, the same for the same seed.
    pub fn random(shape: impl Into<Shape>, seed: u64) -> Tensor {
        use rand::{Rng, SeedableRng};
        let shape = shape.into();
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        let normal: Vec<f32> =
            (0..shape.elem_count()).map(|_| (0..12).map(|_| rng.random::<f32>()).sum::<f32>() - 6.0).collect();
        Tensor::from_vec(normal, shape, &Device::Cpu).unwrap()
    }

    /// Asserts that two functions give the same values and, for a loss that weighs every output differently, the same
    /// gradients.
    pub fn assert_same_gradients(
        inputs: &[&Tensor],
        fused: impl Fn(&[&Tensor]) -> Result<Tensor>,
        plain: impl Fn(&[&Tensor]) -> Result<Tensor>,
    ) {
        let run = |f: &dyn Fn(&[&Tensor]) -> Result<Tensor>| {
            let vars: Vec<Var> = inputs.iter().map(|x| Var::from_tensor(x).unwrap()).collect();
            let out = f(&vars.iter().map(|v| v.as_tensor()).collect::<Vec<_>>()).unwrap();
            let weights = random(out.shape().clone(), 99);
            let grads = (&out * weights).unwrap().sum_all().unwrap().backward().unwrap();
            let mut all = vec![out];
            all.extend(vars.iter().map(|v| grads.get(v).expect("every input has a gradient").clone()));
            all
        };
        for (i, (a, b)) in run(&fused).iter().zip(run(&plain)).enumerate() {
            let worst =
                (a - b).unwrap().abs().unwrap().flatten_all().unwrap().max(0).unwrap().to_scalar::<f32>().unwrap();
            assert!(worst < 2e-4, "output {i} differs by {worst}");
        }
    }
}
