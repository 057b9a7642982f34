//! Word lists and regular expressions as one matcher.

use regex::{Regex, RegexBuilder};
use std::ops::Range;

/// The largest compiled expression that is accepted, in bytes, so that a policy cannot eat the memory.
const LARGEST: usize = 8 << 20;

/// Words and regular expressions, without regard to case.
///
/// The words are one expression of literals only, which the regex engine searches all at once; every other expression is
/// searched for itself, since joined they would make an automaton too large to be fast.
#[derive(Debug, Clone)]
pub struct Pattern {
    regexes: Vec<Regex>,
}

impl Pattern {
    /// Joins words, taken literally, and regular expressions; longer words are tried first.
    ///
    /// # Errors
    /// The sentence of the regex engine about an expression that does not compile, or that something matches the empty text.
    pub fn new(words: &[String], expressions: &[String]) -> std::result::Result<Self, String> {
        let mut literals: Vec<&str> = words.iter().map(String::as_str).collect();
        literals.sort_by_key(|word| std::cmp::Reverse(word.len()));
        let joined = literals.into_iter().map(regex::escape).collect::<Vec<_>>().join("|");
        let sources = (!words.is_empty()).then_some(&joined).into_iter().chain(expressions);
        let regexes = sources.map(|source| compile(source)).collect::<Result<Vec<_>, _>>()?;
        if regexes.is_empty() {
            return Err("there is nothing to match".into());
        }
        Ok(Pattern { regexes })
    }

    /// Byte ranges of the matches, from left to right. Where two overlap, the one that begins first stays, of two that begin
    /// together the longer.
    pub fn find_all(&self, text: &str) -> Vec<Range<usize>> {
        let all = self.regexes.iter().flat_map(|regex| regex.find_iter(text));
        let mut found: Vec<Range<usize>> = all.map(|found| found.range()).collect();
        found.sort_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
        let mut end = 0;
        found.retain(|range| {
            let stays = range.start >= end;
            end = end.max(if stays { range.end } else { 0 });
            stays
        });
        found
    }

    pub fn is_match(&self, text: &str) -> bool {
        self.regexes.iter().any(|regex| regex.is_match(text))
    }
}

fn compile(source: &str) -> std::result::Result<Regex, String> {
    let built = RegexBuilder::new(source).case_insensitive(true).size_limit(LARGEST).build();
    let regex = built.map_err(|error| error.to_string())?;
    if regex.is_match("") { Err("it matches the empty text".into()) } else { Ok(regex) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[&str], expressions: &[&str]) -> Result<Pattern, String> {
        let owned = |list: &[&str]| list.iter().map(|s| s.to_string()).collect::<Vec<_>>();
        Pattern::new(&owned(words), &owned(expressions))
    }

    #[test]
    fn words_are_literal_and_the_longest_wins() {
        let pattern = of(&["投诉", "投诉.", "投诉三次"], &[]).unwrap();
        assert_eq!(pattern.find_all("投诉三次").first(), Some(&(0..12)));
        assert!(!of(&["a.c"], &[]).unwrap().is_match("abc"));
    }

    #[test]
    fn expressions_stand_beside_words_and_never_overlap_them() {
        let pattern = of(&["VIP", "三次"], &["第[三四]次", "四次投诉"]).unwrap();
        assert_eq!(pattern.find_all("vip第三次"), [0..3, 3..12]);
        assert_eq!(pattern.find_all("第四次投诉").first(), Some(&(0..9)));
    }

    #[test]
    fn broken_and_empty_patterns_are_refused() {
        assert!(of(&[], &["("]).is_err());
        assert!(of(&[], &["a*"]).is_err());
        assert!(of(&[""], &[]).is_err());
        assert!(of(&[], &[]).is_err());
    }
}
