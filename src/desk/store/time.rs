//! Times in columns: microseconds since 1970, so that both dialects compare them as numbers.

use jiff::Timestamp;

/// An instant as it is stored.
pub fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// A stored instant; one outside of what a calendar holds is the nearest that it does.
pub fn instant(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(if micros < 0 { Timestamp::MIN } else { Timestamp::MAX })
}
