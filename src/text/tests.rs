//! What is true of every text, whatever it holds.

use super::*;
use proptest::prelude::*;

/// Arbitrary strings and, more telling, strings of pieces that cleaning treats specially.
fn message() -> impl Strategy<Value = String> {
    let pieces = vec![
        "退款",
        "客服",
        "訂單",
        "著",
        "名",
        "乾",
        "😡",
        "🦩",
        "👎🏻",
        "👨‍👩‍👧",
        "[怒]",
        "[",
        "]",
        "[PHONE]",
        "T_T",
        "-_-",
        "^_^",
        "QAQ",
        "╮(╯▽╰)╭",
        "13800138000",
        "138",
        "0013",
        "8000",
        "1",
        "0",
        "+86",
        "-",
        " ",
        "\n",
        "\t",
        "　",
        "\u{200B}",
        "\u{0}",
        "\u{FE0F}",
        "!",
        "！",
        "。",
        "...",
        "a@qq.com",
        "@",
        "a",
        "A",
        ".",
        "京A12345",
        "京",
        "建国路",
        "88号",
        "3号楼",
        "2单元",
        "501",
        "小区",
        "订单号",
        "微信",
        "6222021234567890128",
        "11010519491231002X",
        "é",
        "e",
        "\u{301}",
        "ﬁ",
        "㎏",
        "①",
        "⑩",
        "ｶ",
        "\u{FF9E}",
        "１",
        "Ａ",
        "（",
        "）",
        ":",
        "电话",
        "\u{A8}",
        "한",
        "ᄒ",
        "ᅡ",
        "_",
        "元",
        "和",
        "、",
        "010-88886666",
        "vx",
        "x",
    ];
    prop_oneof![
        3 => prop::collection::vec(prop::sample::select(pieces), 1..30).prop_map(|p| p.concat()),
        1 => "\\PC{0,60}",
        1 => any::<String>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn cleaning_twice_is_cleaning_once(text in message()) {
        if let Ok(once) = Text::new(&text) {
            let twice = Text::new(once.as_str()).unwrap();
            prop_assert_eq!(twice.as_str(), once.as_str());
        }
    }

    #[test]
    fn masking_twice_is_masking_once(text in message()) {
        if let Ok(once) = Text::new(&text) {
            let masked = once.masked();
            let again = Text::new(&masked).unwrap();
            prop_assert_eq!(again.masked(), masked);
            prop_assert_eq!(again.as_str(), once.as_str());
        }
    }

    #[test]
    fn every_range_maps_inside_the_original(text in message(), a in 0usize..400, b in 0usize..400) {
        if let Ok(read) = Text::new(&text) {
            let range = read.original_range(a.min(b)..a.max(b));
            prop_assert!(read.original().get(range).is_some());
            prop_assert!(read.masks().iter().all(|m| read.original().get(m.range.clone()).is_some()));
            prop_assert!(read.masks().windows(2).all(|m| m[0].range.end <= m[1].range.start));
        }
    }

    #[test]
    fn ranges_map_in_order(text in message()) {
        if let Ok(read) = Text::new(&text) {
            let mut last = 0;
            for (at, c) in read.as_str().char_indices() {
                let range = read.original_range(at..at + c.len_utf8());
                prop_assert!(range.start <= range.end && last <= range.end);
                last = range.start;
                // A character that was not changed maps to itself.
                if ('\u{4E00}'..='\u{9FFF}').contains(&c) && read.original().contains(c) && range.len() == 3 {
                    prop_assert!(read.original()[range].chars().count() == 1);
                }
            }
        }
    }
}

#[test]
fn what_cannot_be_read_is_an_error_with_a_code() {
    let code = |text: &str| Text::new(text).map(|t| t.as_str().to_owned()).map_err(|e| e.code());
    assert_eq!(code(""), Err("empty_text"));
    assert_eq!(code(" \n\t　\u{200B}\u{0}"), Err("empty_text"));
    assert_eq!(code("。。。！？"), Err("text_without_words"));
    assert_eq!(code("😡😡👎"), Err("text_without_words"));
    assert_eq!(code("[怒] T_T ～"), Err("text_without_words"));
    assert_eq!(code(&"退".repeat(MAX_CHARS + 1)), Err("text_too_long"));
    assert_eq!(code(&"退款".repeat(MAX_CHARS / 2)).map(|t| t.chars().count()), Ok(MAX_CHARS));
    assert_eq!(code("12315"), Ok("12315".into()));
}

#[test]
fn evidence_in_the_cleaned_text_is_found_in_the_original() {
    let read = Text::new("客服電話１３８００１３８０００\r\n打不通！！！！！！😡氣死了").unwrap();
    assert_eq!(read.as_str(), "客服电话[PHONE] 打不通!!! 愤怒 气死了");
    let original = |part: &str| {
        let at = read.as_str().find(part).unwrap();
        &read.original()[read.original_range(at..at + part.len())]
    };
    assert_eq!(original("[PHONE]"), "１３８００１３８０００");
    assert_eq!(original("!!!"), "！！！！！！");
    assert_eq!(original("愤怒 气死"), "😡氣死");
    assert_eq!(original("打不通"), "打不通");
    assert_eq!(read.masks().iter().map(|m| m.kind).collect::<Vec<_>>(), [MaskKind::Phone]);
}

#[test]
fn a_debug_print_shows_no_complaint() {
    let shown = format!("{:?}", Text::new("我住在朝阳区，电话13800138000").unwrap());
    assert!(!shown.contains("朝阳") && !shown.contains("138001"), "{shown}");
}

/// The time that this thread has run on a processor, which does not grow while others run; the clock where the system
/// does not say.
fn run_time(since: std::time::Instant) -> std::time::Duration {
    let nanos = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = nanos.and_then(|s| s.split(' ').next().and_then(|n| n.parse().ok()));
    nanos.map_or_else(|| since.elapsed(), std::time::Duration::from_nanos)
}

/// Inputs on which a quadratic reader would run for seconds: eight times the text, sixty-four times the time.
#[test]
fn long_hostile_messages_are_read_in_linear_time() {
    let start = std::time::Instant::now();
    let took = |piece: &str, chars: usize| {
        let text: String = format!("退{}", piece.repeat(chars)).chars().take(chars).collect();
        let begun = run_time(start);
        let _ = Text::new(&text);
        run_time(start) - begun
    };
    for piece in [
        "1 ",
        "1-",
        "1号",
        "区",
        "区1号",
        "路1号",
        "a@",
        "@",
        "@a.b",
        "[怒",
        "[",
        "e\u{301}\u{302}",
        "\u{301}",
        "😡",
        "T_",
        "微信",
        "京A",
        "138",
        "、1",
        "订单号1、",
        "\u{FDFA}",
        "京",
        "-_",
        "1栋",
        "一",
        "13800138000-",
        "订单号13800138000、",
    ] {
        let (part, whole) = (took(piece, MAX_CHARS / 8), took(piece, MAX_CHARS));
        // The processor's time comes in ticks of milliseconds, so the part may read as nothing.
        let most = part * 24 + std::time::Duration::from_millis(500);
        assert!(whole < most, "{piece:?} takes {whole:?}, an eighth of it {part:?}");
    }
}
