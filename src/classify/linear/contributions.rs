//! What each word did for a label.

use super::{
    LinearModel,
    grams::{Parts, placed_keys},
    vocabulary::Scratch,
};
use crate::{
    classify::{Head, softmax},
    segment::Reading,
};
use std::ops::Range;

impl LinearModel {
    /// For each label of `targets`, one number a word of the reading: by how much the logarithm of the label's probability
    /// would fall, to first order, if all runs that touch the word were gone. (That the other runs would then weigh more,
    /// since a row is scaled to length one, is left out.) Zeros for a head that the model does not answer.
    pub fn contributions(&self, reading: &Reading, targets: &[(Head, usize)]) -> Vec<Vec<f32>> {
        let (mut scratch, mut columns) = (Scratch::default(), Vec::new());
        self.answer(reading, &mut scratch, &mut columns);
        let mut runs: Vec<(u32, Range<usize>)> = Vec::new();
        let (char_grams, word_grams) = (self.vocabulary.char_grams, self.vocabulary.word_grams);
        placed_keys(reading, char_grams, word_grams, &mut Parts::default(), |key, chars| {
            runs.extend(self.vocabulary.id(key).map(|id| (id, reading.touched(&chars))));
        });
        runs.sort_by_key(|(id, _)| *id);
        scratch.row.sort_unstable_by_key(|(id, _)| *id);
        let contribution = |&(head, label): &(Head, usize)| {
            let mut words = vec![0.0; reading.words.len()];
            let Some(columns_of) = self.columns(head) else { return words };
            let probabilities = softmax(&columns[columns_of.clone()]);
            // The row holds every known feature once.
            for (places, &(id, value)) in runs.chunk_by(|a, b| a.0 == b.0).zip(&scratch.row) {
                let levels = &self.weights.levels(id as usize)[columns_of.clone()];
                let expected: f32 = levels.iter().zip(&probabilities).map(|(&level, p)| f32::from(level) * p).sum();
                let slope = (f32::from(levels[label]) - expected) * self.weights.steps[id as usize];
                for (_, touched) in places {
                    words[touched.clone()].iter_mut().for_each(|word| *word += slope * value / places.len() as f32);
                }
            }
            words
        };
        targets.iter().map(contribution).collect()
    }

    /// Where a head's logits stand among all.
    fn columns(&self, head: Head) -> Option<Range<usize>> {
        let mut start = 0;
        for &(of, width) in &self.heads {
            if of == head {
                return Some(start..start + width);
            }
            start += width;
        }
        None
    }
}
