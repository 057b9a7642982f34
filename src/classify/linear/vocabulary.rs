//! The features a model knows, and the row of numbers that a reading becomes.

use super::{
    grams::{Kind, Parts, keys},
    recipe::LinearRecipe,
    rows::Rows,
};
use crate::segment::Reading;
use std::collections::HashMap;

/// Known features with the weight of their rarity. Ids are places in `keys`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Vocabulary {
    pub char_grams: usize,
    pub word_grams: usize,
    /// In rising order.
    pub keys: Vec<u32>,
    /// Inverse document frequency: `1 + ln((1 + rows) / (1 + rows with it))`.
    pub idf: Vec<f32>,
    /// A bit for every value of some bits of a key; most runs of a text are unknown, and this answers from nearer memory.
    known: Vec<u64>,
    /// Open addressing over `keys`: key and id side by side, so that a look-up touches one line of the cache.
    table: Vec<(u32, u32)>,
}

const NOTHING: u32 = u32::MAX;

/// Buffers that are used again from reading to reading.
#[derive(Default)]
pub(super) struct Scratch {
    parts: Parts,
    /// How often each feature stands in the reading; all zero between readings.
    counts: Vec<u16>,
    pub row: Vec<(u32, f32)>,
}

impl Vocabulary {
    /// The features that stand in at least `min_rows` readings, the most frequent `max_features` of them.
    pub fn learn(readings: &[Reading], recipe: &LinearRecipe) -> Self {
        let mut counts: HashMap<u32, u32> = HashMap::new();
        let (mut found, mut parts) = (Vec::new(), Parts::default());
        for reading in readings {
            found.clear();
            keys(reading, recipe.char_grams, recipe.word_grams, &mut parts, |key| found.push(key));
            found.sort_unstable();
            found.dedup();
            for &key in &found {
                *counts.entry(key).or_default() += 1;
            }
        }
        let mut features: Vec<(u32, u32)> =
            counts.into_iter().filter(|&(_, rows)| rows as usize >= recipe.min_rows).collect();
        features.sort_unstable_by_key(|&(key, rows)| (std::cmp::Reverse(rows), key));
        features.truncate(recipe.max_features);
        features.sort_unstable();
        let rows = readings.len() as f32;
        let idf = features.iter().map(|&(_, with)| 1.0 + ((1.0 + rows) / (1.0 + with as f32)).ln()).collect();
        Self::new(recipe.char_grams, recipe.word_grams, features.into_iter().map(|(key, _)| key).collect(), idf)
    }

    pub fn new(char_grams: usize, word_grams: usize, keys: Vec<u32>, idf: Vec<f32>) -> Self {
        let size = (keys.len() * 2).next_power_of_two().max(2);
        let mut table = vec![(0, NOTHING); size];
        let mut known = vec![0u64; (size / 8).max(1)];
        for (id, &key) in keys.iter().enumerate() {
            let bit = key as usize >> 1 & (known.len() * 64 - 1);
            known[bit / 64] |= 1 << (bit % 64);
            let mut place = key as usize >> 1 & (size - 1);
            while table[place].1 != NOTHING {
                place = (place + 1) & (size - 1);
            }
            table[place] = (key, id as u32);
        }
        Vocabulary { char_grams, word_grams, keys, idf, known, table }
    }

    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// The same with only the features whose ids are given, in rising order.
    pub fn keep(&self, ids: &[usize]) -> Self {
        let keys = ids.iter().map(|&id| self.keys[id]).collect();
        let idf = ids.iter().map(|&id| self.idf[id]).collect();
        Self::new(self.char_grams, self.word_grams, keys, idf)
    }

    pub fn id(&self, key: u32) -> Option<u32> {
        let bit = key as usize >> 1 & (self.known.len() * 64 - 1);
        if self.known[bit / 64] >> (bit % 64) & 1 == 0 {
            return None;
        }
        let mask = self.table.len() - 1;
        let mut place = key as usize >> 1 & mask;
        loop {
            match self.table[place] {
                (_, NOTHING) => return None,
                (found, id) if found == key => return Some(id),
                _ => place = (place + 1) & mask,
            }
        }
    }

    /// Fills `scratch.row`: `(1 + ln count) · idf` for every known feature, in the order of the text, characters and words each scaled to
    /// the same length, the whole to length one. A reading of unknown features only gives an empty row.
    pub fn row(&self, reading: &Reading, scratch: &mut Scratch) {
        let Scratch { parts, counts, row } = scratch;
        counts.resize(self.len(), 0);
        row.clear();
        keys(reading, self.char_grams, self.word_grams, parts, |key| {
            if let Some(id) = self.id(key) {
                let count = &mut counts[id as usize];
                if *count == 0 {
                    row.push((id, 0.0));
                }
                *count = count.saturating_add(1);
            }
        });
        let mut squares = [0.0f32; 2];
        for (id, value) in row.iter_mut() {
            let id = *id as usize;
            let often = match std::mem::take(&mut counts[id]) {
                1 => 1.0,
                count => 1.0 + f32::from(count).ln(),
            };
            *value = often * self.idf[id];
            squares[Kind::of(self.keys[id]) as usize] += *value * *value;
        }
        let blocks = squares.iter().filter(|s| **s > 0.0).count() as f32;
        let scales = squares.map(|s| if s > 0.0 { 1.0 / (s * blocks).sqrt() } else { 0.0 });
        for (id, value) in row.iter_mut() {
            *value *= scales[Kind::of(self.keys[*id as usize]) as usize];
        }
    }

    /// The rows of all readings, with a last feature that is always one and carries the bias.
    pub fn rows(&self, readings: &[Reading]) -> Rows {
        let mut rows = Rows::new();
        let mut scratch = Scratch::default();
        for reading in readings {
            self.row(reading, &mut scratch);
            scratch.row.push((self.len() as u32, 1.0));
            rows.push(&scratch.row);
        }
        rows
    }
}
