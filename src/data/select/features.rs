//! TF-IDF over single characters and pairs of them: enough to tell whether two complaints are about the same.

use crate::data::normal;
use rayon::prelude::*;
use std::collections::HashMap;

/// One vector of length one a text, as sorted pairs of a feature and its value.
pub(super) struct Features(Vec<Vec<((char, char), f32)>>);

/// The second half of a single character.
const NONE: char = '\0';

impl Features {
    pub fn of(texts: &[&str]) -> Self {
        let mut rows: Vec<Vec<((char, char), f32)>> = texts.par_iter().map(|text| counts(text)).collect();
        let mut with: HashMap<(char, char), u32> = HashMap::new();
        for (feature, _) in rows.iter().flatten() {
            *with.entry(*feature).or_default() += 1;
        }
        let all = rows.len() as f32;
        rows.par_iter_mut().for_each(|row| {
            for (feature, value) in row.iter_mut() {
                *value = (1.0 + value.ln()) * ((1.0 + all) / (1.0 + with[feature] as f32)).ln();
            }
            let length = row.iter().map(|(_, value)| value * value).sum::<f32>().sqrt();
            if length > 0.0 {
                row.iter_mut().for_each(|(_, value)| *value /= length);
            }
        });
        Features(rows)
    }

    pub fn cosine(&self, a: usize, b: usize) -> f32 {
        let (a, b) = (&self.0[a], &self.0[b]);
        let (mut i, mut j, mut sum) = (0, 0, 0.0);
        while i < a.len() && j < b.len() {
            match a[i].0.cmp(&b[j].0) {
                std::cmp::Ordering::Less => i += 1,
                std::cmp::Ordering::Greater => j += 1,
                std::cmp::Ordering::Equal => {
                    sum += a[i].1 * b[j].1;
                    i += 1;
                    j += 1;
                }
            }
        }
        sum
    }
}

fn counts(text: &str) -> Vec<((char, char), f32)> {
    let chars: Vec<char> = normal(text).chars().collect();
    let singles = chars.iter().map(|&c| (c, NONE));
    let mut found: Vec<(char, char)> = singles.chain(chars.windows(2).map(|pair| (pair[0], pair[1]))).collect();
    found.sort_unstable();
    found.chunk_by(|a, b| a == b).map(|run| (run[0], run.len() as f32)).collect()
}
