//! Stage 2: words, by jieba with a dictionary of complaint terms.

use crate::{
    Result,
    text::{MaskKind, Text},
};
use jieba_rs::Jieba;
use std::{
    ops::Range,
    sync::{Arc, LazyLock},
};

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
    /// In order, without overlaps; only spaces lie between them.
    pub words: Vec<Word>,
}

impl Reading {
    /// The words as text, in order.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(|w| &self.text.as_str()[w.bytes.clone()])
    }
}

/// Complaint terms, one a line; `#` opens a comment line.
const COMPLAINT_WORDS: &str = include_str!("complaint-words.txt");

/// Loading jieba's dictionary takes tens of milliseconds and megabytes, so every segmenter shares one.
static JIEBA: LazyLock<Arc<Jieba>> = LazyLock::new(|| {
    let mut jieba = Jieba::new();
    for word in complaint_words() {
        jieba.add_word(word, None, None);
    }
    Arc::new(jieba)
});

fn complaint_words() -> impl Iterator<Item = &'static str> {
    COMPLAINT_WORDS.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#'))
}

/// Cuts texts into words; made once, shared by all threads.
#[derive(Clone)]
pub struct Segmenter {
    jieba: Arc<Jieba>,
}

impl Default for Segmenter {
    fn default() -> Self {
        Self::new()
    }
}

impl Segmenter {
    /// jieba with the built-in complaint dictionary. The first call loads the dictionaries, later ones share them.
    pub fn new() -> Self {
        Self { jieba: JIEBA.clone() }
    }

    /// Cleans and cuts one message.
    ///
    /// # Errors
    /// [`crate::Error::EmptyText`], [`crate::Error::TextWithoutWords`], [`crate::Error::TextTooLong`].
    pub fn read(&self, original: &str) -> Result<Reading> {
        let text = Text::new(original)?;
        let words = self.cut(text.as_str());
        Ok(Reading { text, words })
    }

    /// Cuts a cleaned text. Placeholders of masks stay one word; spaces are no words.
    pub fn cut(&self, clean: &str) -> Vec<Word> {
        let tokens = self.jieba.cut(clean, true);
        let mut words: Vec<Word> = Vec::with_capacity(tokens.len());
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            if token.word.chars().all(char::is_whitespace) {
                continue;
            }
            let mut word = Word { bytes: token.byte_start..token.byte_end, chars: token.start..token.end };
            if token.word == "["
                && let Some(placeholder) = placeholder_at(&clean[token.byte_start..])
            {
                word.bytes.end = word.bytes.start + placeholder.len();
                word.chars.end = word.chars.start + placeholder.len();
                while tokens.next_if(|t| t.byte_end <= word.bytes.end).is_some() {}
            }
            words.push(word);
        }
        words
    }
}

fn placeholder_at(text: &str) -> Option<&'static str> {
    MaskKind::ALL.into_iter().map(MaskKind::placeholder).find(|p| text.starts_with(p))
}
