//! Licence plates (GA 36): a province, a letter, five signs, or six for new-energy cars.

use super::MaskKind;
use std::ops::Range;

const PROVINCES: &str = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";

/// Signs before a province's character that make it part of an everyday word: 最新A12345, 全新B…
const WORDS_BEFORE: &str = "最全更崭翻重从革创漆";

/// The last sign of a plate may be one of these.
const LAST: &str = "学警港澳挂试超领";

/// Adds every plate.
pub fn find(text: &str, found: &mut Vec<(MaskKind, Range<usize>)>) {
    let bytes = text.as_bytes();
    for office in 1..bytes.len() {
        // A Latin letter right after a character that is not Latin; nearly every text has few of them.
        if !bytes[office].is_ascii_alphabetic() || bytes[office - 1].is_ascii() {
            continue;
        }
        let mut before = text[..office].chars().rev();
        let province = before.next().filter(|&c| PROVINCES.contains(c));
        if let Some(province) = province
            && !before.next().is_some_and(|b| WORDS_BEFORE.contains(b))
            && let Some(end) = plate_end(text, office)
        {
            found.push((MaskKind::Plate, office - province.len_utf8()..end));
        }
    }
}

/// The end of the plate whose letter stands at `office`.
fn plate_end(text: &str, office: usize) -> Option<usize> {
    let rest = &text[office + 1..];
    let joint = ["·", "•", "・", "-", " ", "."].into_iter().find(|j| rest.starts_with(j)).map_or(0, str::len);
    let signs = rest[joint..].bytes().take(8).take_while(u8::is_ascii_alphanumeric).count();
    let body = &rest.as_bytes()[joint..joint + signs];
    // I and O are never used: they look like 1 and 0.
    if body.iter().chain([&text.as_bytes()[office]]).any(|b| matches!(b, b'I' | b'O' | b'i' | b'o')) {
        return None;
    }
    let digits = body.iter().filter(|b| b.is_ascii_digit()).count();
    let end = office + 1 + joint + signs;
    match signs {
        5 if digits >= 2 => Some(end),
        6 => {
            let green = |b: u8| matches!(b.to_ascii_uppercase(), b'A'..=b'K');
            let small = green(body[0]) && body[2..].iter().all(u8::is_ascii_digit);
            let large = green(body[5]) && body[..5].iter().all(u8::is_ascii_digit);
            (small || large).then_some(end)
        }
        4 if digits >= 2 => text[end..].chars().next().filter(|c| LAST.contains(*c)).map(|c| end + c.len_utf8()),
        _ => None,
    }
}
