//! Whether a piece of evidence is denied: 没有受伤, 并未中毒, 不想找媒体.
//!
//! The clause before the evidence is read from right to left. Only words that carry a negation on (有, 出现, 任何人 …) may
//! stand between a negator and what it denies; anything else ends the search, for a hidden danger is worse than a false
//! alarm. Two negators cancel each other. The words are in `negation.toml`.

use serde::Deserialize;
use std::{ops::Range, sync::LazyLock};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    reach: usize,
    breaks: String,
    negators: Vec<String>,
    bridges: Vec<String>,
    idioms: Vec<String>,
    stops: Vec<String>,
    after: Vec<String>,
    after_bridges: Vec<String>,
    rhetorical: Rhetorical,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rhetorical {
    negators: Vec<String>,
    endings: Vec<String>,
}

static TABLE: LazyLock<Table> =
    LazyLock::new(|| toml::from_str(include_str!("negation.toml")).expect("the built-in file is checked by a test"));

/// What a stretch of the clause does to a negation.
#[derive(Clone, Copy, PartialEq)]
enum Part<'t> {
    Negator(&'t str),
    Bridge,
    End,
}

/// Whether the words at `at`, a byte range of `text`, are denied.
pub(super) fn negated(text: &str, at: &Range<usize>) -> bool {
    let before = before(text, at.start);
    let mut count = 0;
    for part in parts(before).into_iter().rev() {
        match part {
            Part::Negator(word) if asserts(word, text, at.end) => return false,
            Part::Negator(_) => count += 1,
            Part::Bridge => {}
            Part::End => break,
        }
    }
    count += usize::from(denied_after(&text[at.end..]));
    count % 2 == 1
}

/// The part of the clause that stands before the evidence, at most the reach.
fn before(text: &str, start: usize) -> &str {
    let mut from = start;
    for (offset, letter) in text[..start].char_indices().rev().take(TABLE.reach) {
        if ends_clause(letter) {
            break;
        }
        from = offset;
    }
    &text[from..start]
}

fn ends_clause(letter: char) -> bool {
    letter.is_whitespace() || TABLE.breaks.contains(letter)
}

/// Cuts the clause, the longest word first at every place; a letter that no list knows ends a negation's reach.
fn parts(clause: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(letter) = clause[at..].chars().next() {
        let rest = &clause[at..];
        let longest = |list: &[String]| {
            list.iter().map(String::as_str).filter(|word| rest.starts_with(word)).map(str::len).max().unwrap_or(0)
        };
        let (idiom, stop) = (longest(&TABLE.idioms), longest(&TABLE.stops));
        let (negator, bridge) = (longest(&TABLE.negators), longest(&TABLE.bridges));
        let length = idiom.max(stop).max(negator).max(bridge);
        if length == 0 {
            parts.push(Part::End);
            at += letter.len_utf8();
            continue;
        }
        if length == idiom || length == stop {
            parts.push(Part::End);
        } else if length == negator && !asks(clause, at) {
            parts.push(Part::Negator(&rest[..length]));
        } else {
            parts.push(Part::Bridge);
        }
        at += length;
    }
    parts
}

/// 是不是, 有没有, 会不会: the same letter on both sides of the negator asks and denies nothing.
fn asks(clause: &str, at: usize) -> bool {
    let left = clause[..at].chars().next_back();
    let right = clause[at..].chars().nth(1);
    left.is_some() && left == right
}

/// 这不是诈骗吗: the clause goes on to an ending that makes the denial an assertion.
fn asserts(negator: &str, text: &str, end: usize) -> bool {
    let rest = &text[end..];
    let clause = &rest[..rest.find(ends_clause).unwrap_or(rest.len())];
    TABLE.rhetorical.negators.iter().any(|word| word == negator)
        && TABLE.rhetorical.endings.iter().any(|ending| clause.ends_with(ending.as_str()))
}

fn denied_after(rest: &str) -> bool {
    let mut rest = rest;
    loop {
        if TABLE.after.iter().any(|word| rest.starts_with(word.as_str())) {
            return true;
        }
        match TABLE.after_bridges.iter().find_map(|word| rest.strip_prefix(word.as_str())) {
            Some(next) => rest = next,
            None => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Whether `word`, which must be in the text, is denied there.
    fn denied(text: &str, word: &str) -> bool {
        let at = text.find(word).expect("the word is in the text");
        negated(text, &(at..at + word.len()))
    }

    #[test]
    fn a_plain_negation_denies() {
        for (text, word) in [
            ("还好没有受伤", "受伤"),
            ("这不是质量问题", "质量问题"),
            ("大家吃了并未中毒", "中毒"),
            ("我没说要起诉", "起诉"),
            ("也不想找媒体", "媒体"),
            ("幸好没有人因此受伤", "受伤"),
            ("没有造成任何人员受伤", "受伤"),
            ("没有出现过敏、中毒", "中毒"),
            ("谈不上欺诈", "欺诈"),
            ("食物中毒倒是没有", "食物中毒"),
            ("我不打算去起诉", "起诉"),
            ("孩子没有被烫伤", "烫伤"),
        ] {
            assert!(denied(text, word), "{text}");
        }
    }

    #[test]
    fn a_scope_ends_at_punctuation_and_at_a_turn() {
        for (text, word) in [
            ("没有道歉，孩子受伤了", "受伤"),
            ("不是态度问题而是欺诈", "欺诈"),
            ("没生气但受伤了", "受伤"),
            ("不处理我就起诉", "起诉"),
            ("没有 受伤了", "受伤"),
            ("没吃几口还是中毒了", "中毒"),
            ("没有发票是假货", "假货"),
            ("不给退款投诉到工商", "投诉"),
        ] {
            assert!(!denied(text, word), "{text}");
        }
    }

    #[test]
    fn two_negators_cancel() {
        for (text, word) in [("不是没有受伤", "受伤"), ("别以为我不会曝光", "曝光"), ("我不是不想起诉", "起诉")]
        {
            assert!(!denied(text, word), "{text}");
        }
    }

    #[test]
    fn idioms_deny_nothing() {
        for (text, word) in [
            ("不仅受伤还花了钱", "受伤"),
            ("不但中毒了", "中毒"),
            ("要不是起火我还不知道", "起火"),
            ("不得不报警", "报警"),
            ("特别容易受伤", "受伤"),
            ("非常容易起火", "起火"),
            ("别逼我曝光", "曝光"),
            ("你们不怕我起诉", "起诉"),
        ] {
            assert!(!denied(text, word), "{text}");
        }
    }

    #[test]
    fn questions_deny_nothing() {
        for (text, word) in
            [("会不会中毒", "中毒"), ("有没有人受伤", "受伤"), ("这不是诈骗吗", "诈骗"), ("不是假货是什么", "假货")]
        {
            assert!(!denied(text, word), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(before in "[不没有人会，是伤 a-z！]{0,30}", after in "[的吗，没不]{0,10}") {
            let text = format!("{before}受伤{after}");
            let at = before.len()..before.len() + "受伤".len();
            negated(&text, &at);
        }

        #[test]
        fn a_negator_in_front_turns_the_answer(before in "[天地人手]{0,10}，", negator in "(没有|并未|不是)") {
            let bare = format!("{before}受伤");
            prop_assert!(!denied(&bare, "受伤"));
            let with_negator = format!("{before}{negator}受伤");
            prop_assert!(denied(&with_negator, "受伤"));
        }
    }
}
