//! Products of 8-bit matrices: the one place where the engine speaks to the machine's vector units.
//!
//! Every kernel computes the same whole numbers, so a complaint gets the same decision, bit for bit, on every machine. The
//! best one that the machine has is chosen when the first product is needed, and only after it has given the right result
//! once: a kernel that is wrong on some machine costs speed there, not answers.

#[cfg(target_arch = "x86_64")]
mod amx;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "aarch64")]
mod neon;
mod packed;
mod portable;
#[cfg(test)]
mod tests;
#[cfg(target_arch = "x86_64")]
mod vnni;

pub use packed::{Packed, narrow};

use packed::Panels;
use std::sync::OnceLock;

/// Columns of a panel.
pub const COLUMNS: usize = 16;
/// Steps along the inner dimension that stand side by side in a panel.
pub const GROUP: usize = 4;

/// Which instructions multiply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Kernel {
    /// Plain Rust.
    #[default]
    Portable,
    /// x86-64 with AVX2: pairs of 8-bit products (`vpmaddubsw`) where the weights are narrow, else of 16-bit ones (`vpmaddwd`).
    Avx2,
    /// x86-64 with AVX-512 VNNI: quadruples of 8-bit products (`vpdpbusd`).
    Vnni,
    /// x86-64 with AMX: tiles of 16 rows and 16 columns (`tdpbssd`).
    Amx,
    /// aarch64 with the dot-product extension (`sdot`).
    Neon,
}

impl Kernel {
    /// From the slowest to the fastest.
    pub const ALL: [Kernel; 5] = [Kernel::Portable, Kernel::Neon, Kernel::Avx2, Kernel::Vnni, Kernel::Amx];

    /// The fastest kernel of this machine. `FENZHEN_KERNEL` names a slower one, for measuring.
    pub fn best() -> Kernel {
        static BEST: OnceLock<Kernel> = OnceLock::new();
        *BEST.get_or_init(|| {
            let wanted = std::env::var("FENZHEN_KERNEL").ok();
            let wanted = Kernel::ALL.into_iter().find(|k| wanted.as_deref() == Some(k.name()));
            let mut candidates = wanted.into_iter().chain(Kernel::ALL.into_iter().rev());
            candidates.find(|k| k.available() && k.right()).unwrap_or(Kernel::Portable)
        })
    }

    pub fn name(self) -> &'static str {
        match self {
            Kernel::Portable => "portable",
            Kernel::Avx2 => "avx2",
            Kernel::Vnni => "avx512-vnni",
            Kernel::Amx => "amx",
            Kernel::Neon => "neon-dotprod",
        }
    }

    /// Whether the machine has the instructions.
    pub fn available(self) -> bool {
        match self {
            Kernel::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx2 => std::arch::is_x86_feature_detected!("avx2"),
            #[cfg(target_arch = "x86_64")]
            Kernel::Vnni => vnni::available(),
            #[cfg(target_arch = "x86_64")]
            Kernel::Amx => amx::available(),
            #[cfg(target_arch = "aarch64")]
            Kernel::Neon => std::arch::is_aarch64_feature_detected!("dotprod"),
            #[allow(unreachable_patterns)]
            _ => false,
        }
    }

    /// Whether small products come out as in plain Rust, with narrow weights and with others.
    fn right(self) -> bool {
        let (rows, inner, width) = (35, 128, 5 * COLUMNS);
        let byte = |i: usize| ((i.wrapping_mul(2_654_435_761) >> 13) as u8 as i8).max(-127);
        let a: Vec<i8> = (0..rows * inner).map(byte).collect();
        let product = |kernel: Kernel, b: &Packed| {
            let mut sums = Vec::new();
            kernel.multiply(&kernel.left(a.clone(), rows, inner), b.panels(0..b.count()), &mut sums);
            sums.truncate(rows * width);
            sums
        };
        [1, 4].into_iter().all(|part| {
            let b: Vec<i8> = (0..width * inner).map(|i| byte(i + 7) / part).collect();
            let b = Packed::new(&b, inner);
            product(self, &b) == product(Kernel::Portable, &b)
        })
    }

    /// Prepares the left side of products: `rows` rows of `inner` values between -127 and 127, which stand in `bytes`.
    pub fn left(self, mut bytes: Vec<i8>, rows: usize, inner: usize) -> Left {
        assert_eq!(bytes.len(), rows * inner, "the rows have another size");
        assert!(inner.is_multiple_of(GROUP) && inner > 0, "rows of {inner} values are not in whole groups");
        match self {
            // The instructions want one side without a sign; what that adds is taken off the sums.
            Kernel::Avx2 | Kernel::Vnni => bytes.iter_mut().for_each(|v| *v ^= -128),
            #[cfg(target_arch = "x86_64")]
            Kernel::Amx => bytes = amx::padded(&bytes, rows, inner),
            _ => {}
        }
        Left { kernel: self, bytes, rows, inner }
    }

    /// The product with some panels: `sums` becomes `[rows, 16 * panels]`; rows that the kernel makes beyond those of the
    /// left side follow and mean nothing.
    ///
    /// # Panics
    /// If the left side was prepared for another kernel or has another inner size.
    pub fn multiply(self, left: &Left, panels: Panels, sums: &mut Vec<i32>) {
        assert_eq!(left.kernel, self, "the left side was prepared for another kernel");
        assert_eq!(left.inner, panels.inner, "inner sizes differ");
        let (a, rows) = (&left.bytes[..], left.rows);
        // What stands there is overwritten: clearing it would cost a thirtieth of the whole pass.
        sums.resize(rows.next_multiple_of(self.rows_at_once()) * panels.width(), 0);
        match self {
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx2 => avx2::multiply(a, rows, panels, sums),
            #[cfg(target_arch = "x86_64")]
            Kernel::Vnni => vnni::multiply(a, rows, panels, sums),
            #[cfg(target_arch = "x86_64")]
            Kernel::Amx => amx::multiply(a, panels, sums),
            #[cfg(target_arch = "aarch64")]
            Kernel::Neon => neon::multiply(a, rows, panels, sums),
            _ => portable::multiply(a, rows, panels, sums),
        }
    }

    /// Rows that are computed together even where fewer are asked for.
    fn rows_at_once(self) -> usize {
        if self == Kernel::Amx { 32 } else { 1 }
    }
}

/// The left side of products, as a kernel wants it.
#[derive(Default)]
pub struct Left {
    kernel: Kernel,
    bytes: Vec<i8>,
    rows: usize,
    inner: usize,
}

impl Left {
    /// The room of its bytes, for others.
    pub fn into_bytes(self) -> Vec<i8> {
        self.bytes
    }
}
