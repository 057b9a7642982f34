//! Stage 1: from the raw message to the text that the models read, with masks over personal data and a map back.
//!
//! `fold` gives what looks the same one form, `emotes` turns pictures into words, `mask` finds personal data; all of them
//! work on glyphs, characters that remember where they came from, and `map` is what remains of that memory.
//!
//! ```
//! use fenzhen::text::Text;
//!
//! let text = Text::new("訂單還沒到😡，請打１３８００１３８０００").unwrap();
//! assert_eq!(text.as_str(), "订单还没到 愤怒 ,请打[PHONE]");
//! assert_eq!(text.masked(), "訂單還沒到😡，請打[PHONE]");
//! let at = text.as_str().find("愤怒").unwrap();
//! assert_eq!(&text.original()[text.original_range(at..at + 6)], "😡");
//! ```

mod emotes;
mod fold;
mod glyph;
mod map;
mod mask;
mod simplify;
#[cfg(test)]
mod tests;

pub use mask::{Mask, MaskKind};

use crate::{Error, Result};
use glyph::Glyph;
use map::OffsetMap;
use std::{fmt, ops::Range};

/// The longest message that is read, in characters.
pub const MAX_CHARS: usize = 20_000;

/// A cleaned message. Byte ranges of [`Text::as_str`] map back to byte ranges of [`Text::original`].
#[derive(Clone, PartialEq)]
pub struct Text {
    original: String,
    clean: String,
    map: OffsetMap,
    masks: Vec<Mask>,
}

impl Text {
    /// Cleans a message and masks the personal data in it.
    ///
    /// # Errors
    /// [`Error::EmptyText`] where nothing is visible, [`Error::TextWithoutWords`] where there are only punctuation, symbols
    /// or emoji, [`Error::TextTooLong`] above [`MAX_CHARS`].
    pub fn new(original: &str) -> Result<Self> {
        let chars = original.chars().count();
        if chars > MAX_CHARS {
            return Err(Error::TextTooLong { chars, limit: MAX_CHARS });
        }
        let folded = fold::fold(original);
        if folded.is_empty() {
            return Err(Error::EmptyText);
        }
        let (mut glyphs, has_words) = emotes::replace(&folded);
        if !has_words {
            return Err(Error::TextWithoutWords);
        }
        let mut masks = Vec::new();
        let mut clean = written(&glyphs);
        // A placeholder may end what hid a neighbour (two numbers that touch), so masking goes on until it finds nothing.
        loop {
            let found = mask::find(&clean);
            if found.is_empty() {
                break;
            }
            glyphs = placed(&glyphs, &found, &mut masks);
            glyphs = emotes::replace(&glyphs).0;
            clean = written(&glyphs);
        }
        masks.sort_by_key(|m: &Mask| m.range.start);
        Ok(Self { original: original.to_owned(), map: OffsetMap::new(&glyphs), clean, masks })
    }

    /// A message of which nothing is left. [`Text::new`] refuses it; the models can be asked what they say of nothing.
    pub fn wordless() -> Self {
        Self { original: String::new(), clean: String::new(), map: OffsetMap::default(), masks: Vec::new() }
    }

    /// The message as it came.
    pub fn original(&self) -> &str {
        &self.original
    }

    /// What the models read: normalised, simplified, emoji as words, personal data replaced by placeholders.
    pub fn as_str(&self) -> &str {
        &self.clean
    }

    /// The original with personal data replaced by placeholders: what may be stored and shown.
    pub fn masked(&self) -> String {
        let mut masked = String::with_capacity(self.original.len());
        let mut done = 0;
        for mask in &self.masks {
            masked.push_str(&self.original[done..mask.range.start]);
            masked.push_str(mask.kind.placeholder());
            done = mask.range.end;
        }
        masked.push_str(&self.original[done..]);
        masked
    }

    /// The personal data that was found, in order, with its place in the original.
    pub fn masks(&self) -> &[Mask] {
        &self.masks
    }

    /// Where a byte range of the cleaned text came from. A range that begins or ends inside a character takes the whole
    /// character; one beyond the end is cut off.
    pub fn original_range(&self, range: Range<usize>) -> Range<usize> {
        let mut range = self.map.original(range);
        while !self.original.is_char_boundary(range.start) {
            range.start -= 1;
        }
        while !self.original.is_char_boundary(range.end) {
            range.end += 1;
        }
        range
    }
}

/// Complaint text is personal data and must not reach a log by way of `{:?}`: only lengths are shown.
impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Text")
            .field("original_bytes", &self.original.len())
            .field("clean_bytes", &self.clean.len())
            .field("masks", &self.masks)
            .finish()
    }
}

fn written(glyphs: &[Glyph]) -> String {
    let mut text = String::with_capacity(glyphs.len() * 3);
    text.extend(glyphs.iter().map(|g| g.c));
    text
}

/// The glyphs with placeholders where `found` (byte ranges of their text) says, and the masks noted.
fn placed(glyphs: &[Glyph], found: &[(MaskKind, Range<usize>)], masks: &mut Vec<Mask>) -> Vec<Glyph> {
    let mut out = Vec::with_capacity(glyphs.len());
    let mut found = found.iter().peekable();
    let mut at = 0;
    let mut i = 0;
    while i < glyphs.len() {
        while found.next_if(|(_, range)| range.start < at).is_some() {}
        let next = at + glyphs[i].c.len_utf8();
        let Some((kind, range)) = found.next_if(|(_, range)| range.start < next) else {
            out.push(glyphs[i]);
            (at, i) = (next, i + 1);
            continue;
        };
        let (mut from, mut to) = (glyphs[i].from, glyphs[i].to);
        // Glyphs of one original character fall together: half a ligature cannot be masked.
        while out.last().is_some_and(|g: &Glyph| g.to > from) {
            from = from.min(out.pop().map_or(from, |g| g.from));
        }
        while i < glyphs.len() && (at < range.end || glyphs[i].from < to) {
            to = to.max(glyphs[i].to);
            at += glyphs[i].c.len_utf8();
            i += 1;
        }
        out.extend(kind.placeholder().chars().map(|c| Glyph { c, from, to }));
        let range = from as usize..to as usize;
        masks.retain(|m| m.range.start < range.start || m.range.end > range.end);
        masks.push(Mask { kind: *kind, range });
    }
    out
}
