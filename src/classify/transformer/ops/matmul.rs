//! Matrix products over strided views: the safe door to the `gemm` crate.

use gemm::Parallelism;

/// A matrix inside a slice: element (i, j) is at `i * row + j * col`.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub data: &'a [f32],
    pub rows: usize,
    pub cols: usize,
    pub row: usize,
    pub col: usize,
}

impl<'a> View<'a> {
    /// A row-major matrix with `stride` elements from row to row.
    pub fn rows(data: &'a [f32], rows: usize, cols: usize, stride: usize) -> Self {
        View { data, rows, cols, row: stride, col: 1 }
    }

    pub fn t(self) -> Self {
        View { rows: self.cols, cols: self.rows, row: self.col, col: self.row, ..self }
    }

    fn fits(&self) -> bool {
        self.rows == 0 || self.cols == 0 || (self.rows - 1) * self.row + (self.cols - 1) * self.col < self.data.len()
    }
}

/// `out = keep * out + scale * a b`, where `out` is row-major with `stride` from row to row.
///
/// # Panics
/// If the shapes do not fit each other or their slices.
pub fn matmul(out: &mut [f32], stride: usize, keep: f32, a: View, b: View, scale: f32, threads: usize) {
    let (m, n, k) = (a.rows, b.cols, a.cols);
    assert_eq!(k, b.rows, "inner sizes differ");
    assert!(a.fits() && b.fits() && View::rows(out, m, n, stride).fits(), "a matrix exceeds its slice");
    if m == 0 || n == 0 {
        return;
    }
    let parallelism = if threads > 1 { Parallelism::Rayon(threads) } else { Parallelism::None };
    // SAFETY: every element that the product reads or writes lies inside its slice (checked above), and `out` is borrowed
    // mutably, so it cannot overlap `a` or `b`.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            stride as isize,
            keep != 0.0,
            a.data.as_ptr(),
            a.col as isize,
            a.row as isize,
            b.data.as_ptr(),
            b.col as isize,
            b.row as isize,
            keep,
            scale,
            false,
            false,
            false,
            parallelism,
        );
    }
}
