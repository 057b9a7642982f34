use crate::{
    kernel::{Kernel, Left},
    vector::lanes,
    vectorised,
};
use rayon::prelude::*;

/// Rows of values as bytes: what goes into a product. Every row has a middle and a scale of its own (dynamic asymmetric
/// quantisation): after a GELU nearly all values lie on one side of zero, and levels on the other would be wasted.
#[derive(Default)]
pub struct Rows {
    /// Of every row its bytes; where a value takes two, those of what rounding left over follow, of every row too.
    pub left: Left,
    pub spans: Vec<Span>,
    pub bytes: Bytes,
}

/// How many bytes a value takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Bytes {
    /// One: one of 255 levels.
    #[default]
    One,
    /// Two, at the price of twice the products: the second says where between two levels the value lies. For rows of which there
    /// are few and on which much depends: those that the heads read.
    Two,
}

/// How many levels of a second byte lie between two of the first: one that is rounded to the other side by the last bit of
/// an f32 still fits.
const BETWEEN: f32 = 252.0;
/// What a sum of second bytes counts beside one of first bytes.
pub(crate) const REST: f32 = 1.0 / BETWEEN;

/// Adding 1.5 * 2^23 rounds to the nearest whole number, which then stands in the lowest bits.
const ROUND: f32 = 12_582_912.0;

/// Between which values a row lies: a byte `q` stands for `middle + scale * q`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Span {
    pub middle: f32,
    pub scale: f32,
}

impl Rows {
    /// Takes the rows of `values`, `inner` each, to the nearest of 255 levels, after `shift` was taken off each where it is
    /// not empty. What was here before is gone, but for its room.
    pub fn take(&mut self, values: &[f32], shift: &[f32], inner: usize, kernel: Kernel, parts: usize, each: Bytes) {
        let rows = values.len() / inner;
        let mut bytes = std::mem::take(&mut self.left).into_bytes();
        bytes.resize(rows * inner, 0);
        self.bytes = each;
        let spans = &mut self.spans;
        spans.resize(rows, Span::default());
        let task = rows.div_ceil(parts).max(1);
        let one = |((bytes, values), spans): ((&mut [i8], &[f32]), &mut [Span])| {
            if shift.is_empty() {
                return round_rows(values, inner, bytes, spans);
            }
            let mut moved = vec![0.0; inner];
            let rows = values.chunks_exact(inner).zip(bytes.chunks_exact_mut(inner)).zip(spans.chunks_exact_mut(1));
            for ((row, bytes), span) in rows {
                subtract(row, shift, &mut moved);
                round_rows(&moved, inner, bytes, span);
            }
        };
        if parts == 1 {
            one(((&mut bytes, values), spans));
        } else {
            let chunks = bytes.par_chunks_mut(task * inner).zip(values.par_chunks(task * inner));
            chunks.zip(spans.par_chunks_mut(task)).for_each(one);
        }
        if each == Bytes::One {
            self.left = kernel.left(bytes, rows, inner);
            return;
        }
        bytes.resize(2 * rows * inner, 0);
        let (first, second) = bytes.split_at_mut(rows * inner);
        let rounded = first.chunks_exact(inner).zip(second.chunks_exact_mut(inner));
        let mut moved = vec![0.0; inner];
        for ((row, span), (first, second)) in values.chunks_exact(inner).zip(&self.spans).zip(rounded) {
            let row = if shift.is_empty() {
                row
            } else {
                subtract(row, shift, &mut moved);
                &moved
            };
            round_rest(row, *span, first, second);
        }
        self.left = kernel.left(bytes, 2 * rows, inner);
    }
}

vectorised! {
    fn subtract(row: &[f32], shift: &[f32], out: &mut [f32]) {
        for ((out, x), s) in out.iter_mut().zip(row).zip(shift) {
            *out = x - s;
        }
    }
}

vectorised! {
    /// What is left of a row when its first bytes are taken off, in bytes.
    fn round_rest(row: &[f32], span: Span, first: &[i8], second: &mut [i8]) {
        let inverse = if span.scale > 0.0 { BETWEEN / span.scale } else { 0.0 };
        for ((second, &first), &x) in second.iter_mut().zip(first).zip(row) {
            let rest = f32::from(first).mul_add(-span.scale, x - span.middle);
            *second = rest.mul_add(inverse, ROUND).to_bits() as i8;
        }
    }
}

vectorised! {
    /// Rounds every row to 255 levels between its smallest and its largest value.
    fn round_rows(values: &[f32], inner: usize, bytes: &mut [i8], spans: &mut [Span]) {
        let larger = |a: f32, b: f32| if a > b { a } else { b };
        let smaller = |a: f32, b: f32| if a < b { a } else { b };
        for ((row, bytes), span) in values.chunks_exact(inner).zip(bytes.chunks_exact_mut(inner)).zip(spans) {
            let max = lanes(row, f32::NEG_INFINITY, larger, larger);
            let min = lanes(row, f32::INFINITY, smaller, smaller);
            let (middle, half) = (0.5 * (max + min), 0.5 * (max - min));
            let inverse = if half > 0.0 { 127.0 / half } else { 0.0 };
            for (byte, &x) in bytes.iter_mut().zip(row) {
                *byte = (x - middle).mul_add(inverse, ROUND).to_bits() as i8;
            }
            *span = Span { middle, scale: half / 127.0 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_within_half_a_level() {
        let values: Vec<f32> = (0..3 * 70).map(|i| ((i * 37 % 101) as f32 - 20.0) * 0.03).collect();
        let (mut bytes, mut spans) = (vec![0i8; values.len()], vec![Span::default(); 3]);
        round_rows(&values, 70, &mut bytes, &mut spans);
        for ((row, bytes), span) in values.chunks_exact(70).zip(bytes.chunks_exact(70)).zip(&spans) {
            assert!(bytes.contains(&127) && bytes.contains(&-127), "the whole span is used");
            for (x, &b) in row.iter().zip(bytes) {
                assert!((x - span.middle - f32::from(b) * span.scale).abs() <= 0.501 * span.scale, "{x} {b} {span:?}");
            }
        }
    }

    #[test]
    fn a_second_byte_leaves_a_250th_of_the_error() {
        let values: Vec<f32> = (0..3 * 72).map(|i| ((i * 37 % 101) as f32).powi(2) * 0.003 - 5.0).collect();
        let shift: Vec<f32> = (0..72).map(|k| (k % 7) as f32).collect();
        let mut rows = Rows::default();
        rows.take(&values, &shift, 72, Kernel::Portable, 1, Bytes::Two);
        assert_eq!((rows.spans.len(), rows.bytes), (3, Bytes::Two));
        let spans = rows.spans.clone();
        let bytes = rows.left.into_bytes();
        let (first, second) = bytes.split_at(3 * 72);
        for (i, x) in values.iter().enumerate() {
            let Span { middle, scale } = spans[i / 72];
            let q = f32::from(first[i]) + f32::from(second[i]) / BETWEEN;
            let error = (x - shift[i % 72] - q.mul_add(scale, middle)).abs();
            assert!(error <= 0.51 * scale / BETWEEN + 1e-5, "{x} {error}");
        }
    }

    #[test]
    fn a_row_of_equal_values_is_exact() {
        let (mut bytes, mut spans) = (vec![1i8; 8], vec![Span::default(); 1]);
        round_rows(&[0.3; 8], 8, &mut bytes, &mut spans);
        assert_eq!((bytes, spans), (vec![0; 8], vec![Span { middle: 0.3, scale: 0.0 }]));
    }
}
