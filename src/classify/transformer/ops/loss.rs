//! The losses of the heads. Each returns the weighted mean over the rows that have a label; rows without one have weight
//! zero. The gradient with respect to the logits has a closed form, so each is one custom operation.

use super::{values, with_values};
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

/// Softmax cross-entropy against soft targets (`rows * classes`, each row summing to one) with a weight a row.
pub fn cross_entropy(logits: &Tensor, targets: Vec<f32>, weights: Vec<f32>) -> Result<Tensor> {
    on_cpu(logits)?.apply_op1(Loss { weights, kind: Kind::Softmax { targets } })
}

/// Cross-entropy of the first level: a class's probability is the sum of its members' (`groups[i]` is the group of label
/// `i`). `targets` holds a group a row; it only counts where the row's weight is positive.
pub fn group_cross_entropy(
    logits: &Tensor,
    groups: Vec<usize>,
    targets: Vec<usize>,
    weights: Vec<f32>,
) -> Result<Tensor> {
    on_cpu(logits)?.apply_op1(Loss { weights, kind: Kind::Groups { groups, targets } })
}

/// Sigmoid cross-entropy, averaged over the labels; targets lie in [0, 1].
pub fn binary_cross_entropy(logits: &Tensor, targets: Vec<f32>, weights: Vec<f32>) -> Result<Tensor> {
    on_cpu(logits)?.apply_op1(Loss { weights, kind: Kind::Sigmoid { targets } })
}

fn on_cpu(logits: &Tensor) -> Result<Tensor> {
    logits.to_device(&candle_core::Device::Cpu)?.contiguous()
}

enum Kind {
    Softmax { targets: Vec<f32> },
    Sigmoid { targets: Vec<f32> },
    Groups { groups: Vec<usize>, targets: Vec<usize> },
}

struct Loss {
    weights: Vec<f32>,
    kind: Kind,
}

impl Loss {
    /// The loss of one row; its gradient is written to `grad`.
    fn row(&self, row: usize, logits: &[f32], grad: &mut [f32]) -> f32 {
        let classes = logits.len();
        match &self.kind {
            Kind::Softmax { targets } => {
                let targets = &targets[row * classes..][..classes];
                let p = crate::classify::softmax(logits);
                let mut loss = 0.0;
                for i in 0..classes {
                    grad[i] = p[i] - targets[i];
                    if targets[i] > 0.0 {
                        loss -= targets[i] * p[i].max(1e-30).ln();
                    }
                }
                loss
            }
            Kind::Sigmoid { targets } => {
                let targets = &targets[row * classes..][..classes];
                let mut loss = 0.0;
                for i in 0..classes {
                    let z = logits[i];
                    // log(1 + e^z) - t z, in the form that does not overflow.
                    loss += z.max(0.0) + (-z.abs()).exp().ln_1p() - targets[i] * z;
                    grad[i] = (crate::classify::sigmoid(z) - targets[i]) / classes as f32;
                }
                loss / classes as f32
            }
            Kind::Groups { groups, targets } => {
                let p = crate::classify::softmax(logits);
                let target = targets[row];
                let mass: f32 = p.iter().zip(groups).filter(|(_, g)| **g == target).map(|(p, _)| p).sum();
                let mass = mass.max(1e-30);
                for i in 0..classes {
                    grad[i] = p[i] - if groups[i] == target { p[i] / mass } else { 0.0 };
                }
                -mass.ln()
            }
        }
    }

    /// The weighted mean over the rows and its gradient.
    fn run(&self, logits: &[f32], classes: usize) -> (f32, Vec<f32>) {
        let total: f32 = self.weights.iter().sum();
        let mut grad = vec![0.0; logits.len()];
        if total <= 0.0 {
            return (0.0, grad);
        }
        let mut loss = 0.0;
        for (row, (z, g)) in logits.chunks_exact(classes).zip(grad.chunks_exact_mut(classes)).enumerate() {
            let weight = self.weights[row] / total;
            if weight > 0.0 {
                loss += weight * self.row(row, z, g);
                g.iter_mut().for_each(|g| *g *= weight);
            }
        }
        (loss, grad)
    }
}

impl CustomOp1 for Loss {
    fn name(&self) -> &'static str {
        "loss"
    }

    fn cpu_fwd(&self, logits: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (_, classes) = layout.shape().dims2()?;
        let (loss, _) = self.run(values(logits, layout, "loss")?, classes);
        Ok((CpuStorage::F32(vec![loss]), ().into()))
    }

    fn bwd(&self, logits: &Tensor, _res: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let (_, classes) = logits.dims2()?;
        let scale = grad.to_scalar::<f32>()?;
        let out = with_values(logits, |z| {
            let (_, mut out) = self.run(z, classes);
            out.iter_mut().for_each(|g| *g *= scale);
            Ok(out)
        })?;
        Ok(Some(Tensor::from_vec(out, logits.shape(), logits.device())?))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::random;
    use super::*;
    use candle_core::Var;

    /// Compares the gradient with finite differences.
    fn check(loss: impl Fn(&Tensor) -> Result<Tensor>) {
        let z = Var::from_tensor(&random((3, 4), 9)).unwrap();
        let got =
            loss(&z).unwrap().backward().unwrap().get(&z).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let base = z.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        for i in 0..12 {
            let at = |step: f32| {
                let mut v = base.clone();
                v[i] += step;
                let z = Tensor::from_vec(v, (3, 4), z.device()).unwrap();
                loss(&z).unwrap().to_scalar::<f32>().unwrap() as f64
            };
            let want = (at(1e-2) - at(-1e-2)) / 2e-2;
            assert!((got[i] as f64 - want).abs() < 1e-3, "entry {i}: {} against {want}", got[i]);
        }
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        let weights = vec![1.0, 0.0, 2.0];
        let soft = vec![0.7, 0.1, 0.1, 0.1, 0.0, 0.0, 0.0, 0.0, 0.25, 0.25, 0.25, 0.25];
        check(|z| cross_entropy(z, soft.clone(), weights.clone()));
        check(|z| binary_cross_entropy(z, soft.clone(), weights.clone()));
        check(|z| group_cross_entropy(z, vec![0, 0, 1, 1], vec![0, 1, 1], weights.clone()));
    }
}
