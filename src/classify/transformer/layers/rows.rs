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
    pub left: Left,
    pub spans: Vec<Span>,
}

/// Between which values a row lies: a byte `q` stands for `middle + scale * q`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Span {
    pub middle: f32,
    pub scale: f32,
}

impl Rows {
    /// Takes the rows of `values`, `inner` each, to the nearest of 255 levels, after `shift` was taken off each where it is
    /// not empty. What was here before is gone, but for its room.
    pub fn take(&mut self, values: &[f32], shift: &[f32], inner: usize, kernel: Kernel, parts: usize) {
        let rows = values.len() / inner;
        let mut bytes = std::mem::take(&mut self.left).into_bytes();
        bytes.resize(rows * inner, 0);
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
        self.left = kernel.left(bytes, rows, inner);
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
    /// Rounds every row to 255 levels between its smallest and its largest value.
    fn round_rows(values: &[f32], inner: usize, bytes: &mut [i8], spans: &mut [Span]) {
        // Adding 1.5 * 2^23 rounds to the nearest whole number, which then stands in the lowest bits.
        const ROUND: f32 = 12_582_912.0;
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
    fn a_row_of_equal_values_is_exact() {
        let (mut bytes, mut spans) = (vec![1i8; 8], vec![Span::default(); 1]);
        round_rows(&[0.3; 8], 8, &mut bytes, &mut spans);
        assert_eq!((bytes, spans), (vec![0; 8], vec![Span { middle: 0.3, scale: 0.0 }]));
    }
}
