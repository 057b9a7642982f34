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

/// Calls `each` with the key of every run of up to `char_grams` characters and up to `word_grams` words.
///
/// Characters are folded first: lower case, any white space one blank, every digit the same. Words are those with a
/// letter or digit in them, so that runs reach over punctuation; a word of a single character is left out, being a run of
/// characters already, and counts in longer runs only.
pub(super) fn keys(reading: &Reading, char_grams: usize, word_grams: usize, mut each: impl FnMut(u32)) {
    placed_keys(reading, char_grams, word_grams, |key, _| each(key));
}

/// The same; `each` also hears which characters of the cleaned text the run covers.
pub(super) fn placed_keys(
    reading: &Reading,
    char_grams: usize,
    word_grams: usize,
    mut each: impl FnMut(u32, Range<usize>),
) {
    if char_grams > 0 {
        let chars: Vec<(usize, char)> = folded(reading.text.as_str()).collect();
        for start in 0..chars.len() {
            let mut hash = CHARACTERS;
            for &(place, c) in &chars[start..chars.len().min(start + char_grams)] {
                hash = mix(hash, c as u64);
                each(key(hash, Kind::Characters), chars[start].0..place + 1);
            }
        }
    }
    if word_grams > 0 {
        let words: Vec<(u64, bool, &Range<usize>)> = reading
            .words()
            .zip(&reading.words)
            .filter(|(word, _)| word.chars().any(char::is_alphanumeric))
            .map(|(word, at)| {
                let mut single = true;
                let hash = folded(word).enumerate().fold(WORDS, |hash, (place, (_, c))| {
                    single &= place == 0;
                    mix(hash, c as u64)
                });
                (hash, single, &at.chars)
            })
            .collect();
        for start in 0..words.len() {
            let mut hash = WORDS;
            for (place, &(word, single, at)) in words[start..words.len().min(start + word_grams)].iter().enumerate() {
                hash = mix(hash, word);
                if place > 0 || !single {
                    each(key(hash, Kind::Words), words[start].2.start..at.end);
                }
            }
        }
    }
}

/// The folded characters, each with its place among those of `text`.
fn folded(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut blank = false;
    text.chars().enumerate().filter_map(move |(place, c)| {
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
