use super::{COLUMNS, GROUP, Panels};
use std::arch::x86_64::*;

/// Rows of a block of sums that stays in registers, of narrow weights: 4 x 16 sums are eight of the sixteen.
const ROWS: usize = 4;
/// The same for other weights: 6 x 16 sums are twelve.
const WIDE_ROWS: usize = 6;

/// The product with AVX2. `a` holds the left side plus 128 in each place, as bytes without a sign: `vpmaddubsw` wants that. It
/// adds two products in 16 bits, which is exact, twice over, where the weights are narrow (see [`super::packed::narrow`]).
/// Other weights, and the left side with them, are widened to 16 bits and multiplied at half the speed.
pub fn multiply(a: &[i8], rows: usize, panels: Panels, sums: &mut [i32]) {
    assert!(std::arch::is_x86_feature_detected!("avx2"), "the machine has no AVX2");
    let (inner, width) = (panels.inner, panels.width());
    assert!(a.len() == rows * inner && sums.len() == rows * width && inner.is_multiple_of(GROUP), "sizes differ");
    if !panels.narrow {
        return multiply_wide(a, rows, panels, sums);
    }
    let extra: Vec<i32> = panels.column_sums.iter().map(|sum| 128 * sum).collect();
    let all = panels.values.chunks_exact(inner * COLUMNS).zip(extra.chunks_exact(COLUMNS));
    for (p, (panel, extra)) in all.enumerate() {
        let mut row = 0;
        while row < rows {
            let here = (rows - row).min(ROWS);
            let (a, sums) = (&a[row * inner..(row + here) * inner], &mut sums[row * width + p * COLUMNS..]);
            // SAFETY: AVX2 was found; `a` holds `here` rows, `panel` and `extra` a panel; of `sums`, the last of `here` rows of
            // `width` has 16 values from this panel's on.
            unsafe {
                match here {
                    4 => tile::<4>(a, inner, panel, extra, sums, width),
                    3 => tile::<3>(a, inner, panel, extra, sums, width),
                    2 => tile::<2>(a, inner, panel, extra, sums, width),
                    _ => tile::<1>(a, inner, panel, extra, sums, width),
                }
            }
            row += here;
        }
    }
}

/// `R` rows times one narrow panel; `extra` is what the 128 in every place of the left side add to each column.
///
/// # Safety
/// The machine has AVX2; `a` holds `R` rows of `inner` bytes, a multiple of eight, `panel` `16 * inner` values, `extra` 16,
/// `sums` `(R - 1) * width + 16`.
#[target_feature(enable = "avx2")]
unsafe fn tile<const R: usize>(a: &[i8], inner: usize, panel: &[i8], extra: &[i32], sums: &mut [i32], width: usize) {
    debug_assert!(a.len() >= R * inner && panel.len() >= COLUMNS * inner && extra.len() >= COLUMNS);
    debug_assert!(sums.len() >= (R - 1) * width + COLUMNS);
    let ones = _mm256_set1_epi16(1);
    let mut acc = [[_mm256_setzero_si256(); 2]; R];
    for step in 0..inner / (2 * GROUP) {
        // SAFETY: the lengths of the slices, see above.
        unsafe {
            let b = panel.as_ptr().add(step * 2 * GROUP * COLUMNS);
            for (r, acc) in acc.iter_mut().enumerate() {
                let at = a.as_ptr().add(r * inner + step * 2 * GROUP).cast::<i32>();
                let (first, second) = (at.read_unaligned(), at.add(1).read_unaligned());
                let (first, second) = (_mm256_set1_epi32(first), _mm256_set1_epi32(second));
                for (half, acc) in acc.iter_mut().enumerate() {
                    let b = b.add(half * GROUP * COLUMNS / 2);
                    let one = _mm256_maddubs_epi16(first, _mm256_loadu_si256(b.cast()));
                    let two = _mm256_maddubs_epi16(second, _mm256_loadu_si256(b.add(GROUP * COLUMNS).cast()));
                    *acc = _mm256_add_epi32(*acc, _mm256_madd_epi16(_mm256_add_epi16(one, two), ones));
                }
            }
        }
    }
    for (r, acc) in acc.iter().enumerate() {
        for (half, &acc) in acc.iter().enumerate() {
            // SAFETY: as above.
            unsafe {
                let extra = _mm256_loadu_si256(extra.as_ptr().add(8 * half).cast());
                let out = sums.as_mut_ptr().add(r * width + 8 * half);
                _mm256_storeu_si256(out.cast(), _mm256_sub_epi32(acc, extra));
            }
        }
    }
}

/// The product with weights that are not narrow: `vpmaddwd` adds two products of 16 bits into 32.
fn multiply_wide(a: &[i8], rows: usize, panels: Panels, sums: &mut [i32]) {
    let (inner, width) = (panels.inner, panels.width());
    let a: Vec<i16> = a.iter().map(|&v| i16::from(v ^ -128)).collect();
    let mut wide = vec![0i16; inner * COLUMNS];
    for (p, panel) in panels.values.chunks_exact(inner * COLUMNS).enumerate() {
        // SAFETY: AVX2 was found; `wide` has as many values as the panel.
        unsafe { widen(panel, &mut wide) };
        let mut row = 0;
        while row < rows {
            let here = (rows - row).min(WIDE_ROWS);
            let (a, sums) = (&a[row * inner..(row + here) * inner], &mut sums[row * width + p * COLUMNS..]);
            // SAFETY: AVX2 was found; `a` holds `here` rows; of `sums`, the last of `here` rows of `width` has 16 values
            // from this panel's on; `wide` holds the whole panel.
            unsafe {
                match here {
                    6 => wide_tile::<6>(a, inner, &wide, sums, width),
                    5 => wide_tile::<5>(a, inner, &wide, sums, width),
                    4 => wide_tile::<4>(a, inner, &wide, sums, width),
                    3 => wide_tile::<3>(a, inner, &wide, sums, width),
                    2 => wide_tile::<2>(a, inner, &wide, sums, width),
                    _ => wide_tile::<1>(a, inner, &wide, sums, width),
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

/// `R` rows times one panel that was widened.
///
/// # Safety
/// The machine has AVX2; `a` holds `R` rows of `inner` values, `wide` `16 * inner` values, `sums` `(R - 1) * width + 16`.
#[target_feature(enable = "avx2")]
unsafe fn wide_tile<const R: usize>(a: &[i16], inner: usize, wide: &[i16], sums: &mut [i32], width: usize) {
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
