//! Addresses down to the building: a road with a house number, an estate with a building, or building, unit and room.
//!
//! An address is found from its number: the name in front of it is read backwards to where the sentence would have gone on
//! (送到, 住在), the parts behind it forwards as long as they are parts of buildings.

use super::MaskKind;
use std::ops::Range;

/// Endings of names that a house number (88号) may follow.
const ROADS: [&str; 12] = ["大道", "大街", "胡同", "公路", "环路", "路", "街", "巷", "道", "段", "弄", "村"];

/// Endings of names that a building (3栋) may follow.
const ESTATES: [&str; 34] = [
    "小区",
    "花园",
    "家园",
    "公寓",
    "大厦",
    "新村",
    "新城",
    "广场",
    "公馆",
    "社区",
    "校区",
    "宿舍",
    "宿舍楼",
    "家属院",
    "家属楼",
    "工业园",
    "产业园",
    "科技园",
    "创业园",
    "园区",
    "山庄",
    "别墅",
    "名苑",
    "雅苑",
    "中心",
    "苑",
    "府",
    "庭",
    "城",
    "湾",
    "居",
    "轩",
    "邸",
    "里",
];

/// Words that end like a road and are none.
const NO_ROADS: [&str; 26] = [
    "知道", "一路", "半路", "走路", "线路", "思路", "电路", "迷路", "问路", "网路", "马路", "一道", "味道", "渠道",
    "频道", "通道", "报道", "管道", "轨道", "跑道", "赛道", "难道", "逛街", "上街", "阶段", "时段",
];

/// Parts of a building, the longer first.
const PARTS: [&str; 19] = [
    "号大院",
    "号院",
    "号楼",
    "号门",
    "号",
    "单元",
    "栋",
    "幢",
    "座",
    "室",
    "层",
    "楼",
    "弄",
    "户",
    "门",
    "房",
    "组",
    "区",
    "期",
];

/// Parts that may follow the name of an estate.
const BUILDINGS: [&str; 6] = ["号楼", "栋", "幢", "座", "单元", "区"];

/// Characters that a name does not contain: where the sentence ends and the address begins.
const STOPS: &str =
    "在到住送寄去是于往从至址给了的我你他她它们这那和跟就把被请说问为叫没不也还再收退换买卖件及与离改填写";

/// Endings of the larger places in front of a road.
const REGIONS: &str = "省市区县旗镇乡州";

const NUMERALS: [char; 12] = ['一', '二', '三', '四', '五', '六', '七', '八', '九', '十', '百', '零'];

/// The longest name of a road, an estate or a region, in characters.
const LONGEST_NAME: usize = 7;

/// How far names and regions together reach in front of the number, and how many parts may follow it: bounds the work.
const LONGEST_LEAD: usize = 28;
const MOST_PARTS: usize = 8;

/// Adds every address.
pub fn find(text: &str, found: &mut Vec<(MaskKind, Range<usize>)>) {
    if !has_building(text) {
        return;
    }
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    let line = Line { text, chars: &chars };
    let mut i = 0;
    while i < chars.len() {
        let number = line.number_end(i);
        if number == i {
            i += 1;
            continue;
        }
        match line.address_at(i, number) {
            Some((start, end)) => {
                found.push((MaskKind::Address, line.byte(start)..line.byte(end)));
                i = end;
            }
            None => i = number,
        }
    }
}

/// Whether some number has a part of a building behind it: a quick look that spares most texts the slow one.
fn has_building(text: &str) -> bool {
    let mut number = false;
    text.chars().any(|c| {
        let part = matches!(
            c,
            '号' | '单' | '栋' | '幢' | '座' | '室' | '层' | '楼' | '弄' | '户' | '门' | '房' | '组' | '区' | '期'
        );
        let found = part && number;
        number = c.is_ascii_alphanumeric() || NUMERALS.contains(&c);
        found
    })
}

/// A text by characters. All positions are indexes into `chars`.
struct Line<'t> {
    text: &'t str,
    chars: &'t [(usize, char)],
}

impl<'t> Line<'t> {
    fn byte(&self, at: usize) -> usize {
        self.chars.get(at).map_or(self.text.len(), |c| c.0)
    }

    fn rest(&self, at: usize) -> &'t str {
        &self.text[self.byte(at)..]
    }

    fn before(&self, at: usize) -> &'t str {
        &self.text[..self.byte(at)]
    }

    /// The end of the number at `at`: digits with hyphens (3-2), a letter (B座), Chinese numerals (十二). `at` itself where
    /// there is none.
    fn number_end(&self, at: usize) -> usize {
        let kind = |c: char| match c {
            '0'..='9' | '-' => 1,
            'A'..='Z' | 'a'..='z' => 2,
            c if NUMERALS.contains(&c) => 3,
            _ => 0,
        };
        let first = kind(self.chars[at].1);
        if first == 0 || self.chars[at].1 == '-' {
            return at;
        }
        let mut end = at;
        while self.chars.get(end).is_some_and(|c| kind(c.1) == first) {
            end += 1;
        }
        // B2座, 3A栋
        if first == 2 && end == at + 1 {
            while self.chars.get(end).is_some_and(|c| c.1.is_ascii_digit()) {
                end += 1;
            }
        } else if first == 1 && self.chars.get(end).is_some_and(|c| kind(c.1) == 2) {
            end += 1;
        }
        while end > at && self.chars[end - 1].1 == '-' {
            end -= 1;
        }
        end
    }

    /// Whether the number from `at` to `end` is short enough for a house and no part of a longer number or code.
    fn is_house_number(&self, at: usize, end: usize) -> bool {
        let touches = |c: Option<&(usize, char)>| c.is_some_and(|c| c.1.is_ascii_alphanumeric());
        let short = end - at <= 12 && self.chars[at..end].split(|c| c.1 == '-').all(|part| part.len() <= 5);
        short && !touches(self.chars.get(end)) && !touches(at.checked_sub(1).and_then(|b| self.chars.get(b)))
    }

    /// The part of a building that is named right at `at`.
    fn part(&self, at: usize) -> Option<&'static str> {
        let rest = self.rest(at);
        PARTS.into_iter().find(|p| rest.starts_with(p))
    }

    /// The address around the number from `at` to `number_end`, if there is one.
    fn address_at(&self, at: usize, number_end: usize) -> Option<(usize, usize)> {
        let part = self.part(number_end).filter(|_| self.is_house_number(at, number_end))?;
        let (end, parts) = self.parts(at);
        let name = if at > 0 && self.chars[at - 1].1 == ' ' { at - 1 } else { at };
        let before = self.before(name);
        let ending = |endings: &[&'static str]| endings.iter().copied().find(|e| before.ends_with(e));
        let suffix = match part {
            "号" | "号院" | "号大院" | "号楼" | "号门" | "弄" => ending(&ROADS),
            _ => None,
        }
        .or_else(|| if BUILDINGS.contains(&part) { ending(&ESTATES) } else { None });
        if let Some(suffix) = suffix
            && !NO_ROADS.iter().any(|w| before.ends_with(w))
            && !self.rest(end).starts_with('线')
            && let Some(start) = self.name_start(name - suffix.chars().count())
        {
            // 全村, 进城, 邻居: short words of everyday speech end like these.
            let weak = matches!(suffix, "村" | "道" | "段" | "里" | "城" | "居" | "中心");
            if !weak || name - start > suffix.chars().count() + 1 {
                return Some((start, end));
            }
        }
        // Building, unit and room together say enough without a name.
        let building = matches!(part, "号楼" | "栋" | "幢" | "座" | "单元");
        (building && parts >= 2).then(|| (self.name_start(at).unwrap_or(at), end))
    }

    /// Reads a name backwards from its ending at `at`, and the regions before it. None where there is no name.
    fn name_start(&self, at: usize) -> Option<usize> {
        let mut start = at;
        let mut length = 0;
        while start > 0 && length < LONGEST_NAME && at - start < LONGEST_LEAD {
            let c = self.chars[start - 1].1;
            let named = ('\u{4E00}'..='\u{9FFF}').contains(&c) || (c.is_ascii_digit() && length > 0);
            if !named || STOPS.contains(c) {
                break;
            }
            start -= 1;
            length = if REGIONS.contains(c) { 0 } else { length + 1 };
        }
        // 改成, 写成: 成 alone begins 成都.
        if start > 0 && self.chars[start].1 == '成' && "改换写填".contains(self.chars[start - 1].1) {
            start += 1;
        }
        (start < at).then_some(start)
    }

    /// The end of the parts of a building that follow one another from the number at `at`, and how many there are.
    fn parts(&self, at: usize) -> (usize, usize) {
        let (mut end, mut i) = (at, at);
        for count in 0..MOST_PARTS {
            let number = if i < self.chars.len() { self.number_end(i) } else { i };
            if number == i || !self.is_house_number(i, number) {
                return (end, count);
            }
            let Some(part) = self.part(number) else {
                // The room at the end often has no word: 2单元501.
                let room = self.chars[i..number].iter().all(|c| c.1.is_ascii_digit() || c.1 == '-');
                return if room && count > 0 && number - i >= 3 { (number, count + 1) } else { (end, count) };
            };
            end = number + part.chars().count();
            i = self.next_number(end).unwrap_or(end);
        }
        (end, MOST_PARTS)
    }

    /// Where the next number begins: right here, after a sign, or after the name of an estate (88号阳光花园3栋).
    fn next_number(&self, at: usize) -> Option<usize> {
        let c = self.chars.get(at)?.1;
        if matches!(c, ' ' | '-' | '院' | '内' | '楼') {
            return Some(at + 1);
        }
        for length in 2..=8 {
            let here = self.chars.get(at + length)?.1;
            let number = here.is_ascii_alphanumeric() || NUMERALS.contains(&here);
            if number && ESTATES.iter().any(|e| self.text[self.byte(at)..self.byte(at + length)].ends_with(e)) {
                return Some(at + length);
            }
        }
        Some(at)
    }
}
