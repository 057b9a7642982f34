//! Stage 2: words, by jieba with a dictionary of complaint terms.

use crate::{Result, text::Text};
use std::ops::Range;

/// A word with its place in the cleaned text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Byte range in the cleaned text.
    pub bytes: Range<usize>,
    /// Character range in the cleaned text.
    pub chars: Range<usize>,
}

/// A complaint as every later stage reads it: the cleaned text and its words.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    pub text: Text,
    pub words: Vec<Word>,
}

impl Reading {
    /// The words as text, in order.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(|w| &self.text.as_str()[w.bytes.clone()])
    }
}

/// Cuts texts into words; made once, shared by all threads.
pub struct Segmenter {}

impl Segmenter {
    /// jieba with the built-in complaint dictionary.
    pub fn new() -> Self {
        todo!()
    }
    /// Cleans and cuts one message.
    ///
    /// # Errors
    /// [`crate::Error::EmptyText`], [`crate::Error::TextWithoutWords`], [`crate::Error::TextTooLong`].
    pub fn read(&self, _original: &str) -> Result<Reading> {
        todo!()
    }
}
