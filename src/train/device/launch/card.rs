//! The calls to the card. Nothing else in this crate speaks to it without candle between.

use super::Number;
use candle_core::{
    CudaStorage, DType, Device, DeviceLocation, Layout, Result, Storage, Tensor,
    backend::BackendStorage,
    bail,
    cuda::{
        WrapErr,
        cudarc::{
            driver::{LaunchArgs, LaunchConfig, PushKernelArg, result, sys},
            nvrtc,
        },
    },
    op::BackpropOp,
};
use std::sync::OnceLock;

/// What the compiled kernels are called on the card.
const MODULE: &str = "fenzhen_training";

/// Threads of a block.
const BLOCK: usize = 256;

fn config(threads: usize) -> LaunchConfig {
    let blocks = threads.div_ceil(BLOCK) as u32;
    LaunchConfig { grid_dim: (blocks, 1, 1), block_dim: (BLOCK as u32, 1, 1), shared_mem_bytes: 0 }
}

/// The kernels as the card's driver takes them; compiled once a process.
fn code() -> Result<&'static str> {
    static CODE: OnceLock<std::result::Result<String, String>> = OnceLock::new();
    let compile = || Ok(nvrtc::compile_ptx(include_str!("../kernels.cu")).map_err(|e| e.to_string())?.to_src());
    match CODE.get_or_init(compile) {
        Ok(code) => Ok(code),
        Err(reason) => bail!("the kernels do not compile: {reason}"),
    }
}

/// Makes the driver keep memory that is freed, for the next step: by itself it gives all of it back whenever the host waits for the card,
/// and gets it anew after that.
pub fn keep_memory(device: &Device) -> Result<()> {
    let DeviceLocation::Cuda { gpu_id } = device.location() else { return Ok(()) };
    let mut most = u64::MAX;
    let threshold = sys::CUmemPool_attribute::CU_MEMPOOL_ATTR_RELEASE_THRESHOLD;
    // SAFETY: the device exists, as `device` is on it; the attribute is a number of 64 bits.
    unsafe {
        // Some shared cards have no pool.
        let Ok(pool) = result::device::get_default_mem_pool(result::device::get(gpu_id as i32).w()?) else {
            return Ok(());
        };
        result::mem_pool::set_attribute(pool, threshold, (&raw mut most).cast()).w()
    }
}

/// Runs a kernel over `threads` threads: its outputs have as many values as `outputs` says, its inputs are contiguous tensors of
/// f32 or u32.
pub fn launch(
    kernel: &str,
    threads: usize,
    outputs: &[&[usize]],
    inputs: &[&Tensor],
    numbers: &[Number],
) -> Result<Vec<Tensor>> {
    let Device::Cuda(device) = inputs[0].device() else { bail!("{kernel} runs on an NVIDIA card") };
    let function = device.get_or_load_custom_func(kernel, MODULE, code()?)?;
    let mut outs = Vec::with_capacity(outputs.len());
    for shape in outputs {
        // SAFETY: every kernel writes its outputs whole before anything reads them.
        outs.push(unsafe { device.alloc::<f32>(shape.iter().product())? });
    }
    let guards: Vec<_> = inputs.iter().map(|tensor| tensor.storage_and_layout()).collect();
    let mut builder = function.builder();
    for out in &mut outs {
        builder.arg(out);
    }
    let (mut reals, mut counts) = (Vec::new(), Vec::new());
    for (storage, layout) in &guards {
        let (Storage::Cuda(storage), Some((start, end))) = (&**storage, layout.contiguous_offsets()) else {
            bail!("{kernel} takes contiguous tensors on the card")
        };
        match storage.dtype() {
            DType::U32 => counts.push(storage.as_cuda_slice::<u32>()?.slice(start..end)),
            _ => reals.push(storage.as_cuda_slice::<f32>()?.slice(start..end)),
        }
    }
    // By the convention of kernels.cu the arrays of f32 come before those of places.
    for real in &reals {
        builder.arg(real);
    }
    for count in &counts {
        builder.arg(count);
    }
    push(&mut builder, numbers);
    // SAFETY: the arguments are those of the kernel, in number, order and type; the card checks nothing of it, the tests do.
    unsafe { builder.launch(config(threads)) }.w()?;
    drop(guards);
    let wrap = |(out, shape): (_, &&[usize])| {
        let storage = Storage::Cuda(CudaStorage::wrap_cuda_slice(out, device.clone()));
        Tensor::from_storage(storage, *shape, BackpropOp::none(), false)
    };
    Ok(outs.into_iter().zip(outputs).map(wrap).collect())
}

fn push<'a>(builder: &mut LaunchArgs<'a>, numbers: &'a [Number]) {
    for number in numbers {
        match number {
            Number::Count(n) => builder.arg(n),
            Number::Real(x) => builder.arg(x),
        };
    }
}

/// Runs a kernel that changes `target` and reads `source`, a thread a value of `values`.
pub fn launch_in_place(
    kernel: &str,
    values: usize,
    (target, target_layout): (&mut CudaStorage, &Layout),
    (source, source_layout): (&CudaStorage, &Layout),
    numbers: &[Number],
) -> Result<()> {
    let device = target.device.clone();
    let function = device.get_or_load_custom_func(kernel, MODULE, code()?)?;
    let (Some((from, to)), Some((start, end))) =
        (target_layout.contiguous_offsets(), source_layout.contiguous_offsets())
    else {
        bail!("{kernel} takes contiguous tensors")
    };
    let mut target = target.as_cuda_slice_mut::<f32>()?.slice_mut(from..to);
    let source = source.as_cuda_slice::<f32>()?.slice(start..end);
    let mut builder = function.builder();
    builder.arg(&mut target);
    builder.arg(&source);
    push(&mut builder, numbers);
    // SAFETY: as above; the two arrays are different tensors.
    unsafe { builder.launch(config(values)) }.w()?;
    Ok(())
}
