use super::{COLUMNS, GROUP, Panels};
use std::arch::x86_64::*;

/// Rows of a block of sums that stays in registers: 6 x 16 sums are twelve of the sixteen.
const ROWS: usize = 6;

/// The product with AVX2. `vpmaddubsw` would multiply bytes, but its 16-bit sums overflow; so both sides are widened to 16
/// bits, a panel at a time, and `vpmaddwd` adds two products into 32 bits: as many products a second on the machines that
/// have no VNNI, and exact.
pub fn multiply(a: &[i16], rows: usize, panels: Panels, sums: &mut [i32]) {
    assert!(std::arch::is_x86_feature_detected!("avx2"), "the machine has no AVX2");
    let (inner, width) = (panels.inner, panels.width());
    assert!(a.len() == rows * inner && sums.len() == rows * width && inner.is_multiple_of(GROUP), "sizes differ");
    let mut wide = vec![0i16; inner * COLUMNS];
    for (p, panel) in panels.values.chunks_exact(inner * COLUMNS).enumerate() {
        // SAFETY: AVX2 was found; `wide` has as many values as the panel.
        unsafe { widen(panel, &mut wide) };
        let mut row = 0;
        while row < rows {
            let here = (rows - row).min(ROWS);
            let (a, sums) = (&a[row * inner..(row + here) * inner], &mut sums[row * width + p * COLUMNS..]);
            // SAFETY: AVX2 was found; `a` holds `here` rows; of `sums`, the last of `here` rows of `width` has 16 values
            // from this panel's on; `wide` holds the whole panel.
            unsafe {
                match here {
                    6 => tile::<6>(a, inner, &wide, sums, width),
                    5 => tile::<5>(a, inner, &wide, sums, width),
                    4 => tile::<4>(a, inner, &wide, sums, width),
                    3 => tile::<3>(a, inner, &wide, sums, width),
                    2 => tile::<2>(a, inner, &wide, sums, width),
                    _ => tile::<1>(a, inner, &wide, sums, width),
                }
            }
            row += here;
        }
    }
}

/// Turns a panel's groups of four bytes a column into two groups of two 16-bit values a column.
///
/// # Safety
/// The machine has AVX2; both slices have the same length, a multiple of 64.
#[target_feature(enable = "avx2")]
unsafe fn widen(panel: &[i8], wide: &mut [i16]) {
    debug_assert!(panel.len() == wide.len() && panel.len().is_multiple_of(64));
    // Of four columns, the first two steps of each, then the last two.
    let order = _mm_setr_epi8(0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15);
    for at in (0..panel.len()).step_by(64) {
        for four in 0..4 {
            // SAFETY: 64 bytes lie from `at` on, and 64 values in `wide`.
            unsafe {
                let bytes = _mm_loadu_si128(panel.as_ptr().add(at + 16 * four).cast());
                let words = _mm256_cvtepi8_epi16(_mm_shuffle_epi8(bytes, order));
                let first = wide.as_mut_ptr().add(at + 8 * four);
                _mm_storeu_si128(first.cast(), _mm256_castsi256_si128(words));
                _mm_storeu_si128(first.add(32).cast(), _mm256_extracti128_si256::<1>(words));
            }
        }
    }
}

/// `R` rows times one panel.
///
/// # Safety
/// The machine has AVX2; `a` holds `R` rows of `inner` values, `wide` `16 * inner` values, `sums` `(R - 1) * width + 16`.
#[target_feature(enable = "avx2")]
unsafe fn tile<const R: usize>(a: &[i16], inner: usize, wide: &[i16], sums: &mut [i32], width: usize) {
    debug_assert!(a.len() >= R * inner && wide.len() >= COLUMNS * inner && sums.len() >= (R - 1) * width + COLUMNS);
    let mut acc = [[_mm256_setzero_si256(); 2]; R];
    for pair in 0..inner / 2 {
        // SAFETY: the lengths of the slices, see above.
        unsafe {
            let b = wide.as_ptr().add(pair * 2 * COLUMNS);
            let (b0, b1) = (_mm256_loadu_si256(b.cast()), _mm256_loadu_si256(b.add(COLUMNS).cast()));
            for (r, acc) in acc.iter_mut().enumerate() {
                let two = a.as_ptr().add(r * inner + pair * 2).cast::<i32>().read_unaligned();
                let two = _mm256_set1_epi32(two);
                acc[0] = _mm256_add_epi32(acc[0], _mm256_madd_epi16(two, b0));
                acc[1] = _mm256_add_epi32(acc[1], _mm256_madd_epi16(two, b1));
            }
        }
    }
    for (r, acc) in acc.iter().enumerate() {
        // SAFETY: as above.
        unsafe {
            let out = sums.as_mut_ptr().add(r * width);
            _mm256_storeu_si256(out.cast(), acc[0]);
            _mm256_storeu_si256(out.add(8).cast(), acc[1]);
        }
    }
}
