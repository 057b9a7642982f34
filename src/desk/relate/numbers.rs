//! Complaint numbers that a text quotes.

use crate::desk::ticket::Number;

/// Digits of the shortest and of the longest number.
const DIGITS: std::ops::RangeInclusive<usize> = 15..=18;
/// No number is written with more characters than this, separators included.
const REACH: usize = 32;

/// The complaint numbers in a text, each once, in their order. Only what has a right check digit is one. Digits that stand
/// behind a number with only a blank between may be read as part of it; then both readings are given.
///
/// ```
/// let found = fenzhen::desk::relate::quoted_numbers("投诉单号 c20261126-000123-6 到现在没人管");
/// assert_eq!(found[0].to_string(), "C20261126-000123-6");
/// ```
pub fn quoted_numbers(text: &str) -> Vec<Number> {
    let mut found = Vec::new();
    for (start, first) in text.char_indices() {
        if !matches!(first, 'C' | 'c' | 'Ｃ' | 'ｃ') {
            continue;
        }
        let mut digits = 0;
        for (place, typed) in text[start..].char_indices().skip(1).take(REACH) {
            match typed {
                '0'..='9' | '０'..='９' => digits += 1,
                '-' | '－' | '‐' | '–' | '—' | '_' | ' ' | '　' => continue,
                _ => break,
            }
            if DIGITS.contains(&digits)
                && let Ok(number) = text[start..start + place + typed.len_utf8()].parse::<Number>()
                && !found.contains(&number)
            {
                found.push(number);
            }
        }
    }
    found
}
