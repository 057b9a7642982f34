//! Identity card numbers (GB 11643-1999): region, date of birth, sequence, check digit.

use super::{
    MaskKind,
    digits::{Place, is_date},
    number::Hit,
    words::Announced,
};

/// The identity number that begins at `place`. The 15 digits of cards before 1999 have no check digit: they count only
/// where the text says what they are.
pub fn at(place: &Place) -> Option<Hit> {
    for layout in [&[18][..], &[6, 8, 4]] {
        if let Some((digits, range)) = place.laid_out(layout) {
            return (is_valid(&digits) && place.stands_alone(&range)).then_some((MaskKind::Id, layout.len(), range));
        }
    }
    for layout in [&[17][..], &[6, 8, 3]] {
        if let Some((mut digits, mut range)) = place.laid_out(layout)
            && place.text[range.end..].starts_with(['x', 'X'])
        {
            digits.push(b'X');
            range.end += 1;
            return (is_valid(&digits) && place.stands_alone(&range)).then_some((MaskKind::Id, layout.len(), range));
        }
    }
    let (digits, range) = place.laid_out(&[15])?;
    let old = place.announced == Announced::Identity && is_region(&digits) && is_date(19, &digits[6..12]);
    (old && place.stands_alone(&range)).then_some((MaskKind::Id, 1, range))
}

/// Whether 17 digits and a digit or X are an identity number.
fn is_valid(digits: &[u8]) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: &[u8; 11] = b"10X98765432";
    let century = match &digits[6..8] {
        b"19" => 19,
        b"20" => 20,
        _ => return false,
    };
    let sum: u32 = WEIGHTS.iter().zip(digits).map(|(w, d)| w * u32::from(d - b'0')).sum();
    is_region(digits) && is_date(century, &digits[8..14]) && CHECKS[sum as usize % 11] == digits[17]
}

/// Whether a number begins with the code of a province (GB/T 2260).
fn is_region(digits: &[u8]) -> bool {
    matches!(
        (digits[0], digits[1]),
        (b'1', b'1'..=b'5')
            | (b'2', b'1'..=b'3')
            | (b'3', b'1'..=b'7')
            | (b'4', b'1'..=b'6')
            | (b'5', b'0'..=b'4')
            | (b'6', b'1'..=b'5')
            | (b'7', b'1')
            | (b'8', b'1'..=b'3')
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_decides() {
        // The example of the standard itself.
        assert!(is_valid(b"11010519491231002X"));
        assert!(is_valid(b"440524188001010014") == false, "born in 1880: outside the centuries of living people");
        assert!(!is_valid(b"110105194912310021"));
        assert!(!is_valid(b"990105194912310028"));
    }
}
