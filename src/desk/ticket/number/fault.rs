//! What is wrong with a complaint number.

/// Why a text is no complaint number. Holds places and counts, never what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NumberFault {
    #[error("the complaint number is empty")]
    Empty,
    #[error("a complaint number begins with C")]
    Prefix,
    #[error(
        "character {place} of the complaint number is no digit{}",
        meant.map(|digit| format!("; was {digit} meant?")).unwrap_or_default()
    )]
    NoDigit {
        /// Counted from 1.
        place: usize,
        /// The digit that looks like it.
        meant: Option<char>,
    },
    #[error("the complaint number has {digits} digits; it should have {fewest} to {most}")]
    Length { digits: usize, fewest: usize, most: usize },
    #[error("the check digit of the complaint number does not fit: a digit is wrong, or two are swapped")]
    CheckDigit,
    #[error("the complaint number holds no valid date from the year 2000 on")]
    Date,
    #[error("the count within the day is not a number from 1 to 999999999 with six digits or as many as it needs")]
    Count,
}

impl NumberFault {
    /// The stable code, part of [`crate::Error`]'s.
    pub fn code(self) -> &'static str {
        match self {
            NumberFault::Empty => "number_empty",
            NumberFault::Prefix => "number_prefix",
            NumberFault::NoDigit { .. } => "number_character",
            NumberFault::Length { .. } => "number_length",
            NumberFault::CheckDigit => "number_check_digit",
            NumberFault::Date => "number_date",
            NumberFault::Count => "number_count",
        }
    }

    /// The way out.
    pub fn hint(self) -> &'static str {
        match self {
            NumberFault::CheckDigit => "compare it digit by digit with the message in which it was given",
            _ => "the form is C20261126-000123-6: date, count and check digit",
        }
    }
}
