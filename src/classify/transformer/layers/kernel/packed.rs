use super::{COLUMNS, GROUP};
use std::ops::Range;

/// Steps of the inner dimension within which the sums of a [`narrow`] row are looked at.
const NARROW_STEPS: usize = 2 * GROUP;

/// The right side of products: a matrix of bytes in panels of [`COLUMNS`] columns, packed once. In a panel, [`GROUP`] steps
/// along the inner dimension stand side by side: AMX, VNNI and NEON read them as they stand.
pub struct Packed {
    values: Vec<i8>,
    column_sums: Vec<i32>,
    inner: usize,
    narrow: bool,
}

impl Packed {
    /// From the columns of the product, `inner` values each, one after another: a layer's row-major weights. Columns of zeros
    /// fill the last panel.
    ///
    /// # Panics
    /// If `inner` is no multiple of [`GROUP`], or the columns are not whole.
    pub fn new(columns: &[i8], inner: usize) -> Self {
        assert!(inner.is_multiple_of(GROUP) && inner > 0, "{inner} inputs are not in whole groups");
        assert!(columns.len().is_multiple_of(inner), "a column is cut");
        let width = (columns.len() / inner).next_multiple_of(COLUMNS);
        let mut values = vec![0i8; width * inner];
        let mut column_sums = vec![0i32; width];
        for (number, column) in columns.chunks_exact(inner).enumerate() {
            for (k, group) in column.chunks_exact(GROUP).enumerate() {
                values[place(k * GROUP, number, inner)..][..GROUP].copy_from_slice(group);
            }
            column_sums[number] = column.iter().map(|&v| i32::from(v)).sum();
        }
        let narrow = columns.chunks_exact(inner).all(narrow);
        Packed { values, column_sums, inner, narrow }
    }

    /// The sum of each column; zero for those that fill up.
    pub fn column_sums(&self) -> &[i32] {
        &self.column_sums
    }

    /// Number of panels.
    pub fn count(&self) -> usize {
        self.column_sums.len() / COLUMNS
    }

    /// Some panels.
    pub fn panels(&self, panels: Range<usize>) -> Panels<'_> {
        let (from, to) = (panels.start * COLUMNS, panels.end * COLUMNS);
        Panels {
            values: &self.values[from * self.inner..to * self.inner],
            inner: self.inner,
            column_sums: &self.column_sums[from..to],
            narrow: self.narrow,
        }
    }
}

/// Some panels of a [`Packed`] matrix.
#[derive(Clone, Copy)]
pub struct Panels<'a> {
    pub(super) values: &'a [i8],
    pub(super) inner: usize,
    pub(super) column_sums: &'a [i32],
    /// Whether every column is [`narrow`].
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code, reason = "only AVX2 asks"))]
    pub(super) narrow: bool,
}

impl Panels<'_> {
    /// Number of columns.
    pub fn width(&self) -> usize {
        self.column_sums.len()
    }
}

/// Where the value of step `k` of a column stands.
fn place(k: usize, column: usize, inner: usize) -> usize {
    let (panel, column) = (column / COLUMNS, column % COLUMNS);
    panel * inner * COLUMNS + k / GROUP * (GROUP * COLUMNS) + column * GROUP + k % GROUP
}

/// Whether the products of these weights with bytes can be added in 16 bits, four at a time, as AVX2 does: of every eight
/// weights, the first two of each group of four, and the last two, may sum up to 128 on either side of zero (255 times 128 is
/// 32,640). Weights of 63 levels nearly always do; those of 127 nearly never.
pub fn narrow(weights: &[i8]) -> bool {
    let held = |four: [i8; 4]| {
        let side = |sign: i32| four.iter().map(|&w| (sign * i32::from(w)).max(0)).sum::<i32>();
        side(1) <= 128 && side(-1) <= 128
    };
    weights.len().is_multiple_of(NARROW_STEPS)
        && weights.chunks_exact(NARROW_STEPS).all(|w| held([w[0], w[1], w[4], w[5]]) && held([w[2], w[3], w[6], w[7]]))
}
