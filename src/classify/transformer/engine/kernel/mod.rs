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
mod portable;
#[cfg(test)]
mod tests;
#[cfg(target_arch = "x86_64")]
mod vnni;

use std::sync::OnceLock;

/// Columns of a panel.
pub const COLUMNS: usize = 16;
/// Steps along the inner dimension that stand side by side in a panel.
pub const GROUP: usize = 4;

/// Which instructions multiply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kernel {
    /// Plain Rust.
    Portable,
    /// x86-64 with AVX2: pairs of 16-bit products (`vpmaddwd`).
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

    /// Whether a small product comes out as in plain Rust.
    fn right(self) -> bool {
        let (rows, inner, width) = (35, 128, 5 * COLUMNS);
        let byte = |i: usize| ((i.wrapping_mul(2_654_435_761) >> 13) as u8 as i8).max(-127);
        let a: Vec<i8> = (0..rows * inner).map(byte).collect();
        let b: Vec<i8> = (0..width * inner).map(|i| byte(i + 7)).collect();
        let column = |c: usize| (0..inner).map(|k| i32::from(b[place(k, c, inner)])).sum();
        let column_sums: Vec<i32> = (0..width).map(column).collect();
        let product = |kernel: Kernel| {
            let mut sums = Vec::new();
            let panels = Panels { values: &b, inner, column_sums: &column_sums };
            kernel.multiply(&kernel.left(&a, rows, inner), panels, &mut sums);
            sums.truncate(rows * width);
            sums
        };
        product(self) == product(Kernel::Portable)
    }

    /// Prepares the left side of products: `rows` rows of `inner` values between -127 and 127.
    pub fn left(self, values: &[i8], rows: usize, inner: usize) -> Left {
        assert_eq!(values.len(), rows * inner, "the rows have another size");
        assert!(inner.is_multiple_of(GROUP) && inner > 0, "rows of {inner} values are not in whole groups");
        let data = match self {
            Kernel::Avx2 => Data::Words(values.iter().map(|&v| i16::from(v)).collect()),
            // The instruction wants one side without a sign; what that adds is taken off the sums.
            Kernel::Vnni => Data::Bytes(values.iter().map(|&v| v ^ -128).collect()),
            #[cfg(target_arch = "x86_64")]
            Kernel::Amx => Data::Bytes(amx::padded(values, rows, inner)),
            _ => Data::Bytes(values.to_vec()),
        };
        Left { data, rows, inner }
    }

    /// The product with some panels: `sums` becomes `[rows, 16 * panels]`; rows that the kernel makes beyond those of the
    /// left side follow and mean nothing.
    ///
    /// # Panics
    /// If the left side was prepared for another kernel or has another inner size.
    pub fn multiply(self, left: &Left, panels: Panels, sums: &mut Vec<i32>) {
        panels.check();
        assert_eq!(left.inner, panels.inner, "inner sizes differ");
        let rows = left.rows;
        sums.clear();
        sums.resize(rows.next_multiple_of(self.rows_at_once()) * panels.width(), 0);
        match (self, &left.data) {
            (Kernel::Portable, Data::Bytes(a)) => portable::multiply(a, rows, panels, sums),
            #[cfg(target_arch = "x86_64")]
            (Kernel::Avx2, Data::Words(a)) => avx2::multiply(a, rows, panels, sums),
            #[cfg(target_arch = "x86_64")]
            (Kernel::Vnni, Data::Bytes(a)) => vnni::multiply(a, rows, panels, sums),
            #[cfg(target_arch = "x86_64")]
            (Kernel::Amx, Data::Bytes(a)) => amx::multiply(a, panels, sums),
            #[cfg(target_arch = "aarch64")]
            (Kernel::Neon, Data::Bytes(a)) => neon::multiply(a, rows, panels, sums),
            _ => panic!("the left side was prepared for another kernel than {}", self.name()),
        }
    }

    /// Rows that are computed together even where fewer are asked for.
    fn rows_at_once(self) -> usize {
        if self == Kernel::Amx { 32 } else { 1 }
    }
}

/// Some panels of the right side: 16 columns each, four steps along the inner dimension side by side (see [`place`]).
#[derive(Clone, Copy)]
pub struct Panels<'a> {
    pub values: &'a [i8],
    pub inner: usize,
    /// The sum of each column.
    pub column_sums: &'a [i32],
}

impl Panels<'_> {
    /// Number of columns.
    pub fn width(&self) -> usize {
        self.column_sums.len()
    }

    fn check(&self) {
        assert!(self.width().is_multiple_of(COLUMNS), "a panel is cut");
        assert_eq!(self.values.len(), self.inner * self.width(), "the panels have another size");
    }
}

/// Where the value of step `k` of a column stands in the panels.
pub fn place(k: usize, column: usize, inner: usize) -> usize {
    let (panel, column) = (column / COLUMNS, column % COLUMNS);
    panel * inner * COLUMNS + k / GROUP * (GROUP * COLUMNS) + column * GROUP + k % GROUP
}

/// The left side of products, as a kernel wants it.
pub struct Left {
    data: Data,
    rows: usize,
    inner: usize,
}

enum Data {
    Bytes(Vec<i8>),
    #[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "only AVX2 takes words"))]
    Words(Vec<i16>),
}
