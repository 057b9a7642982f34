//! Bank card numbers (ISO/IEC 7812): an issuer's range, a length that fits it, and the Luhn check digit.

use super::{MaskKind, digits::Place, number::Hit, words::Announced};

/// The bank card that begins at `place`: in one block, or in groups of four.
pub fn at(place: &Place) -> Option<Hit> {
    let lengths: Vec<usize> = place.lengths(5).collect();
    (1..=lengths.len()).rev().find_map(|count| {
        let grouped = match &lengths[..count] {
            [n] => (16..=19).contains(n),
            [6, n] => (10..=13).contains(n),
            [fours @ .., last] => fours.len() >= 3 && fours.iter().all(|&n| n == 4) && *last <= 4,
            [] => false,
        };
        if !grouped {
            return None;
        }
        let (digits, range) = place.joined(count);
        let fits = (16..=19).contains(&digits.len())
            && (place.announced == Announced::BankCard || is_issued(&digits))
            && passes_luhn(&digits)
            && place.stands_alone(&range);
        fits.then_some((MaskKind::Card, count, range))
    })
}

/// Whether a bank gives out numbers that begin so and are this long. Keeps order numbers out, a tenth of which pass Luhn.
fn is_issued(digits: &[u8]) -> bool {
    let begins = |prefix: &str| digits.starts_with(prefix.as_bytes());
    match digits.len() {
        16 => matches!(digits[0], b'4' | b'5') || begins("62") || begins("35") || begins("60") || begins("22"),
        17 | 18 => begins("62"),
        // UnionPay, and the debit cards from before UnionPay's 62.
        19 => begins("62") || begins("60") || begins("9558") || begins("9559") || begins("43674") || begins("4563"),
        _ => false,
    }
}

/// Luhn's check: every second digit from the right doubled, the digit sums a multiple of ten.
fn passes_luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, d)| match u32::from(d - b'0') {
            n if i % 2 == 0 => n,
            n if n > 4 => n * 2 - 9,
            n => n * 2,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn luhn_is_luhn() {
        assert!(passes_luhn(b"79927398713"));
        assert!(!passes_luhn(b"79927398710"));
    }
}
