use super::{COLUMNS, GROUP, Panels};
use std::arch::{aarch64::*, asm};

/// Rows of a block of sums that stays in registers: 4 x 16 sums are sixteen of the 32.
const ROWS: usize = 4;

/// The product with the dot-product extension: `sdot` adds four products of bytes into each of four sums.
pub fn multiply(a: &[i8], rows: usize, panels: Panels, sums: &mut [i32]) {
    assert!(std::arch::is_aarch64_feature_detected!("dotprod"), "the machine has no dot products");
    let (inner, width) = (panels.inner, panels.width());
    assert!(a.len() == rows * inner && sums.len() == rows * width && inner.is_multiple_of(GROUP), "sizes differ");
    for (p, panel) in panels.values.chunks_exact(inner * COLUMNS).enumerate() {
        let mut row = 0;
        while row < rows {
            let here = (rows - row).min(ROWS);
            let (a, sums) = (&a[row * inner..(row + here) * inner], &mut sums[row * width + p * COLUMNS..]);
            // SAFETY: the extension was found; `a` holds `here` rows; of `sums`, the last of `here` rows of `width` has 16
            // values from this panel's on.
            unsafe {
                match here {
                    4 => tile::<4>(a, inner, panel, sums, width),
                    3 => tile::<3>(a, inner, panel, sums, width),
                    2 => tile::<2>(a, inner, panel, sums, width),
                    _ => tile::<1>(a, inner, panel, sums, width),
                }
            }
            row += here;
        }
    }
}

/// `sum + a . b`, four bytes a lane. (The intrinsic is not stable yet.)
///
/// # Safety
/// The machine has the dot-product extension.
#[inline]
#[target_feature(enable = "neon,dotprod")]
unsafe fn dot(mut sum: int32x4_t, a: int8x16_t, b: int8x16_t) -> int32x4_t {
    // SAFETY: touches registers only.
    unsafe {
        asm!("sdot {s:v}.4s, {a:v}.16b, {b:v}.16b", s = inout(vreg) sum, a = in(vreg) a, b = in(vreg) b, options(pure, nomem, nostack));
    }
    sum
}

/// `R` rows times one panel.
///
/// # Safety
/// The machine has the dot-product extension; `a` holds `R` rows of `inner` bytes, `panel` `16 * inner`, `sums`
/// `(R - 1) * width + 16` values.
#[target_feature(enable = "neon,dotprod")]
unsafe fn tile<const R: usize>(a: &[i8], inner: usize, panel: &[i8], sums: &mut [i32], width: usize) {
    debug_assert!(a.len() >= R * inner && panel.len() >= COLUMNS * inner && sums.len() >= (R - 1) * width + COLUMNS);
    let mut acc = [[vdupq_n_s32(0); 4]; R];
    for group in 0..inner / GROUP {
        // SAFETY: the lengths of the slices, see above.
        unsafe {
            let b = panel.as_ptr().add(group * GROUP * COLUMNS);
            let b = [vld1q_s8(b), vld1q_s8(b.add(16)), vld1q_s8(b.add(32)), vld1q_s8(b.add(48))];
            for (r, acc) in acc.iter_mut().enumerate() {
                let four = a.as_ptr().add(r * inner + group * GROUP).cast::<i32>().read_unaligned();
                let four = vreinterpretq_s8_s32(vdupq_n_s32(four));
                for (acc, &b) in acc.iter_mut().zip(&b) {
                    *acc = dot(*acc, four, b);
                }
            }
        }
    }
    for (r, acc) in acc.iter().enumerate() {
        for (four, &acc) in acc.iter().enumerate() {
            // SAFETY: as above.
            unsafe { vst1q_s32(sums.as_mut_ptr().add(r * width + four * 4), acc) };
        }
    }
}
