//! Stage 3: pieces for the transformer. Any `tokenizer.json` of the HF library works: WordPiece (BERT) and unigram (XLM-R)
//! alike. (The linear model's counts are made beside it, in [`crate::classify::linear`].)

mod punctuation;
mod ragged;

pub use ragged::Ragged;

use crate::{Error, Result};
use std::{ops::Range, path::Path};
use tokenizers::Tokenizer;

/// The pieces of one text, special pieces included.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pieces {
    pub ids: Vec<u32>,
}

/// Cuts text into pieces. A text longer than the limit keeps its head and its tail: complaints open with what happened and
/// close with what is wanted.
pub struct PieceEncoder {
    tokenizer: Tokenizer,
    prefix: String,
    first: u32,
    last: u32,
    mask: Option<u32>,
    max_pieces: usize,
}

/// The share of the limit that the head of a long text gets.
const HEAD_SHARE: f32 = 0.7;

impl PieceEncoder {
    /// Reads a `tokenizer.json`. `prefix` goes before every text (`query: ` for the e5 family); `max_pieces` counts the
    /// special pieces.
    ///
    /// # Errors
    /// [`Error::Encoder`] if the file is no tokenizer, or frames a text with other than one piece before and one after.
    pub fn open(path: &Path, prefix: &str, max_pieces: usize) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|e| Error::file(path, e))?;
        Self::from_bytes(&bytes, path, prefix, max_pieces)
    }

    /// The same from the bytes of a file; `path` is only for messages.
    pub fn from_bytes(bytes: &[u8], path: &Path, prefix: &str, max_pieces: usize) -> Result<Self> {
        let fault = |reason: String| Error::Encoder { path: path.to_owned(), reason };
        let mut tokenizer = Tokenizer::from_bytes(bytes).map_err(|e| fault(format!("not a tokenizer: {e}")))?;
        tokenizer.with_truncation(None).map_err(|e| fault(e.to_string()))?;
        tokenizer.with_padding(None);
        let frame = tokenizer.encode("", true).map_err(|e| fault(e.to_string()))?;
        let &[first, last] = frame.get_ids() else {
            return Err(fault(format!("frames a text with {} pieces, not 2", frame.get_ids().len())));
        };
        if max_pieces < 8 {
            return Err(fault(format!("max_pieces is {max_pieces}; at least 8 are needed")));
        }
        let mask = ["[MASK]", "<mask>"].iter().find_map(|piece| tokenizer.token_to_id(piece));
        Ok(PieceEncoder { tokenizer, prefix: prefix.to_owned(), first, last, mask, max_pieces })
    }

    /// The pieces of a cleaned text.
    pub fn encode(&self, text: &str) -> Result<Pieces> {
        let encoding = self.tokenizer.encode_fast(self.dressed(text), false).map_err(fault)?;
        Ok(Pieces { ids: self.framed(encoding.get_ids(), self.first, self.last) })
    }

    /// The same pieces, and for each the characters of the cleaned text that it stands for: none for those that open and
    /// close the text.
    pub fn encode_placed(&self, text: &str) -> Result<(Pieces, Vec<Range<usize>>)> {
        let encoding = self.tokenizer.encode_char_offsets(self.dressed(text), false).map_err(fault)?;
        let prefix = self.prefix.chars().count();
        // Dressing changes no number of characters but by the prefix.
        let place = |&(from, to): &(usize, usize)| from.saturating_sub(prefix)..to.saturating_sub(prefix);
        let places: Vec<Range<usize>> = encoding.get_offsets().iter().map(place).collect();
        Ok((Pieces { ids: self.framed(encoding.get_ids(), self.first, self.last) }, self.framed(&places, 0..0, 0..0)))
    }

    /// The text as the tokenizer gets it.
    fn dressed(&self, text: &str) -> String {
        let text = punctuation::full_width(text);
        if self.prefix.is_empty() { text } else { format!("{}{text}", self.prefix) }
    }

    /// A whole text, or head and tail of one that is too long, between what opens and what closes it.
    fn framed<T: Clone>(&self, inner: &[T], first: T, last: T) -> Vec<T> {
        let room = self.max_pieces - 2;
        let mut framed = Vec::with_capacity(inner.len().min(room) + 2);
        framed.push(first);
        if inner.len() <= room {
            framed.extend_from_slice(inner);
        } else {
            let head = (room as f32 * HEAD_SHARE) as usize;
            framed.extend_from_slice(&inner[..head]);
            framed.extend_from_slice(&inner[inner.len() - (room - head)..]);
        }
        framed.push(last);
        framed
    }

    /// The longest text that is kept whole, special pieces included.
    pub fn max_pieces(&self) -> usize {
        self.max_pieces
    }

    /// Whether the vocabulary has a piece that stands for a hidden one.
    pub fn hides(&self) -> bool {
        self.mask.is_some()
    }

    /// The piece that stands for a hidden one in training; the unknown or last special piece where the vocabulary has none.
    pub fn mask_id(&self) -> u32 {
        self.mask.unwrap_or(self.last)
    }

    /// Number of pieces in the vocabulary.
    pub fn vocabulary(&self) -> usize {
        self.tokenizer.get_vocab_size(true)
    }
}

fn fault(error: tokenizers::Error) -> Error {
    Error::Internal(format!("tokenizer: {error}"))
}
