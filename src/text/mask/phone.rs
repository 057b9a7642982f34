//! Mobile numbers and land lines. Numbers that begin with 400 or 800 and short numbers belong to companies and authorities
//! and stay: who was called is part of the complaint.

use super::{
    MaskKind,
    digits::{Joint, Place, is_date},
    number::Hit,
    words::Announced,
};
use std::ops::Range;

/// The telephone number that begins at `place`, with its country code and extension.
pub fn at(place: &Place) -> Option<Hit> {
    let (mut count, mut range) = mobile(place).or_else(|| land_line(place))?;
    let code = country_code(&place.text[..range.start]);
    // DD-2024-13800138000 is a code, unless what hangs in front is the country or another telephone number.
    if code == 0 && place.joint(0) == Joint::Hyphen && place.blocks[place.at - 1].range.len() != 11 {
        return None;
    }
    if place.joint(count) == Joint::Hyphen {
        match place.blocks[place.at + count].range.len() {
            // An extension, or the last part of a number that a platform gave out in place of the real one.
            1..=6 => {
                range.end = place.blocks[place.at + count].range.end;
                count += 1;
            }
            11 => {}
            _ => return None,
        }
    }
    range.start -= code;
    if place.text[..range.start].ends_with('(') && place.text[range.clone()].contains(')') {
        range.start -= 1;
    }
    place.stands_alone(&range).then_some((MaskKind::Phone, count, range))
}

/// Mobile numbers: eleven digits that begin with 13 to 19, in one block or as people group them.
fn mobile(place: &Place) -> Option<(usize, Range<usize>)> {
    const SURE: [&[usize]; 4] = [&[11], &[3, 4, 4], &[13], &[5, 4, 4]];
    // Order numbers are grouped like this too: only as the whole of what hangs together.
    const LOOSE: [&[usize]; 5] = [&[3, 8], &[7, 4], &[3, 3, 5], &[4, 4, 3], &[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]];
    let find = |layouts: &[&[usize]]| {
        layouts.iter().find_map(|layout| {
            let (digits, range) = place.laid_out(layout)?;
            let own = if digits.len() == 13 { digits.strip_prefix(b"86")? } else { &digits };
            (own[0] == b'1' && own[1] >= b'3').then_some((layout.len(), range))
        })
    };
    find(&SURE).or_else(|| find(&LOOSE).filter(|&(count, _)| !place.is_in_a_longer_group(count)))
}

/// Land lines: an area code and seven or eight digits; without area code only where the text announces a telephone.
fn land_line(place: &Place) -> Option<(usize, Range<usize>)> {
    const LAYOUTS: [&[usize]; 7] = [&[3, 8], &[4, 8], &[4, 7], &[3, 4, 4], &[4, 4, 4], &[4, 3, 4], &[11]];
    let first = place.first();
    if first[0] == b'0' {
        return LAYOUTS.iter().chain([&[12][..]].iter()).find_map(|layout| {
            let (digits, range) = place.laid_out(layout)?;
            let area = match digits[1] {
                b'1' | b'2' => 3,
                b'3'..=b'9' => 4,
                _ => return None,
            };
            let split = layout.len() == 1 || layout[0] == area;
            (split && matches!(digits.len() - area, 7 | 8) && digits[area] >= b'2').then_some((layout.len(), range))
        });
    }
    if place.announced != Announced::Phone || !(b'2'..=b'8').contains(&first[0]) || first.starts_with(b"400") {
        return None;
    }
    [&[8][..], &[7], &[4, 4], &[3, 4]].iter().find_map(|layout| {
        let (digits, range) = place.laid_out(layout)?;
        let date = digits.starts_with(b"20") && digits.len() == 8 && is_date(20, &digits[2..]);
        (!date && !place.is_in_a_longer_group(layout.len())).then_some((layout.len(), range))
    })
}

/// The length of the country code at the end of `before`.
fn country_code(before: &str) -> usize {
    const CODES: [&str; 12] =
        ["(+86)", "(+86) ", "(+86)-", "+86 ", "+86-", "+86", "0086 ", "0086-", "86-", "86 ", "(86)", "+"];
    let fits = |code: &&&str| {
        before.strip_suffix(**code).is_some_and(|rest| !rest.ends_with(|c: char| c.is_ascii_alphanumeric()))
    };
    CODES.iter().filter(fits).map(|code| code.len()).max().unwrap_or(0)
}
