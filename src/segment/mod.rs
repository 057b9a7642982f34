//! Stage 2: words, by jieba with a dictionary of complaint terms.

#[cfg(test)]
mod tests;

use crate::{
    Result,
    text::{MaskKind, Text},
};
use flate2::read::GzDecoder;
use jieba_rs::Jieba;
use std::{
    io::BufReader,
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

    /// Which words a range of characters touches.
    pub fn touched(&self, chars: &Range<usize>) -> Range<usize> {
        let start = self.words.partition_point(|word| word.chars.end <= chars.start);
        let end = self.words.partition_point(|word| word.chars.start < chars.end);
        start..end.max(start)
    }

    /// A message of which nothing is left.
    pub fn wordless() -> Self {
        Reading { text: Text::wordless(), words: Vec::new() }
    }
}

/// jieba can guess words that are in no dictionary with a hidden Markov model. It glues what complaints are made of (很差,
/// 没见, 差六), agrees less with sentences cut by hand (`tests.rs` measures both), and hides negations: off.
const USE_HMM: bool = false;

/// Complaint terms, one a line, with a frequency where jieba's own choice is too low; `#` opens a comment line.
const COMPLAINT_WORDS: &str = include_str!("complaint-words.txt");

/// jieba's words with their frequencies. The crate's own copy comes packed by a library in C, and building that costs more than all of
/// this crate's reading of Chinese.
const GENERAL_WORDS: &[u8] = include_bytes!("jieba-words.gz");

/// jieba with its general dictionary alone.
fn general() -> Jieba {
    Jieba::with_dict(&mut BufReader::new(GzDecoder::new(GENERAL_WORDS))).expect("the dictionary is part of the program")
}

/// Loading jieba's dictionary takes tens of milliseconds and megabytes, so every segmenter shares one.
static JIEBA: LazyLock<Arc<Jieba>> = LazyLock::new(|| {
    let mut jieba = general();
    for (word, frequency) in complaint_words() {
        jieba.add_word(word, frequency, None);
    }
    Arc::new(jieba)
});

/// The words of the dictionary, with a frequency where the file gives one. jieba chooses it otherwise, just high enough
/// that the word stays whole.
fn complaint_words() -> impl Iterator<Item = (&'static str, Option<usize>)> {
    COMPLAINT_WORDS.lines().filter(|l| !l.starts_with('#')).filter_map(|line| {
        let mut parts = line.split_whitespace();
        Some((parts.next()?, parts.next().and_then(|f| f.parse().ok())))
    })
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
        let tokens = self.jieba.cut(clean, USE_HMM);
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
            } else if is_digits(token.word)
                && !clean[..token.byte_start].ends_with('.')
                && let Some(end) = decimal_end(&clean[token.byte_end..])
            {
                word.bytes.end += end;
                word.chars.end += end;
                while tokens.next_if(|t| t.byte_end <= word.bytes.end).is_some() {}
            }
            words.push(word);
        }
        words
    }
}

fn is_digits(word: &str) -> bool {
    word.bytes().all(|b| b.is_ascii_digit())
}

/// The length of `.8` after the 2 of 2.8, unless the number goes on as something else (2.8.1, 2.8G).
fn decimal_end(rest: &str) -> Option<usize> {
    let digits = rest.strip_prefix('.')?.bytes().take_while(u8::is_ascii_digit).count();
    let after = rest[1 + digits..].bytes().next();
    (digits > 0 && !after.is_some_and(|b| b.is_ascii_alphanumeric() || b == b'.')).then_some(1 + digits)
}

fn placeholder_at(text: &str) -> Option<&'static str> {
    MaskKind::ALL.into_iter().map(MaskKind::placeholder).find(|p| text.starts_with(p))
}
