//! Products of f32 matrices that are rounded to bf16 first, and summed in f32: what training multiplies, where the machine has the
//! instruction for it (`vdpbf16ps`, AVX-512 BF16; AMD since Zen 4, Intel since Cooper Lake), at twice the speed of f32.
//!
//! Both sides are packed: [`Side`]s hold panels of a few rows or columns, and in them pairs of values that follow each other along the
//! inner dimension, as the instruction wants them. One side may meet many others, as a weight meets the parts of a batch.

use crate::vectorised;

/// Rows of a tile of sums: with 32 columns they take 24 of the 32 registers.
const ROWS: usize = 12;
/// Columns of a tile.
const COLUMNS: usize = 32;

/// Whether the machine has the instruction.
pub fn available() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        std::arch::is_x86_feature_detected!("avx512f") && std::arch::is_x86_feature_detected!("avx512bf16")
    }
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// One side of a product, packed; its room serves the next packing too.
#[derive(Debug, Default, Clone)]
pub struct Side {
    /// Panels of pairs: two values of bf16 each, the first in the lower half.
    pairs: Vec<u32>,
    width: usize,
    outer: usize,
    inner: usize,
    /// A panel of a left side that was packed along holds its rows one after another, this far apart; the others hold step after step,
    /// `[pairs, width]`.
    apart: Option<usize>,
}

/// Which side of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hand {
    Left,
    Right,
}

impl Hand {
    fn width(self) -> usize {
        if self == Hand::Left { ROWS } else { COLUMNS }
    }
}

/// The nearest bf16, in the upper half (to even where two are as near).
#[inline(always)]
fn round(x: f32) -> u32 {
    let bits = x.to_bits();
    bits.wrapping_add(0x7fff + ((bits >> 16) & 1))
}

#[inline(always)]
fn pair(first: f32, second: f32) -> u32 {
    (round(first) >> 16) | (round(second) & 0xffff_0000)
}

impl Side {
    /// Packs a matrix whose values along the inner dimension lie side by side: `outer` rows of `inner` values, `stride` apart. Those
    /// are the rows of the left side, or the columns of the right one.
    pub fn pack_along(&mut self, hand: Hand, values: &[f32], outer: usize, inner: usize, stride: usize) {
        let width = self.fit(hand, outer, inner);
        if hand == Hand::Left {
            // Not a power of two, which would put the rows of a panel into the same places of the cache.
            let apart = inner.div_ceil(2).next_multiple_of(16) + 16;
            self.pairs.resize(outer.div_ceil(width) * width * apart, 0);
            self.apart = Some(apart);
            rows(&mut self.pairs, apart, values, outer, inner, stride);
        } else {
            along(&mut self.pairs, width, values, outer, inner, stride);
        }
    }

    /// Packs a matrix that lies the other way: `inner` rows of `outer` values, `stride` apart.
    pub fn pack_across(&mut self, hand: Hand, values: &[f32], outer: usize, inner: usize, stride: usize) {
        let width = self.fit(hand, outer, inner);
        across(&mut self.pairs, width, values, outer, inner, stride);
    }

    fn fit(&mut self, hand: Hand, outer: usize, inner: usize) -> usize {
        let width = hand.width();
        *self = Side { pairs: std::mem::take(&mut self.pairs), width, outer, inner, apart: None };
        self.pairs.resize(outer.div_ceil(width) * width * inner.div_ceil(2), 0);
        width
    }

    /// Values along the outer dimension: rows of a left side, columns of a right one.
    pub fn outer(&self) -> usize {
        self.outer
    }

    fn panels(&self) -> impl Iterator<Item = &[u32]> {
        self.pairs.chunks_exact((self.width * self.apart.unwrap_or(self.inner.div_ceil(2))).max(1))
    }
}

vectorised! {
    /// Row after row.
    fn rows(pairs: &mut [u32], apart: usize, values: &[f32], outer: usize, inner: usize, stride: usize) {
        for (row, pairs) in pairs.chunks_exact_mut(apart).enumerate() {
            if row >= outer {
                pairs.fill(0);
                continue;
            }
            let values = &values[row * stride..][..inner];
            let twos = values.chunks_exact(2);
            if let Some(&last) = twos.remainder().first() {
                pairs[inner / 2] = pair(last, 0.0);
            }
            pairs.iter_mut().zip(twos).for_each(|(place, two)| *place = pair(two[0], two[1]));
        }
    }
}

/// Steps that are turned together.
const BLOCK: usize = 64;

vectorised! {
    /// Step after step: blocks of rows are rounded, and then turned in the cache.
    fn along(pairs: &mut [u32], width: usize, values: &[f32], outer: usize, inner: usize, stride: usize) {
        debug_assert!(width <= COLUMNS);
        let mut block = [0u32; COLUMNS * BLOCK];
        for (panel, pairs) in pairs.chunks_exact_mut((width * inner.div_ceil(2)).max(1)).enumerate() {
            let here = width.min(outer - panel * width);
            for (part, pairs) in pairs.chunks_mut(width * BLOCK).enumerate() {
                for (row, turned) in block.chunks_exact_mut(BLOCK).take(here).enumerate() {
                    let values = &values[(panel * width + row) * stride..][..inner];
                    let values = &values[2 * part * BLOCK..inner.min(2 * (part + 1) * BLOCK)];
                    let twos = values.chunks_exact(2);
                    if let Some(&last) = twos.remainder().first() {
                        turned[values.len() / 2] = pair(last, 0.0);
                    }
                    turned.iter_mut().zip(twos).for_each(|(place, two)| *place = pair(two[0], two[1]));
                }
                for (step, pairs) in pairs.chunks_exact_mut(width).enumerate() {
                    for (row, place) in pairs[..here].iter_mut().enumerate() {
                        *place = block[row * BLOCK + step];
                    }
                }
            }
            clear(pairs, width, here);
        }
    }
}

vectorised! {
    fn across(pairs: &mut [u32], width: usize, values: &[f32], outer: usize, inner: usize, stride: usize) {
        for (panel, pairs) in pairs.chunks_exact_mut((width * inner.div_ceil(2)).max(1)).enumerate() {
            let here = width.min(outer - panel * width);
            for (step, pairs) in pairs.chunks_exact_mut(width).enumerate() {
                let row = |at: usize| &values[at * stride + panel * width..][..here];
                let places = pairs[..here].iter_mut().zip(row(2 * step));
                match 2 * step + 1 < inner {
                    true => places.zip(row(2 * step + 1)).for_each(|((place, &a), &b)| *place = pair(a, b)),
                    false => places.for_each(|(place, &a)| *place = pair(a, 0.0)),
                }
            }
            clear(pairs, width, here);
        }
    }
}

/// Zeros in the places of a panel that the matrix does not reach.
#[inline(always)]
fn clear(pairs: &mut [u32], width: usize, reached: usize) {
    if reached < width {
        pairs.chunks_exact_mut(width).for_each(|step| step[reached..].fill(0));
    }
}

/// `out = left right`, or `out += left right`; `out` is row-major with `stride` from row to row. The order of the sums depends on nothing
/// but the inner size.
///
/// # Panics
/// If the sizes do not fit, or the machine has not the instruction.
pub fn multiply(out: &mut [f32], stride: usize, add: bool, left: &Side, right: &Side) {
    assert!(available(), "the machine has no AVX-512 BF16");
    assert!(left.inner == right.inner && left.width == ROWS && right.width == COLUMNS, "the sides do not fit");
    let (rows, columns) = (left.outer, right.outer);
    if rows == 0 || columns == 0 {
        return;
    }
    assert!(columns <= stride && (rows - 1) * stride + columns <= out.len(), "the product exceeds its slice");
    if left.inner == 0 {
        if !add {
            out.chunks_mut(stride).take(rows).for_each(|row| row[..columns].fill(0.0));
        }
        return;
    }
    let steps = left.inner.div_ceil(2);
    let (line, step) = left.apart.map_or((1, ROWS), |apart| (apart, 1));
    for (right_panel, b) in right.panels().enumerate() {
        let first = right_panel * COLUMNS;
        let wide = (columns - first).min(COLUMNS);
        for (left_panel, a) in left.panels().enumerate() {
            let top = left_panel * ROWS;
            let tall = (rows - top).min(ROWS);
            let out = &mut out[top * stride + first..];
            if (tall, wide) == (ROWS, COLUMNS) {
                tile((a, line, step), b, steps, out, stride, add);
            } else {
                let mut whole = [0.0; ROWS * COLUMNS];
                tile((a, line, step), b, steps, &mut whole, COLUMNS, false);
                for (row, sums) in whole.chunks_exact(COLUMNS).take(tall).enumerate() {
                    let out = &mut out[row * stride..][..wide];
                    match add {
                        true => out.iter_mut().zip(sums).for_each(|(out, sum)| *out += sum),
                        false => out.copy_from_slice(&sums[..wide]),
                    }
                }
            }
        }
    }
}

/// One tile of sums. The left panel's rows are `row` apart and its steps `step`.
fn tile((a, row, step): (&[u32], usize, usize), b: &[u32], steps: usize, out: &mut [f32], stride: usize, add: bool) {
    assert!(
        steps > 0 && a.len() > (ROWS - 1) * row + (steps - 1) * step && b.len() >= steps * COLUMNS,
        "a panel is short"
    );
    assert!(out.len() >= (ROWS - 1) * stride + COLUMNS, "a tile exceeds its slice");
    #[cfg(target_arch = "x86_64")]
    // SAFETY: `multiply` found the features; the sizes were just checked.
    unsafe {
        match step {
            1 => x86::tile::<1>(a.as_ptr(), row, b, steps, out.as_mut_ptr(), stride, add),
            _ => x86::tile::<ROWS>(a.as_ptr(), 1, b, steps, out.as_mut_ptr(), stride, add),
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    unreachable!("{a:?} {row} {step} {b:?} {steps} {out:?} {stride} {add}: not available here");
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{COLUMNS, ROWS};
    use std::arch::x86_64::*;

    /// # Safety
    /// The machine has the features; `a` holds `steps` pairs of twelve rows, `row` and `STEP` apart, `b` `steps` times 32 pairs, `out` twelve
    /// rows of 32 values, `stride` apart.
    #[target_feature(enable = "avx512f,avx512bf16")]
    pub unsafe fn tile<const STEP: usize>(
        a: *const u32,
        row: usize,
        b: &[u32],
        steps: usize,
        out: *mut f32,
        stride: usize,
        add: bool,
    ) {
        let mut sums = [[_mm512_setzero_ps(); 2]; ROWS];
        for (at, b) in b.chunks_exact(COLUMNS).take(steps).enumerate() {
            // SAFETY: `b` holds 32 pairs; any 512 bits are 32 values of bf16.
            let right: [__m512bh; 2] = unsafe {
                let half = |at: usize| std::mem::transmute(_mm512_loadu_si512(b.as_ptr().add(at).cast()));
                [half(0), half(16)]
            };
            for (line, sums) in sums.iter_mut().enumerate() {
                // SAFETY: as above.
                let left: __m512bh = unsafe {
                    let pair = *a.add(line * row + at * STEP);
                    std::mem::transmute(_mm512_set1_epi32(pair as i32))
                };
                sums[0] = _mm512_dpbf16_ps(sums[0], left, right[0]);
                sums[1] = _mm512_dpbf16_ps(sums[1], left, right[1]);
            }
        }
        for (row, sums) in sums.iter().enumerate() {
            for (half, &sum) in sums.iter().enumerate() {
                // SAFETY: `out` holds the rows.
                unsafe {
                    let place = out.add(row * stride + 16 * half);
                    let sum = if add { _mm512_add_ps(_mm512_loadu_ps(place), sum) } else { sum };
                    _mm512_storeu_ps(place, sum);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(i: usize) -> f32 {
        ((i.wrapping_mul(2_654_435_761) >> 11) % 2001) as f32 / 1000.0 - 1.0
    }

    #[test]
    fn rounding_is_to_the_nearest_and_to_even() {
        let rounded = |x: f32| f32::from_bits(round(x) & 0xffff_0000);
        for (x, want) in [(1.0, 1.0), (1.003, 1.0), (1.005, 1.0078125), (-2.5, -2.5), (0.0, 0.0)] {
            assert_eq!(rounded(x), want, "{x}");
        }
        assert_eq!(rounded(1.0 + 1.0 / 256.0), 1.0, "a tie goes to the even one");
        assert_eq!(rounded(f32::INFINITY), f32::INFINITY);
        assert!(rounded(f32::NAN).is_nan());
    }

    #[test]
    fn products_of_all_shapes_are_those_of_the_rounded_values() {
        if !available() {
            return;
        }
        let near = |x: f32| f64::from(f32::from_bits(round(x) & 0xffff_0000));
        let (mut left, mut right) = (Side::default(), Side::default());
        for (m, n, k) in [(1, 1, 1), (12, 32, 2), (13, 33, 7), (5, 70, 64), (40, 12, 33), (24, 64, 512), (3, 3, 0)] {
            let a: Vec<f32> = (0..m * k).map(value).collect();
            let b: Vec<f32> = (0..k * n).map(|i| value(i + 977)).collect();
            // The same matrices, lying the other way.
            let turned = |x: &[f32], rows: usize, columns: usize| -> Vec<f32> {
                (0..rows * columns).map(|i| x[i % rows * columns + i / rows]).collect()
            };
            let (at, bt) = (turned(&a, m, k), turned(&b, k, n));
            for way in 0..4 {
                match way % 2 {
                    0 => left.pack_along(Hand::Left, &a, m, k, k),
                    _ => left.pack_across(Hand::Left, &at, m, k, m),
                }
                match way / 2 {
                    0 => right.pack_across(Hand::Right, &b, n, k, n),
                    _ => right.pack_along(Hand::Right, &bt, n, k, k),
                }
                let stride = n + 3;
                for add in [false, true] {
                    let mut out = vec![0.5; m * stride];
                    multiply(&mut out, stride, add, &left, &right);
                    for (i, row) in out.chunks_exact(stride).enumerate() {
                        for (j, &found) in row.iter().enumerate() {
                            let sum: f64 = match j < n {
                                true => (0..k).map(|l| near(a[i * k + l]) * near(b[l * n + j])).sum(),
                                false => 0.0,
                            };
                            let want = sum + if add || j >= n { 0.5 } else { 0.0 };
                            assert!(
                                (f64::from(found) - want).abs() < 1e-4,
                                "{m} {n} {k} {way} {add}: {found}, not {want}"
                            );
                        }
                    }
                }
            }
        }
    }
}
