use crate::{Error, Result};
use candle_core::Device;

/// The device of a name: `cpu`, `cuda` or `cuda:N`, `metal` or `metal:N`.
///
/// # Errors
/// [`Error::Device`] where the name is none of these, this build has no support for it (features `cuda`, `metal`), or the
/// machine has no such device.
///
/// ```
/// assert!(fenzhen::classify::transformer::device("cpu").unwrap().is_cpu());
/// assert!(fenzhen::classify::transformer::device("abacus").is_err());
/// ```
pub fn device(name: &str) -> Result<Device> {
    let fault = |reason: String| Error::Device { device: name.to_owned(), reason };
    let (kind, number) = name.split_once(':').unwrap_or((name, "0"));
    let number = number.parse().map_err(|_| fault(format!("{number:?} is no number of a device")))?;
    let opened = match (kind, number) {
        ("cpu", 0) => return Ok(Device::Cpu),
        ("cuda", n) => Device::new_cuda(n),
        ("metal", n) => Device::new_metal(n),
        _ => return Err(fault("there are cpu, cuda:N and metal:N".into())),
    };
    // candle's own message carries a backtrace after its first line.
    opened.map_err(|e| fault(e.to_string().lines().next().unwrap_or_default().to_owned()))
}
