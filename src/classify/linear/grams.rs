//! Cuts a reading into features: runs of characters and runs of words, each a 32-bit key.

use crate::segment::Reading;
use std::ops::Range;

/// What a key stands for; it is the key's lowest bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Characters = 0,
    Words = 1,
}

impl Kind {
    pub fn of(key: u32) -> Kind {
        if key & 1 == 0 { Kind::Characters } else { Kind::Words }
    }
}

const CHARACTERS: u64 = 0x243f_6a88_85a3_08d3;
const WORDS: u64 = 0x1319_8a2e_0370_7344;

/// What a reading is cut into before runs are made of it; used again from reading to reading.
#[derive(Default)]
pub(super) struct Parts {
    /// A folded character and its place among those of the cleaned text.
    chars: Vec<(u32, char)>,
    /// A word's hash, whether it is one of a single character, and its place among the reading's words.
    words: Vec<(u64, bool, u32)>,
}

/// Calls `each` with the key of every run of up to `char_grams` characters and up to `word_grams` words.
///
/// Characters are folded first: lower case, any white space one blank, every digit the same. Words are those with a
/// letter or digit in them, so that runs reach over punctuation; a word of a single character is left out, being a run of
/// characters already, and counts in longer runs only.
pub(super) fn keys(
    reading: &Reading,
    char_grams: usize,
    word_grams: usize,
    parts: &mut Parts,
    mut each: impl FnMut(u32),
) {
    placed_keys(reading, char_grams, word_grams, parts, |key, _| each(key));
}

/// The same; `each` also hears which characters of the cleaned text the run covers.
#[inline]
pub(super) fn placed_keys(
    reading: &Reading,
    char_grams: usize,
    word_grams: usize,
    parts: &mut Parts,
    mut each: impl FnMut(u32, Range<usize>),
) {
    let Parts { chars, words } = parts;
    if char_grams > 0 {
        chars.clear();
        chars.extend(folded(reading.text.as_str()));
        for start in 0..chars.len() {
            let mut hash = CHARACTERS;
            for &(place, c) in &chars[start..chars.len().min(start + char_grams)] {
                hash = mix(hash, c as u64);
                each(key(hash, Kind::Characters), chars[start].0 as usize..place as usize + 1);
            }
        }
    }
    if word_grams > 0 {
        words.clear();
        for (at, word) in reading.words().enumerate() {
            let (mut hash, mut length, mut says) = (WORDS, 0, false);
            for (_, c) in folded(word) {
                hash = mix(hash, c as u64);
                length += 1;
                says |= ('\u{4e00}'..='\u{9fff}').contains(&c) || c.is_alphanumeric();
            }
            if says {
                words.push((hash, length == 1, at as u32));
            }
        }
        for start in 0..words.len() {
            let mut hash = WORDS;
            for (place, &(word, single, at)) in words[start..words.len().min(start + word_grams)].iter().enumerate() {
                hash = mix(hash, word);
                if place > 0 || !single {
                    let [first, last] = [words[start].2, at].map(|at| &reading.words[at as usize].chars);
                    each(key(hash, Kind::Words), first.start..last.end);
                }
            }
        }
    }
}

/// The folded characters, each with its place among those of `text`.
fn folded(text: &str) -> impl Iterator<Item = (u32, char)> {
    let mut blank = false;
    (0..).zip(text.chars()).filter_map(move |(place, c)| {
        let was_blank = std::mem::replace(&mut blank, c.is_whitespace());
        let c = match c {
            _ if blank => (!was_blank).then_some(' ')?,
            '0'..='9' => '0',
            'A'..='Z' => c.to_ascii_lowercase(),
            _ => c,
        };
        Some((place, c))
    })
}

/// One multiply a step; the constant is that of splitmix64, and the high half comes out well mixed.
fn mix(hash: u64, value: u64) -> u64 {
    let product = (hash ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    product ^ (product >> 29)
}

fn key(hash: u64, kind: Kind) -> u32 {
    (hash.wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 32) as u32 & !1 | kind as u32
}
