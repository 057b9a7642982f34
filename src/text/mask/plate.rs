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
    let mut before = None;
    for (start, c) in text.char_indices() {
        if PROVINCES.contains(c)
            && !before.is_some_and(|b| WORDS_BEFORE.contains(b))
            && let Some(end) = plate_end(text, start + c.len_utf8())
        {
            found.push((MaskKind::Plate, start..end));
        }
        before = Some(c);
    }
}

/// The end of the plate whose province ends at `at`.
fn plate_end(text: &str, at: usize) -> Option<usize> {
    let rest = &text[at..];
    let office = rest.bytes().next().filter(|b| b.is_ascii_alphabetic())?;
    let mut signs_at = 1;
    for joint in ["·", "•", "・", "-", " ", "."] {
        if rest[1..].starts_with(joint) {
            signs_at += joint.len();
            break;
        }
    }
    let signs = rest[signs_at..].bytes().take(8).take_while(u8::is_ascii_alphanumeric).count();
    let body = &rest.as_bytes()[signs_at..signs_at + signs];
    let digits = body.iter().filter(|b| b.is_ascii_digit()).count();
    // I and O are never used: they look like 1 and 0.
    if body.iter().chain([&office]).any(|b| matches!(b, b'I' | b'O' | b'i' | b'o')) {
        return None;
    }
    let end = at + signs_at + signs;
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
