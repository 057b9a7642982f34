//! Sums of money in a text: 3000元, ¥1,299, 两千多块, 1.2万. Signs, units and verbs are in `money.toml`.

use regex::{Captures, Regex, RegexBuilder};
use serde::Deserialize;
use std::{ops::Range, sync::LazyLock};

/// A sum and where it stands in the text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sum {
    pub yuan: f64,
    /// Byte range of number and unit.
    pub bytes: Range<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    signs: Vec<String>,
    units: Vec<String>,
    verbs: Vec<String>,
    fillers: Vec<String>,
    bought: Vec<String>,
    counters: String,
}

struct Lexer {
    number: Regex,
    verb_before: Regex,
    bought_after: Regex,
    counters: String,
}

/// A sum above this is a slip of the pen or of a detector, in yuan.
const HIGHEST: f64 = 1e9;

/// How many characters before a bare number are searched for a verb.
const VERB_REACH: usize = 12;

static LEXER: LazyLock<Lexer> = LazyLock::new(|| {
    let table: Table = toml::from_str(include_str!("money.toml")).expect("the built-in file is checked by a test");
    let any = |words: &[String]| {
        let mut words: Vec<String> = words.iter().map(|word| regex::escape(word)).collect();
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        words.join("|")
    };
    let number = format!(
        r"(?P<sign>{signs})?\s*(?:(?P<digits>\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?)\s*(?P<scale>[十百千万亿wk])*(?P<tail>\d|[一二三四五六七八九])?|(?P<words>[好上近]?[零〇一二两俩三四五六七八九十百千万亿几数]+))(?P<more>[多余来几])?\s*(?P<unit>{units})?",
        signs = any(&table.signs),
        units = any(&table.units),
    );
    let verb = format!("(?:{})(?:{})*$", any(&table.verbs), any(&table.fillers));
    let bought = format!("^(?:{})", any(&table.bought));
    let build = |pattern: &str| {
        RegexBuilder::new(pattern).case_insensitive(true).build().expect("the built-in file is checked by a test")
    };
    Lexer { number: build(&number), verb_before: build(&verb), bought_after: build(&bought), counters: table.counters }
});

/// All sums, from left to right.
pub(super) fn sums(text: &str) -> Vec<Sum> {
    LEXER.number.captures_iter(text).filter_map(|found| sum(text, &found)).collect()
}

fn sum(text: &str, found: &Captures<'_>) -> Option<Sum> {
    let whole = found.get(0)?;
    let (before, after) = (&text[..whole.start()], &text[whole.end()..]);
    if before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '.') {
        return None;
    }
    let yuan = value(found)?;
    let marked = found.name("sign").is_some() || found.name("unit").is_some();
    // 12元/斤 is what a pound costs, not what anybody paid.
    if found.name("unit").is_some() && after.starts_with('/') {
        return None;
    }
    if !marked && !bare_is_money(before, after, found, yuan) {
        return None;
    }
    let start = found.name("sign").or(found.name("digits")).or(found.name("words"))?.start();
    let end = start + text[start..whole.end()].trim_end().len();
    (yuan > 0.0 && yuan <= HIGHEST).then_some(Sum { yuan, bytes: start..end })
}

/// A number without sign and unit is money beside a verb of paying or buying, unless a counter or a year follows.
fn bare_is_money(before: &str, after: &str, found: &Captures<'_>, yuan: f64) -> bool {
    let digits = found.name("digits").map_or("", |digits| digits.as_str());
    let scaled = found.name("scale").is_some() || found.name("words").is_some();
    if digits.len() == 4 && !scaled && (1990.0..2036.0).contains(&yuan) {
        return false;
    }
    if LEXER.bought_after.is_match(after) {
        return scaled || digits.len() >= 3;
    }
    let next = after.chars().next();
    if next.is_some_and(|c| LEXER.counters.contains(c) || c.is_ascii_alphanumeric()) || yuan < 10.0 {
        return false;
    }
    let from = before.char_indices().rev().take(VERB_REACH).last().map_or(0, |(at, _)| at);
    LEXER.verb_before.is_match(&before[from..])
}

fn value(found: &Captures<'_>) -> Option<f64> {
    let Some(digits) = found.name("digits") else {
        return chinese(found.name("words")?.as_str());
    };
    let number: f64 = digits.as_str().replace(',', "").parse().ok()?;
    let between = found.name("tail").map_or(found.name("more").or(found.name("unit")), Some).map(|m| m.start());
    let rest = &found.get(0)?.as_str()[digits.end() - found.get(0)?.start()..];
    let scales = &rest[..between.map_or(rest.len(), |end| end - digits.end())];
    let scale: f64 = scales.chars().map(magnitude).product();
    let tail = match found.name("tail") {
        // A digit can only follow a scale: 1万2.
        Some(_) if scale < 10.0 => return None,
        Some(tail) => digit(tail.as_str().chars().next()?)? * scale / 10.0,
        None => 0.0,
    };
    Some(number * scale + tail)
}

fn magnitude(letter: char) -> f64 {
    match letter {
        '十' => 10.0,
        '百' => 100.0,
        '千' | 'k' | 'K' => 1e3,
        '万' | 'w' | 'W' => 1e4,
        '亿' => 1e8,
        _ => 1.0,
    }
}

fn digit(letter: char) -> Option<f64> {
    Some(match letter {
        '零' | '〇' => 0.0,
        '一' => 1.0,
        // 几 and 数 are at least two.
        '二' | '两' | '俩' | '几' | '数' => 2.0,
        '三' => 3.0,
        '四' => 4.0,
        '五' => 5.0,
        '六' => 6.0,
        '七' => 7.0,
        '八' => 8.0,
        '九' => 9.0,
        _ => return letter.to_digit(10).map(f64::from),
    })
}

/// A number in Chinese numerals, at least: 两千多 is 2000, 好几千 2000, 一万五 15000, 七八百 700, 上万 10000.
fn chinese(words: &str) -> Option<f64> {
    let letters: Vec<char> = words.trim_start_matches(['好', '上', '近']).chars().collect();
    let (mut total, mut section, mut pending, mut last_scale) = (0.0_f64, 0.0, None, 1.0);
    for (at, &letter) in letters.iter().enumerate() {
        if letter == '零' || letter == '〇' {
            last_scale = 1.0;
        } else if let Some(value) = digit(letter) {
            // Of two digits in a row (七八百) the first is the lower bound.
            pending = pending.or(Some(value));
        } else {
            let scale = magnitude(letter);
            if scale >= 1e4 {
                let below: f64 = section + pending.take().unwrap_or(if section == 0.0 && at == 0 { 1.0 } else { 0.0 });
                total = if below == 0.0 { total.max(1.0) * scale } else { total + below * scale };
                section = 0.0;
            } else {
                section += pending.take().unwrap_or(1.0) * scale;
            }
            last_scale = scale;
        }
    }
    let rest = pending.map_or(0.0, |value| if last_scale >= 100.0 { value * last_scale / 10.0 } else { value });
    let value = total + section + rest;
    (value > 0.0).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn yuan(text: &str) -> Vec<f64> {
        sums(text).iter().map(|sum| sum.yuan).collect()
    }

    #[test]
    fn sums_are_read_as_people_write_them() {
        for (text, expected) in [
            ("被扣了3000元", 3000.0),
            ("价格¥1,299", 1299.0),
            ("两千多块打水漂", 2000.0),
            ("损失1.2万元", 12000.0),
            ("花了1万2买的", 12000.0),
            ("一万五千块", 15000.0),
            ("一千二百块钱", 1200.0),
            ("三百五十元", 350.0),
            ("好几千块没了", 2000.0),
            ("上万元", 10000.0),
            ("十二万元", 120000.0),
            ("一百零五块", 105.0),
            ("七八百块", 700.0),
            ("总共三千二百四", 3240.0),
            ("5899刚买的手机", 5899.0),
            ("被骗了2w", 20000.0),
            ("押金199", 199.0),
            ("退我一千八", 1800.0),
            ("29.9元", 29.9),
            ("人民币500", 500.0),
            ("三十万元", 300000.0),
        ] {
            assert_eq!(yuan(text), [expected], "{text}");
        }
    }

    #[test]
    fn other_numbers_are_no_sums() {
        for text in [
            "等了3000分钟",
            "2019年买的",
            "订单号202301012345",
            "第三次投诉",
            "买了3000个",
            "千万别买",
            "万一坏了",
            "一共三次",
            "苹果5元/斤",
            "手机13800000000",
            "退货率百分之九十",
            "打了12315",
            "花了3天",
            "4k电视",
        ] {
            assert_eq!(yuan(text), [] as [f64; 0], "{text}");
        }
    }

    #[test]
    fn a_sum_knows_its_place() {
        let text = "昨天被扣了 3000 元。";
        let sum = &sums(text)[0];
        assert_eq!(&text[sum.bytes.clone()], "3000 元");
    }

    proptest! {
        #[test]
        fn written_digits_come_back(n in 1u32..9_999_999) {
            prop_assert_eq!(yuan(&format!("赔了{n}元")), [f64::from(n)]);
        }

        #[test]
        fn no_text_panics(text in "[0-9.,，¥元块万千百十两三几多wk好上a-z买退/]{0,30}") {
            for sum in sums(&text) {
                prop_assert!(text.get(sum.bytes.clone()).is_some());
            }
        }
    }
}
