use crate::{
    Bytes, Rows,
    kernel::{COLUMNS, Kernel, Packed},
    rows::{REST, Span},
    vector, vectorised,
};
use rayon::prelude::*;

/// Panels whose sums are made at once: as many columns as stay in the cache with a batch's rows.
const PANELS_AT_ONCE: usize = 8;

/// A dense layer `y = x Wᵀ + b` with its weights as bytes, packed for the kernels once.
pub struct Dense {
    weights: Packed,
    /// The sum of each output's weights: what a row's middle is multiplied by.
    weight_sums: Vec<f32>,
    /// Of each output's weights.
    scales: Vec<f32>,
    bias: Vec<f32>,
    /// What is taken off every input row before it is rounded, and stands in the bias instead; may be empty. In trained
    /// encoders a few of a norm's biases are many times larger than all that varies: with them in a row's span, the rest
    /// would share a few levels.
    shift: Vec<f32>,
    inner: usize,
    outputs: usize,
}

/// What happens to a product before it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// Nothing.
    Store,
    /// It is added to what is there.
    Add,
    /// It goes through the GELU.
    Gelu,
}

impl Dense {
    /// From row-major weights `[outputs, inner]`, a scale and a bias an output. `shift` is what all inputs have in
    /// common, the bias of the norm that they come from, or empty.
    ///
    /// # Panics
    /// If the sizes do not fit each other, or `inner` is no multiple of four.
    pub fn new(weights: &[i8], scales: &[f32], bias: &[f32], inner: usize, shift: &[f32]) -> Self {
        let outputs = bias.len();
        assert!(weights.len() == outputs * inner && scales.len() == outputs, "the sizes of a layer differ");
        let packed = Packed::new(weights, inner);
        let weight_sums = packed.column_sums().iter().zip(scales).map(|(&sum, scale)| sum as f32 * scale).collect();
        let mut bias = bias.to_vec();
        if !shift.is_empty() {
            assert_eq!(shift.len(), inner, "the shift of a layer has another size");
            for ((bias, row), &scale) in bias.iter_mut().zip(weights.chunks_exact(inner)).zip(scales) {
                let moved: f64 = row.iter().zip(shift).map(|(&w, &s)| f64::from(w) * f64::from(s)).sum();
                *bias += (moved * f64::from(scale)) as f32;
            }
        }
        let (scales, shift) = (scales.to_vec(), shift.to_vec());
        Dense { weights: packed, weight_sums, scales, bias, shift, inner, outputs }
    }

    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Makes `rows` of input rows as this layer takes them, in one byte a value or in two.
    pub fn take(&self, values: &[f32], kernel: Kernel, parts: usize, each: Bytes, rows: &mut Rows) {
        rows.take(values, &self.shift, self.inner, kernel, parts, each);
    }

    /// The product for all rows into `out` (`[rows, outputs]`), its columns shared among `parts` threads; `sums` is room.
    pub fn apply(
        &self,
        rows: &Rows,
        kernel: Kernel,
        finish: Finish,
        out: &mut [f32],
        parts: usize,
        sums: &mut Vec<i32>,
    ) {
        let panels = self.weights.count();
        assert_eq!(out.len(), rows.spans.len() * self.outputs, "the room for a product has another size");
        if parts == 1 {
            return self.columns(rows, kernel, finish, 0..panels, out, self.outputs, sums);
        }
        let each = panels.div_ceil(parts);
        let spans = (0..panels).step_by(each).map(|from| from..(from + each).min(panels));
        let made: Vec<(usize, usize, Vec<f32>)> = spans
            .collect::<Vec<_>>()
            .into_par_iter()
            .map(|span| {
                let from = span.start * COLUMNS;
                let wide = self.outputs.min(span.end * COLUMNS) - from;
                let mut part = vec![0.0; rows.spans.len() * wide];
                if finish == Finish::Add {
                    for (part, out) in part.chunks_exact_mut(wide).zip(out.chunks_exact(self.outputs)) {
                        part.copy_from_slice(&out[from..from + wide]);
                    }
                }
                self.columns(rows, kernel, finish, span, &mut part, wide, &mut Vec::new());
                (from, wide, part)
            })
            .collect();
        for (from, wide, part) in made {
            for (part, out) in part.chunks_exact(wide).zip(out.chunks_exact_mut(self.outputs)) {
                out[from..from + wide].copy_from_slice(part);
            }
        }
    }

    /// Some panels of the product, into rows of `width` that begin with the first of these panels.
    #[expect(clippy::too_many_arguments, reason = "the one place where all of a product comes together")]
    fn columns(
        &self,
        rows: &Rows,
        kernel: Kernel,
        finish: Finish,
        panels: std::ops::Range<usize>,
        out: &mut [f32],
        width: usize,
        sums: &mut Vec<i32>,
    ) {
        let start = panels.start * COLUMNS;
        for first in panels.clone().step_by(PANELS_AT_ONCE) {
            let last = (first + PANELS_AT_ONCE).min(panels.end);
            let (from, to) = (first * COLUMNS, last * COLUMNS);
            kernel.multiply(&rows.left, self.weights.panels(first..last), sums);
            let end = to.min(self.outputs);
            let (sums, rests) = sums.split_at(rows.spans.len() * (to - from));
            let strip = Strip {
                sums,
                rests: if rows.bytes == Bytes::Two { rests } else { &[] },
                width: to - from,
                rows: &rows.spans,
                weight_sums: &self.weight_sums[from..end],
                scales: &self.scales[from..end],
                bias: &self.bias[from..end],
            };
            let out = &mut out[from - start..];
            match finish {
                Finish::Store => store(strip, out, width),
                Finish::Add => add(strip, out, width),
                Finish::Gelu => gelu(strip, out, width),
            }
        }
    }
}

/// Sums on their way to values: a span a row; a scale, a sum of weights and a bias a column.
#[derive(Clone, Copy)]
struct Strip<'a> {
    sums: &'a [i32],
    /// Of the second bytes, or empty.
    rests: &'a [i32],
    width: usize,
    rows: &'a [Span],
    weight_sums: &'a [f32],
    scales: &'a [f32],
    bias: &'a [f32],
}

impl Strip<'_> {
    /// Row by row into `out`, which has `width` from row to row.
    #[inline(always)]
    fn finish(self, out: &mut [f32], width: usize, write: impl Fn(f32, &mut f32)) {
        for (r, (row, out)) in self.rows.iter().zip(out.chunks_mut(width)).enumerate() {
            let sums = &self.sums[r * self.width..][..self.width];
            if self.rests.is_empty() {
                self.line(row, sums.iter().map(|&sum| sum as f32), out, &write);
                continue;
            }
            let rests = &self.rests[r * self.width..][..self.width];
            let both = |(&sum, &rest): (&i32, &i32)| (rest as f32).mul_add(REST, sum as f32);
            self.line(row, sums.iter().zip(rests).map(both), out, &write);
        }
    }

    #[inline(always)]
    fn line(self, row: &Span, sums: impl Iterator<Item = f32>, out: &mut [f32], write: impl Fn(f32, &mut f32)) {
        let columns = sums.zip(self.weight_sums).zip(self.scales).zip(self.bias);
        for (out, (((sum, &weights), &scale), &bias)) in out.iter_mut().zip(columns) {
            let constant = row.middle.mul_add(weights, bias);
            write(sum.mul_add(row.scale * scale, constant), out);
        }
    }
}

vectorised! {
    fn store(strip: Strip, out: &mut [f32], width: usize) {
        strip.finish(out, width, |y, out| *out = y);
    }
}

vectorised! {
    fn add(strip: Strip, out: &mut [f32], width: usize) {
        strip.finish(out, width, |y, out| *out += y);
    }
}

vectorised! {
    fn gelu(strip: Strip, out: &mut [f32], width: usize) {
        strip.finish(out, width, |y, out| *out = vector::gelu(y));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A layer, its weights in f32 and its shift.
    fn layer(outputs: usize, inner: usize) -> (Dense, Vec<f32>, Vec<f32>, Vec<f32>) {
        let weights: Vec<i8> = (0..outputs * inner).map(|i| ((i * 31 % 255) as i32 - 127) as i8).collect();
        let scales: Vec<f32> = (0..outputs).map(|i| 0.001 * (1 + i % 3) as f32).collect();
        let bias: Vec<f32> = (0..outputs).map(|i| i as f32 * 0.1 - 1.0).collect();
        let shift: Vec<f32> = (0..inner).map(|k| (k % 5) as f32 * 100.0).collect();
        let full = weights.iter().enumerate().map(|(i, &w)| f32::from(w) * scales[i / inner]).collect();
        (Dense::new(&weights, &scales, &bias, inner, &shift), full, bias, shift)
    }

    #[test]
    fn a_layer_is_a_product_and_a_bias_for_every_number_of_parts() {
        for (outputs, inner, rows) in [(40, 12, 3), (312, 64, 7), (512, 128, 33)] {
            let (dense, weights, bias, shift) = layer(outputs, inner);
            // Whole numbers between -127 and 127, both among them, on top of the shift: nothing is lost by rounding.
            let level = |i: usize| match i % inner {
                0 => 127.0,
                1 => -127.0,
                _ => (i * 13 % 255) as f32 - 127.0,
            };
            let x: Vec<f32> = (0..rows * inner).map(|i| level(i) + shift[i % inner]).collect();
            let kernel = Kernel::best();
            let (mut prepared, mut sums) = (Rows::default(), Vec::new());
            dense.take(&x, kernel, 1, Bytes::One, &mut prepared);
            let mut once = vec![0.0; rows * outputs];
            dense.apply(&prepared, kernel, Finish::Store, &mut once, 1, &mut sums);
            for (r, out) in once.chunks_exact(outputs).enumerate() {
                for (c, &y) in out.iter().enumerate() {
                    let products = (0..inner).map(|k| f64::from(x[r * inner + k]) * f64::from(weights[c * inner + k]));
                    let want = products.sum::<f64>() + f64::from(bias[c]);
                    assert!((f64::from(y) - want).abs() < 1e-4 * want.abs() + 1e-2, "{r} {c}: {y} {want}");
                }
            }
            for parts in [2, 3, 16] {
                let mut out = vec![0.0; rows * outputs];
                dense.apply(&prepared, kernel, Finish::Store, &mut out, parts, &mut sums);
                assert_eq!(out, once, "{parts} parts");
            }
            let mut twice = once.clone();
            dense.apply(&prepared, kernel, Finish::Add, &mut twice, 2, &mut sums);
            assert!(twice.iter().zip(&once).all(|(t, o)| *t == o + o));
            let mut gelu = once.clone();
            dense.apply(&prepared, kernel, Finish::Gelu, &mut gelu, 1, &mut sums);
            assert!(gelu.iter().zip(&once).all(|(gelu, y)| (gelu - vector::gelu(*y)).abs() <= 1e-6 * y.abs()));
        }
    }

    #[test]
    fn two_bytes_a_value_come_a_hundred_times_as_near_the_product() {
        let (dense, weights, bias, shift) = layer(312, 64);
        let (inner, rows) = (64, 5);
        let x: Vec<f32> = (0..rows * inner).map(|i| (i as f32 * 0.37).sin() * 3.0 + shift[i % inner]).collect();
        let kernel = Kernel::best();
        let error = |each: Bytes| {
            let (mut prepared, mut sums, mut out) = (Rows::default(), Vec::new(), vec![0.0; rows * 312]);
            dense.take(&x, kernel, 1, each, &mut prepared);
            dense.apply(&prepared, kernel, Finish::Store, &mut out, 1, &mut sums);
            let mut shared = vec![0.0; rows * 312];
            dense.take(&x, kernel, 3, each, &mut prepared);
            dense.apply(&prepared, kernel, Finish::Store, &mut shared, 3, &mut sums);
            assert_eq!(shared, out);
            let want = |(r, c): (usize, usize)| -> f64 {
                let products = (0..inner).map(|k| f64::from(x[r * inner + k]) * f64::from(weights[c * inner + k]));
                products.sum::<f64>() + f64::from(bias[c])
            };
            let errors = out.iter().enumerate().map(|(i, &y)| (f64::from(y) - want((i / 312, i % 312))).abs());
            errors.sum::<f64>() / out.len() as f64
        };
        let (one, two) = (error(Bytes::One), error(Bytes::Two));
        assert!(two < one / 100.0, "{one} {two}");
    }
}
