use crate::{
    vector::{exp, lanes, sum},
    vectorised,
};

/// Columns that are computed together: two vectors of AVX2.
const COLUMNS: usize = 16;
/// Rows that are computed together.
const ROWS: usize = 4;

/// Self-attention of one text (Vaswani et al. 2017, section 3.2), without padding and without a mask. `queries` is
/// `[rows, hidden]`, `keys_values` `[pieces, 2 * hidden]`: keys and values side by side; `out` gets `[rows, hidden]`.
///
/// Four rows of scores stay in the cache between the two products. Keys are copied, turned over, and so are values: where they stand,
/// rows lie 4 kB apart, and the cache holds few of such. Queries are read where they stand, and what is seen is written there, if
/// the size of a head is whole vectors.
pub fn attend(queries: &[f32], keys_values: &[f32], heads: usize, hidden: usize, out: &mut [f32]) {
    let (pieces, size) = (keys_values.len() / (2 * hidden), hidden / heads);
    let (wide, deep) = (pieces.next_multiple_of(COLUMNS), size.next_multiple_of(COLUMNS));
    let mut keys = vec![0.0f32; size * wide];
    let mut values = vec![0.0f32; pieces * deep];
    let mut scores = vec![0.0f32; ROWS * wide];
    let scale = 1.0 / (size as f32).sqrt();
    // Where a head is no whole number of vectors, the last one would reach into the next head.
    let mut seen = if deep == size { Vec::new() } else { vec![0.0f32; ROWS * deep] };
    for head in 0..heads {
        let at = head * size;
        for (piece, row) in keys_values.chunks_exact(2 * hidden).enumerate() {
            for (k, &key) in row[at..at + size].iter().enumerate() {
                keys[k * wide + piece] = key * scale;
            }
        }
        for (values, row) in values.chunks_exact_mut(deep).zip(keys_values.chunks_exact(2 * hidden)) {
            values[..size].copy_from_slice(&row[hidden + at..][..size]);
        }
        for (queries, out) in queries.chunks(ROWS * hidden).zip(out.chunks_mut(ROWS * hidden)) {
            let rows = queries.len() / hidden;
            product((&queries[at..], hidden), rows, size, (&keys, wide), wide, (&mut scores, wide));
            softmax(&mut scores[..rows * wide], wide, pieces);
            if deep == size {
                product((&scores, wide), rows, pieces, (&values, deep), size, (&mut out[at..], hidden));
                continue;
            }
            product((&scores, wide), rows, pieces, (&values, deep), deep, (&mut seen, deep));
            for (out, seen) in out.chunks_exact_mut(hidden).zip(seen.chunks_exact(deep)) {
                out[at..at + size].copy_from_slice(&seen[..size]);
            }
        }
    }
}

vectorised! {
    /// `out = a b` for up to four rows of `a`, of which `inner` values count; `b` and `out` have `width` columns, a multiple of
    /// sixteen. With each matrix stands how far its rows are apart. Every sum runs in the order of `inner`.
    fn product(
        a: (&[f32], usize), rows: usize, inner: usize, b: (&[f32], usize), width: usize, out: (&mut [f32], usize),
    ) {
        let (b, out_stride) = (b, out.1);
        // Where there are fewer rows, the last one is computed again.
        let lines: [&[f32]; ROWS] = std::array::from_fn(|r| &a.0[r.min(rows - 1) * a.1..][..inner]);
        for column in (0..width).step_by(COLUMNS) {
            let mut sums = [[0.0f32; COLUMNS]; ROWS];
            for k in 0..inner {
                let b: &[f32; COLUMNS] = b.0[k * b.1 + column..][..COLUMNS].try_into().expect("as many were cut off");
                for (sums, line) in sums.iter_mut().zip(&lines) {
                    let a = line[k];
                    for (sum, &b) in sums.iter_mut().zip(b) {
                        *sum = a.mul_add(b, *sum);
                    }
                }
            }
            for (r, sums) in sums.iter().enumerate().take(rows) {
                out.0[r * out_stride + column..][..COLUMNS].copy_from_slice(sums);
            }
        }
    }
}

vectorised! {
    /// Softmax over the first `n` of every `width` values, in place.
    fn softmax(scores: &mut [f32], width: usize, n: usize) {
        for row in scores.chunks_exact_mut(width) {
            let row = &mut row[..n];
            let larger = |a: f32, b: f32| if a > b { a } else { b };
            let max = lanes(row, f32::NEG_INFINITY, larger, larger);
            for score in row.iter_mut() {
                *score = exp(*score - max);
            }
            let total = 1.0 / sum(row);
            for score in row.iter_mut() {
                *score *= total;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(n: usize, seed: usize) -> Vec<f32> {
        (0..n).map(|i| ((i * 7919 + seed * 104_729) % 2003) as f32 / 1000.0 - 1.0).collect()
    }

    /// The definition, in double precision.
    fn plain(queries: &[f32], keys_values: &[f32], heads: usize, hidden: usize) -> Vec<f64> {
        let size = hidden / heads;
        let mut out = Vec::new();
        for query in queries.chunks_exact(hidden) {
            for head in 0..heads {
                let at = head * size;
                let inner = |row: &[f32]| -> f64 {
                    let products = query[at..at + size].iter().zip(&row[at..at + size]);
                    products.map(|(&q, &k)| f64::from(q) * f64::from(k)).sum::<f64>() / (size as f64).sqrt()
                };
                let weights: Vec<f64> = keys_values.chunks_exact(2 * hidden).map(|row| inner(row).exp()).collect();
                let total: f64 = weights.iter().sum();
                for k in 0..size {
                    let rows = keys_values.chunks_exact(2 * hidden).zip(&weights);
                    out.push(rows.map(|(row, w)| w * f64::from(row[hidden + at + k])).sum::<f64>() / total);
                }
            }
        }
        out
    }

    #[test]
    fn attention_is_what_its_definition_says() {
        for (pieces, rows, heads, hidden) in
            [(1, 1, 2, 8), (5, 5, 2, 24), (17, 3, 4, 64), (50, 50, 8, 256), (33, 1, 12, 312)]
        {
            let (queries, keys_values) = (numbers(rows * hidden, 1), numbers(pieces * 2 * hidden, 2));
            let mut out = vec![0.0; rows * hidden];
            attend(&queries, &keys_values, heads, hidden, &mut out);
            for (got, want) in out.iter().zip(plain(&queries, &keys_values, heads, hidden)) {
                assert!((f64::from(*got) - want).abs() < 1e-5, "{pieces} {rows}: {got} {want}");
            }
        }
    }

    #[test]
    fn a_row_comes_out_the_same_alone_and_among_others() {
        let (heads, hidden) = (4, 64);
        let (queries, keys_values) = (numbers(9 * hidden, 3), numbers(9 * 2 * hidden, 4));
        let mut all = vec![0.0; 9 * hidden];
        attend(&queries, &keys_values, heads, hidden, &mut all);
        for row in 0..9 {
            let mut alone = vec![0.0; hidden];
            attend(&queries[row * hidden..][..hidden], &keys_values, heads, hidden, &mut alone);
            assert_eq!(alone, all[row * hidden..][..hidden]);
        }
    }
}
