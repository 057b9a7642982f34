//! From bytes of the cleaned text back to bytes of the original.

use super::glyph::Glyph;
use std::ops::Range;

/// A stretch of the cleaned text. `copied`: byte for byte the same distance in the original; otherwise the whole stretch
/// stands for the whole original range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    clean: u32,
    from: u32,
    to: u32,
    copied: bool,
}

/// An offset map: a few spans a message, found by binary search.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OffsetMap {
    spans: Vec<Span>,
    /// Length of the cleaned text in bytes.
    len: u32,
}

impl OffsetMap {
    pub fn new(glyphs: &[Glyph]) -> Self {
        let mut spans: Vec<Span> = Vec::new();
        let mut clean = 0;
        for glyph in glyphs {
            let copied = glyph.to - glyph.from == glyph.c.len_utf8() as u32;
            match spans.last_mut() {
                Some(last) if copied && last.copied && last.to == glyph.from => last.to = glyph.to,
                Some(last) if !copied && !last.copied && (last.from, last.to) == (glyph.from, glyph.to) => {}
                _ => spans.push(Span { clean, from: glyph.from, to: glyph.to, copied }),
            }
            clean += glyph.c.len_utf8() as u32;
        }
        Self { spans, len: clean }
    }

    /// The bytes of the original that `range` of the cleaned text stands for. What lies outside is cut off; an empty
    /// range gives an empty range.
    pub fn original(&self, range: Range<usize>) -> Range<usize> {
        let end = range.end.min(self.len as usize);
        let start = range.start.min(end);
        let from = self.from(start);
        if start == end { from..from } else { from..self.to(end).max(from) }
    }

    fn span(&self, at: usize) -> Option<&Span> {
        self.spans[..self.spans.partition_point(|s| s.clean as usize <= at)].last()
    }

    /// Where the byte at `at` begins in the original.
    fn from(&self, at: usize) -> usize {
        if at >= self.len as usize {
            return self.spans.last().map_or(0, |s| s.to as usize);
        }
        self.span(at).map_or(0, |s| if s.copied { s.from as usize + (at - s.clean as usize) } else { s.from as usize })
    }

    /// Where the byte before `at` ends in the original.
    fn to(&self, at: usize) -> usize {
        self.span(at.saturating_sub(1))
            .map_or(0, |s| if s.copied { s.from as usize + (at - s.clean as usize) } else { s.to as usize })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glyph(c: char, from: u32, to: u32) -> Glyph {
        Glyph { c, from, to }
    }

    #[test]
    fn copied_stretches_are_one_span_and_replaced_ones_map_whole() {
        // Original: 货坏😡了 (emoji at 6..10); cleaned: 货坏愤怒了.
        let map = OffsetMap::new(&[
            glyph('货', 0, 3),
            glyph('坏', 3, 6),
            glyph('愤', 6, 10),
            glyph('怒', 6, 10),
            glyph('了', 10, 13),
        ]);
        assert_eq!(map.spans.len(), 3);
        assert_eq!(map.original(3..6), 3..6);
        assert_eq!(map.original(6..9), 6..10);
        assert_eq!(map.original(3..15), 3..13);
        assert_eq!(map.original(15..15), 13..13);
        assert_eq!(map.original(0..999), 0..13);
    }

    #[test]
    fn an_empty_map_answers_too() {
        assert_eq!(OffsetMap::default().original(0..5), 0..0);
    }
}
