//! Stage 1: from the raw message to the text that the models read, with masks over personal data and a map back.

use std::ops::Range;

/// A cleaned message. Byte ranges of [`Text::as_str`] map back to byte ranges of [`Text::original`].
#[derive(Debug, Clone, PartialEq)]
pub struct Text {}

impl Text {
    /// The message as it came.
    pub fn original(&self) -> &str {
        todo!()
    }
    /// What the models read: normalised, simplified, emoji as words, personal data replaced by placeholders.
    pub fn as_str(&self) -> &str {
        todo!()
    }
    /// The original with personal data replaced by placeholders: what may be stored and shown.
    pub fn masked(&self) -> String {
        todo!()
    }
    /// Where a byte range of the cleaned text came from.
    pub fn original_range(&self, _range: Range<usize>) -> Range<usize> {
        todo!()
    }
}
