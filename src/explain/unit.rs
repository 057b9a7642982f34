use crate::segment::Reading;
use std::ops::Range;

/// A word that can be deleted: some bytes of the original, and the words of the reading that they became. That is one word,
/// but where one character became several words (㈱), they go together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Bytes of the original text.
    pub span: Range<usize>,
    /// Places among the words of the reading.
    pub words: Range<usize>,
}

impl Unit {
    /// The word as it may be shown: a slice of the original, or a placeholder where that holds personal data.
    pub fn shown(&self, reading: &Reading) -> String {
        let masks = reading.text.masks();
        match masks.iter().find(|mask| mask.range.start < self.span.end && self.span.start < mask.range.end) {
            Some(mask) => mask.kind.placeholder().to_owned(),
            None => reading.text.original()[self.span.clone()].to_owned(),
        }
    }
}

/// The words of a reading that have a letter or digit in them, in order and without overlaps; punctuation is no word here.
pub(super) fn units(reading: &Reading) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::with_capacity(reading.words.len());
    for (place, word) in reading.words.iter().enumerate() {
        let span = reading.text.original_range(word.bytes.clone());
        match units.last_mut() {
            Some(last) if span.start < last.span.end => {
                last.span.end = last.span.end.max(span.end);
                last.words.end = place + 1;
            }
            _ => units.push(Unit { span, words: place..place + 1 }),
        }
    }
    let clean = reading.text.as_str();
    let says = |place: usize| clean[reading.words[place].bytes.clone()].chars().any(char::is_alphanumeric);
    units.retain(|unit| unit.words.clone().any(says));
    units
}

/// From one number a word of the reading to one a unit.
pub(super) fn sums(units: &[Unit], words: &[f32]) -> Vec<f32> {
    units.iter().map(|unit| words[unit.words.clone()].iter().sum()).collect()
}
