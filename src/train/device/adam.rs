#[cfg(feature = "cuda")]
use super::launch::{Number, launch_in_place};
use crate::train::optimizer::{Moments, Step};
use candle_core::{CpuStorage, DType, InplaceOp2, Layout, Result, Tensor, Var, bail};

/// The optimiser's memory of a weight, on the weight's device.
pub struct DeviceMoments {
    /// First moments, then second ones.
    state: Tensor,
    /// The running mean of the weight, where it is kept.
    mean: Option<Tensor>,
}

impl DeviceMoments {
    pub fn new(var: &Var) -> Result<Self> {
        Ok(DeviceMoments { state: Tensor::zeros((2, var.elem_count()), DType::F32, var.device())?, mean: None })
    }

    pub fn keep_mean(&mut self, var: &Var) -> Result<()> {
        self.mean = Some(var.flatten_all()?.detach().copy()?);
        Ok(())
    }

    /// One step of the weight, and of its mean with such a decay.
    pub(in crate::train) fn step(&self, var: &Var, gradient: &Tensor, by: Step, decay: f32) -> Result<()> {
        self.state.inplace_op2(&gradient.contiguous()?, &Change::Remember(by))?;
        var.inplace_op2(&self.state, &Change::Move(by))?;
        match &self.mean {
            Some(mean) => mean.inplace_op2(var.as_tensor(), &Change::Follow(decay)),
            None => Ok(()),
        }
    }

    pub fn mean(&self) -> Result<Option<Vec<f32>>> {
        self.mean.as_ref().map(Tensor::to_vec1).transpose()
    }

    pub fn moments(&self) -> Result<Moments> {
        let of = |row| self.state.get(row)?.to_vec1();
        Ok(Moments { first: of(0)?, second: of(1)? })
    }

    /// As a checkpoint has them.
    pub fn restore(&mut self, moments: Moments, mean: Option<Vec<f32>>) -> Result<()> {
        let device = self.state.device().clone();
        let n = self.state.dim(1)?;
        if moments.first.len() != n || moments.second.len() != n || mean.as_ref().is_some_and(|mean| mean.len() != n) {
            bail!("the checkpoint's moments have another size than their weight");
        }
        self.state = Tensor::from_vec([moments.first, moments.second].concat(), (2, n), &device)?;
        self.mean = mean.map(|mean| Tensor::from_vec(mean, n, &device)).transpose()?;
        Ok(())
    }
}

/// What a kernel changes in place.
enum Change {
    /// The moments, by a gradient.
    Remember(Step),
    /// A weight, by its moments.
    Move(Step),
    /// A mean, by the weight.
    Follow(f32),
}

impl Change {
    #[cfg(feature = "cuda")]
    fn numbers(&self) -> Vec<Number> {
        match *self {
            Change::Remember(s) => [s.beta1, s.beta2, s.clip].map(Number::from).to_vec(),
            Change::Move(s) => [s.rate, s.decay, s.first, s.second, s.epsilon].map(Number::from).to_vec(),
            Change::Follow(keep) => vec![keep.into()],
        }
    }
}

impl InplaceOp2 for Change {
    fn name(&self) -> &'static str {
        match self {
            Change::Remember(_) => "adam_moments",
            Change::Move(_) => "adam_step",
            Change::Follow(_) => "follow",
        }
    }

    fn cpu_fwd(&self, target: &mut CpuStorage, to: &Layout, source: &CpuStorage, from: &Layout) -> Result<()> {
        let (CpuStorage::F32(target), CpuStorage::F32(source)) = (target, source) else {
            bail!("{} takes f32 tensors", self.name())
        };
        let (Some(to), Some(from)) = (to.contiguous_offsets(), from.contiguous_offsets()) else {
            bail!("{} takes contiguous tensors", self.name())
        };
        let (target, source) = (&mut target[to.0..to.1], &source[from.0..from.1]);
        match *self {
            Change::Remember(s) => {
                let (first, second) = target.split_at_mut(source.len());
                for ((m, v), g) in first.iter_mut().zip(second).zip(source) {
                    let g = g * s.clip;
                    *m = s.beta1 * *m + (1.0 - s.beta1) * g;
                    *v = s.beta2 * *v + (1.0 - s.beta2) * g * g;
                }
            }
            Change::Move(s) => {
                let (first, second) = source.split_at(target.len());
                for ((w, m), v) in target.iter_mut().zip(first).zip(second) {
                    *w -= s.rate * (m * s.first / ((v * s.second).sqrt() + s.epsilon) + s.decay * *w);
                }
            }
            Change::Follow(keep) => {
                target.iter_mut().zip(source).for_each(|(mean, v)| *mean = v + (*mean - v) * keep);
            }
        }
        Ok(())
    }

    #[cfg(feature = "cuda")]
    fn cuda_fwd(
        &self,
        target: &mut candle_core::CudaStorage,
        to: &Layout,
        source: &candle_core::CudaStorage,
        from: &Layout,
    ) -> Result<()> {
        // A thread for every weight: of the moments there are two.
        let values = match self {
            Change::Remember(_) => from.shape().elem_count(),
            Change::Move(_) | Change::Follow(_) => to.shape().elem_count(),
        };
        let numbers = [vec![values.into()], self.numbers()].concat();
        launch_in_place(self.name(), values, (target, to), (source, from), &numbers)
    }
}
