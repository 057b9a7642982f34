//! Complaint numbers: `C20261126-000123-6`, a date, a count within the date and a check digit.

mod damm;
mod fault;
#[cfg(test)]
mod tests;

pub use fault::NumberFault;

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};

/// Digits of the date.
const DATE: usize = 8;
/// Fewest and most digits of the count within a date.
const COUNT: (usize, usize) = (6, 9);

/// The number under which a complaint is known to customer and staff.
///
/// The date is the day of intake in the desk's time zone, the count runs within it from 1. The last digit is the check digit
/// after H. M. Damm (*Total anti-symmetrische Quasigruppen*, Marburg 2004): it finds every wrong digit and every two
/// neighbours that were swapped. ISO 7064 MOD 11-10 lets some swaps through.
///
/// ```
/// use fenzhen::desk::ticket::Number;
/// let number = Number::new("2026-11-26".parse().unwrap(), 123).unwrap();
/// assert_eq!(number.to_string(), "C20261126-000123-6");
/// // As it is typed: small letters, full width, separators forgotten.
/// assert_eq!("ｃ20261126 0001236".parse(), Ok(number));
/// let swapped = "C20261126-000132-6".parse::<Number>().unwrap_err();
/// assert_eq!(swapped.code(), "number_check_digit");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number {
    date: Date,
    count: u32,
}

impl Number {
    /// The number of the `count`-th complaint of a date.
    ///
    /// # Errors
    /// [`NumberFault::Count`] for 0 and for more than 999,999,999, [`NumberFault::Date`] for years outside 2000 to 9999.
    pub fn new(date: Date, count: u32) -> Result<Self, NumberFault> {
        if !(2000..=9999).contains(&date.year()) {
            return Err(NumberFault::Date);
        }
        if count == 0 || count.to_string().len() > COUNT.1 {
            return Err(NumberFault::Count);
        }
        Ok(Number { date, count })
    }

    /// The day of intake.
    pub fn date(self) -> Date {
        self.date
    }

    /// The place within the day, from 1.
    pub fn count(self) -> u32 {
        self.count
    }

    /// The digits that the check digit guards.
    fn guarded(self) -> String {
        format!("{}{:06}", self.date.strftime("%Y%m%d"), self.count)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let guarded = self.guarded();
        let (date, count) = guarded.split_at(DATE);
        let check = damm::check_digit(guarded.bytes().map(|digit| digit - b'0'));
        write!(f, "C{date}-{count}-{check}")
    }
}

impl FromStr for Number {
    type Err = NumberFault;

    /// Takes what people type: any case, full width, separators of any kind, anywhere or nowhere.
    ///
    /// # Errors
    /// What is wrong and where; the text itself is never quoted.
    fn from_str(text: &str) -> Result<Self, NumberFault> {
        let mut typed = text.chars().enumerate().filter(|(_, typed)| !is_separator(narrow(*typed)));
        match typed.next() {
            None => return Err(NumberFault::Empty),
            Some((_, typed)) if matches!(narrow(typed), 'C' | 'c') => {}
            Some(_) => return Err(NumberFault::Prefix),
        }
        let mut digits = Vec::new();
        for (place, typed) in typed {
            match narrow(typed) {
                // Far more than any number has: the rest need not be read.
                _ if digits.len() > 64 => break,
                digit @ '0'..='9' => digits.push(digit as u8 - b'0'),
                other => return Err(NumberFault::NoDigit { place: place + 1, meant: lookalike(other) }),
            }
        }
        let (fewest, most) = (DATE + COUNT.0 + 1, DATE + COUNT.1 + 1);
        if !(fewest..=most).contains(&digits.len()) {
            return Err(NumberFault::Length { digits: digits.len(), fewest, most });
        }
        if damm::check_digit(digits.iter().copied()) != 0 {
            return Err(NumberFault::CheckDigit);
        }
        let value = |digits: &[u8]| digits.iter().fold(0u32, |value, digit| value * 10 + u32::from(*digit));
        let (year, month, day) = (value(&digits[..4]), value(&digits[4..6]), value(&digits[6..DATE]));
        // At most four and two digits each: they fit.
        let date = Date::new(year as i16, month as i8, day as i8).map_err(|_| NumberFault::Date)?;
        let count = &digits[DATE..digits.len() - 1];
        if count.len() > COUNT.0 && count[0] == 0 {
            return Err(NumberFault::Count);
        }
        Number::new(date, value(count))
    }
}

/// What people put between groups of digits.
fn is_separator(typed: char) -> bool {
    typed.is_whitespace() || matches!(typed, '-' | '_' | '‐' | '‑' | '–' | '—' | '−' | '·' | '.' | '/')
}

/// Full-width letters and digits as plain ones.
fn narrow(typed: char) -> char {
    match typed {
        '！'..='～' => char::from_u32(typed as u32 - 0xFEE0).unwrap_or(typed),
        other => other,
    }
}

/// The digit that a letter is mistaken for.
fn lookalike(typed: char) -> Option<char> {
    Some(match typed {
        'O' | 'o' | 'Q' | 'D' | '〇' => '0',
        'I' | 'i' | 'l' | 'L' | '|' => '1',
        'Z' | 'z' => '2',
        'S' | 's' => '5',
        'G' | 'b' => '6',
        'B' => '8',
        'g' | 'q' => '9',
        _ => return None,
    })
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
