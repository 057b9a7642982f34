use super::{COLUMNS, GROUP, Panels};
use std::arch::x86_64::*;

/// Rows of a block of sums that stays in registers: with four panels, 24 of the 32.
const ROWS: usize = 6;

pub fn available() -> bool {
    std::arch::is_x86_feature_detected!("avx512f")
        && std::arch::is_x86_feature_detected!("avx512bw")
        && std::arch::is_x86_feature_detected!("avx512vnni")
}

/// The product with AVX-512 VNNI. `a` holds the left side plus 128 in each place, as bytes without a sign: `vpdpbusd` wants
/// that. The sums start at what the 128 add, negated.
pub fn multiply(a: &[i8], rows: usize, panels: Panels, sums: &mut [i32]) {
    assert!(available(), "the machine has no AVX-512 VNNI");
    let Panels { values, inner, column_sums, .. } = panels;
    let width = panels.width();
    let extra: Vec<i32> = column_sums.iter().map(|sum| 128 * sum).collect();
    assert!(a.len() == rows * inner && sums.len() == rows * width && inner.is_multiple_of(GROUP), "sizes differ");
    let size = inner * COLUMNS;
    let count = width / COLUMNS;
    let mut first = 0;
    while first < count {
        let here = if count - first >= 4 { 4 } else { 1 };
        let panels = &values[first * size..(first + here) * size];
        let extra = &extra[first * COLUMNS..(first + here) * COLUMNS];
        let mut row = 0;
        while row < rows {
            let tall = (rows - row).min(ROWS);
            let (a, sums) = (&a[row * inner..(row + tall) * inner], &mut sums[row * width + first * COLUMNS..]);
            // SAFETY: the features were found; `a` holds `tall` rows, `panels` and `extra` `here` panels, and the last of
            // `tall` rows of `sums` has `16 * here` values from the first panel's on.
            unsafe {
                match (tall, here) {
                    (6, 4) => tile::<6, 4>(a, inner, panels, extra, sums, width),
                    (5, 4) => tile::<5, 4>(a, inner, panels, extra, sums, width),
                    (4, 4) => tile::<4, 4>(a, inner, panels, extra, sums, width),
                    (3, 4) => tile::<3, 4>(a, inner, panels, extra, sums, width),
                    (2, 4) => tile::<2, 4>(a, inner, panels, extra, sums, width),
                    (1, 4) => tile::<1, 4>(a, inner, panels, extra, sums, width),
                    (6, _) => tile::<6, 1>(a, inner, panels, extra, sums, width),
                    (5, _) => tile::<5, 1>(a, inner, panels, extra, sums, width),
                    (4, _) => tile::<4, 1>(a, inner, panels, extra, sums, width),
                    (3, _) => tile::<3, 1>(a, inner, panels, extra, sums, width),
                    (2, _) => tile::<2, 1>(a, inner, panels, extra, sums, width),
                    _ => tile::<1, 1>(a, inner, panels, extra, sums, width),
                }
            }
            row += tall;
        }
        first += here;
    }
}

/// `R` rows times `P` panels; `extra` is what the 128 in every place of the left side add to each column.
///
/// # Safety
/// The machine has the features; `a` holds `R` rows of `inner` bytes, `panels` `P` panels, `extra` `16 * P` values, `sums`
/// `(R - 1) * width + 16 * P`.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn tile<const R: usize, const P: usize>(
    a: &[i8],
    inner: usize,
    panels: &[i8],
    extra: &[i32],
    sums: &mut [i32],
    width: usize,
) {
    let size = inner * COLUMNS;
    debug_assert!(a.len() >= R * inner && panels.len() >= P * size && extra.len() >= P * COLUMNS);
    debug_assert!(sums.len() >= (R - 1) * width + COLUMNS * P);
    let mut acc = [[_mm512_setzero_si512(); P]; R];
    for group in 0..inner / GROUP {
        // SAFETY: the lengths of the slices, see above.
        unsafe {
            let mut b = [_mm512_setzero_si512(); P];
            for (p, b) in b.iter_mut().enumerate() {
                *b = _mm512_loadu_si512(panels.as_ptr().add(p * size + group * GROUP * COLUMNS).cast());
            }
            for (r, acc) in acc.iter_mut().enumerate() {
                let four = a.as_ptr().add(r * inner + group * GROUP).cast::<i32>().read_unaligned();
                let four = _mm512_set1_epi32(four);
                for (acc, &b) in acc.iter_mut().zip(&b) {
                    *acc = _mm512_dpbusd_epi32(*acc, four, b);
                }
            }
        }
    }
    for (r, acc) in acc.iter().enumerate() {
        for (p, &acc) in acc.iter().enumerate() {
            // SAFETY: as above.
            unsafe {
                let extra = _mm512_loadu_si512(extra.as_ptr().add(p * COLUMNS).cast());
                let out = sums.as_mut_ptr().add(r * width + p * COLUMNS);
                _mm512_storeu_si512(out.cast(), _mm512_sub_epi32(acc, extra));
            }
        }
    }
}
