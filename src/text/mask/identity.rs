//! Identity card numbers (GB 11643-1999): region, date of birth, sequence, check digit.

use super::{
    MaskKind,
    digits::{Place, is_date},
    number::Hit,
    words::Announced,
};

/// The identity number that begins at `place`: 18 signs with their check digit. Where the text says that it is one, the
/// check digit may be wrong (a slip of the finger hides nobody), and the 15 digits of cards before 1999 count too.
pub fn at(place: &Place) -> Option<Hit> {
    let announced = place.announced == Announced::Identity;
    for (layout, with_x) in [(&[18][..], false), (&[6, 8, 4], false), (&[17], true), (&[6, 8, 3], true)] {
        let Some((mut digits, mut range)) = place.laid_out(layout) else { continue };
        if with_x {
            if !place.text[range.end..].starts_with(['x', 'X']) {
                continue;
            }
            digits.push(b'X');
            range.end += 1;
        }
        let fits = (announced || is_valid(&digits)) && place.stands_alone(&range);
        return fits.then_some((MaskKind::Id, layout.len(), range));
    }
    let (_, range) = place.laid_out(&[15]).filter(|_| announced)?;
    place.stands_alone(&range).then_some((MaskKind::Id, 1, range))
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
        // The standard's second example, born in 1880: outside the centuries of living people.
        assert!(!is_valid(b"440524188001010014"));
        assert!(!is_valid(b"110105194912310021"));
        assert!(!is_valid(b"990105194912310028"));
    }
}
