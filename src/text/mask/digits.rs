//! Digits as people write them: blocks, joined by single spaces or hyphens, and what touches them.

use super::words::Announced;
use std::ops::Range;

/// Digits without anything between them.
#[derive(Debug, Clone)]
pub struct Block {
    pub range: Range<usize>,
    /// What stands between the block before and this one.
    pub joint: Joint,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joint {
    Space,
    Hyphen,
    /// The block before stands in brackets: (0755)26541234.
    Bracket,
    /// Anything else, or nothing came before.
    Other,
}

/// All blocks of a text.
pub fn blocks(text: &str) -> Vec<Block> {
    let bytes = text.as_bytes();
    let mut blocks: Vec<Block> = Vec::new();
    let mut i = 0;
    while i < bytes.len() {
        if !bytes[i].is_ascii_digit() {
            i += 1;
            continue;
        }
        let start = i;
        while i < bytes.len() && bytes[i].is_ascii_digit() {
            i += 1;
        }
        let joint = match blocks.last().map(|b| &text[b.range.end..start]) {
            Some(" ") => Joint::Space,
            Some("-" | "‐" | "–" | "—" | " - " | "- " | " -") => Joint::Hyphen,
            Some(")" | ") " | ")-") if text[..blocks[blocks.len() - 1].range.start].ends_with('(') => Joint::Bracket,
            _ => Joint::Other,
        };
        blocks.push(Block { range: start..i, joint });
    }
    blocks
}

/// Blocks from a certain one on, with the text around them.
#[derive(Clone, Copy)]
pub struct Place<'t> {
    pub text: &'t str,
    pub blocks: &'t [Block],
    /// The block at which a number may begin.
    pub at: usize,
    pub announced: Announced,
}

impl<'t> Place<'t> {
    /// The digits of the first block.
    pub fn first(&self) -> &'t [u8] {
        &self.text.as_bytes()[self.blocks[self.at].range.clone()]
    }

    /// The lengths of the first block and of those joined to it, `most` at most.
    pub fn lengths(&self, most: usize) -> impl Iterator<Item = usize> {
        self.blocks[self.at..]
            .iter()
            .take(most)
            .enumerate()
            .map_while(|(i, b)| (i == 0 || b.joint != Joint::Other).then_some(b.range.len()))
    }

    /// The digits and the place of the number, if its blocks are as long as `layout` says.
    pub fn laid_out(&self, layout: &[usize]) -> Option<(Vec<u8>, Range<usize>)> {
        self.lengths(layout.len()).eq(layout.iter().copied()).then(|| self.joined(layout.len()))
    }

    /// The digits and the place of the first `count` blocks, which must exist.
    pub fn joined(&self, count: usize) -> (Vec<u8>, Range<usize>) {
        let blocks = &self.blocks[self.at..self.at + count];
        let digits = blocks.iter().flat_map(|b| &self.text.as_bytes()[b.range.clone()]).copied().collect();
        (digits, blocks[0].range.start..blocks[count - 1].range.end)
    }

    /// Whether the block `ahead` places on is joined to the one before it, and how.
    pub fn joint(&self, ahead: usize) -> Joint {
        self.blocks.get(self.at + ahead).map_or(Joint::Other, |b| b.joint)
    }

    /// Whether more digits hang on the first block or on the one after `count` blocks, as in a number written in groups.
    pub fn is_in_a_longer_group(&self, count: usize) -> bool {
        self.joint(0) != Joint::Other || self.joint(count) != Joint::Other
    }

    /// Whether nothing touches `range` that makes it part of a code, a decimal or a sum.
    pub fn stands_alone(&self, range: &Range<usize>) -> bool {
        !is_touched_before(&self.text[..range.start]) && !is_touched_after(&self.text[range.end..])
    }
}

/// Letters that people write right before their own number, unlike the letters that open a tracking number.
const CONTACT_LETTERS: [&str; 15] =
    ["tel", "phone", "mobile", "mob", "call", "vx", "wx", "v", "wechat", "weixin", "qq", "q", "dh", "sj", "lxdh"];

fn is_touched_before(before: &str) -> bool {
    let mut chars = before.chars().rev();
    match chars.next() {
        Some('_' | '¥' | '￥' | '$' | '€' | '£') => true,
        // 3.13800138000 is a decimal; no.13800138000 is caught by its word.
        Some('.' | ',') => chars.next().is_some_and(|c| c.is_ascii_digit()) && before.ends_with('.'),
        // DD-13800138000: a code with a prefix.
        Some('-') => chars.next().is_some_and(|c| c.is_ascii_alphabetic()),
        Some(c) if c.is_ascii_alphabetic() => {
            let letters = trailing(before, |c| c.is_ascii_alphanumeric());
            !CONTACT_LETTERS.iter().any(|l| letters.eq_ignore_ascii_case(l))
        }
        _ => false,
    }
}

/// Units that make a number an amount.
const UNITS: [char; 7] = ['元', '块', '¥', '%', '万', '亿', '￥'];

fn is_touched_after(after: &str) -> bool {
    let mut chars = after.chars();
    match chars.next() {
        Some('_') => true,
        Some('.') => chars.next().is_some_and(|c| c.is_ascii_digit()),
        Some(c) if UNITS.contains(&c) => true,
        // Letters may follow a number (同号 is often written VX); letters and digits make a code.
        Some(c) if c.is_ascii_alphabetic() => {
            let code = after.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
            code.len() > 8 || code.contains(|c: char| c.is_ascii_digit())
        }
        _ => false,
    }
}

/// The end of `text` whose characters all satisfy `wanted`; no further back than a word can be long.
fn trailing(text: &str, wanted: impl Fn(char) -> bool) -> &str {
    let start =
        text.char_indices().rev().take(24).take_while(|&(_, c)| wanted(c)).last().map_or(text.len(), |(i, _)| i);
    &text[start..]
}

/// Whether `digits` (six of them: yymmdd) are a date of the century `century` (19 or 20).
pub fn is_date(century: u32, digits: &[u8]) -> bool {
    let pair = |i: usize| u32::from(digits[i] - b'0') * 10 + u32::from(digits[i + 1] - b'0');
    let (year, month, day) = (century * 100 + pair(0), pair(2), pair(4));
    let last = match month {
        2 if year.is_multiple_of(4) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1900..=2099).contains(&year) && (1..=last).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_know_what_joins_them() {
        let text = "138 0013-8000,12";
        let joints: Vec<_> = blocks(text).iter().map(|b| (text[b.range.clone()].to_owned(), b.joint)).collect();
        assert_eq!(
            joints,
            [
                ("138".into(), Joint::Other),
                ("0013".into(), Joint::Space),
                ("8000".into(), Joint::Hyphen),
                ("12".into(), Joint::Other)
            ]
        );
    }

    #[test]
    fn dates_are_checked() {
        assert!(is_date(20, b"000229"));
        assert!(!is_date(19, b"010229"));
        assert!(!is_date(19, b"901301"));
        assert!(!is_date(21, b"900101"));
    }

    #[test]
    fn letters_in_front_make_a_code_unless_they_say_whose_number_it_is() {
        assert!(is_touched_before("运到了SF"));
        assert!(is_touched_before("JD-"));
        assert!(!is_touched_before("加我VX"));
        assert!(!is_touched_before("打给"));
        assert!(is_touched_before("3."));
    }
}
