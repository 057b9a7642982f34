//! Cuts a reading into features: runs of characters and runs of words, each a 32-bit key.

use crate::segment::Reading;

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
    if char_grams > 0 {
        let chars: Vec<u64> = folded(reading.text.as_str()).map(|c| c as u64).collect();
        for start in 0..chars.len() {
            let mut hash = CHARACTERS;
            for &c in &chars[start..chars.len().min(start + char_grams)] {
                hash = mix(hash, c);
                each(key(hash, Kind::Characters));
            }
        }
    }
    if word_grams > 0 {
        let words: Vec<(u64, bool)> = reading
            .words()
            .filter(|word| word.chars().any(char::is_alphanumeric))
            .map(|word| {
                let mut single = true;
                let hash = folded(word).enumerate().fold(WORDS, |hash, (place, c)| {
                    single &= place == 0;
                    mix(hash, c as u64)
                });
                (hash, single)
            })
            .collect();
        for start in 0..words.len() {
            let mut hash = WORDS;
            for (place, &(word, single)) in words[start..words.len().min(start + word_grams)].iter().enumerate() {
                hash = mix(hash, word);
                if place > 0 || !single {
                    each(key(hash, Kind::Words));
                }
            }
        }
    }
}

fn folded(text: &str) -> impl Iterator<Item = char> {
    let mut blank = false;
    text.chars().filter_map(move |c| {
        let was_blank = std::mem::replace(&mut blank, c.is_whitespace());
        match c {
            _ if blank => (!was_blank).then_some(' '),
            '0'..='9' => Some('0'),
            'A'..='Z' => Some(c.to_ascii_lowercase()),
            _ => Some(c),
        }
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
