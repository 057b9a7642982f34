//! Word lists and regular expressions as one matcher.

use regex::{Regex, RegexBuilder};
use std::ops::Range;

/// The largest compiled pattern that is accepted, in bytes, so that a policy cannot eat the memory.
const LARGEST: usize = 8 << 20;

/// Words and regular expressions, matched together without regard to case.
#[derive(Debug, Clone)]
pub struct Pattern {
    regex: Regex,
}

impl Pattern {
    /// Joins words, taken literally, and regular expressions; longer words are tried first.
    ///
    /// # Errors
    /// The sentence of the regex engine about an expression that does not compile or matches the empty text.
    pub fn new(words: &[String], expressions: &[String]) -> std::result::Result<Self, String> {
        let mut literals: Vec<&str> = words.iter().map(String::as_str).collect();
        literals.sort_by_key(|word| std::cmp::Reverse(word.len()));
        let expressions = expressions.iter().map(|expression| format!("(?:{expression})"));
        let joined = expressions.chain(literals.into_iter().map(regex::escape)).collect::<Vec<_>>().join("|");
        let regex = RegexBuilder::new(&joined)
            .case_insensitive(true)
            .size_limit(LARGEST)
            .build()
            .map_err(|error| error.to_string())?;
        if regex.is_match("") {
            return Err("the pattern matches the empty text".into());
        }
        Ok(Pattern { regex })
    }

    /// Byte ranges of the matches, from left to right, none overlapping another.
    pub fn find_all<'t>(&'t self, text: &'t str) -> impl Iterator<Item = Range<usize>> + 't {
        self.regex.find_iter(text).map(|found| found.range())
    }

    pub fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
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
        assert_eq!(pattern.find_all("投诉三次").collect::<Vec<_>>(), [0..12]);
        assert!(!of(&["a.c"], &[]).unwrap().is_match("abc"));
    }

    #[test]
    fn expressions_stand_beside_words() {
        let pattern = of(&["VIP"], &["第[三四]次"]).unwrap();
        assert_eq!(pattern.find_all("vip第三次").count(), 2);
    }

    #[test]
    fn broken_and_empty_patterns_are_refused() {
        assert!(of(&[], &["("]).is_err());
        assert!(of(&[], &["a*"]).is_err());
        assert!(of(&[""], &[]).is_err());
        assert!(of(&[], &[]).is_err());
    }
}
