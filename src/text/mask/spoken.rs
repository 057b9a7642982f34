//! Mobile numbers as speech recognition writes them: 幺三八零零一三八零零零.

use super::MaskKind;
use std::ops::Range;

/// Digits of a mobile number.
const LENGTH: usize = 11;

/// Adds every run of exactly eleven spoken digits that is a mobile number; single spaces may lie between them.
pub fn find(text: &str, found: &mut Vec<(MaskKind, Range<usize>)>) {
    let mut run: Vec<u8> = Vec::new();
    let mut range = 0..0;
    let mut flush = |run: &mut Vec<u8>, range: &Range<usize>| {
        if run.len() == LENGTH && run[0] == 1 && run[1] >= 3 {
            found.push((MaskKind::Phone, range.clone()));
        }
        run.clear();
    };
    let mut space = false;
    for (at, c) in text.char_indices() {
        let Some(digit) = digit(c) else {
            // A space ends nothing unless a second sign follows it.
            space = c == ' ' && !run.is_empty() && !space;
            if !space {
                flush(&mut run, &range);
            }
            continue;
        };
        if run.is_empty() {
            range.start = at;
        }
        range.end = at + c.len_utf8();
        run.push(digit);
        space = false;
    }
    flush(&mut run, &range);
}

fn digit(c: char) -> Option<u8> {
    Some(match c {
        '零' | '〇' | '洞' => 0,
        '一' | '幺' | '壹' => 1,
        '二' | '两' => 2,
        '三' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' | '拐' => 7,
        '八' => 8,
        '九' => 9,
        _ => return None,
    })
}
