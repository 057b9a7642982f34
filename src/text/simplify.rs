//! Traditional to simplified, character by character, so that offsets stay simple and a second pass changes nothing.

use std::sync::LazyLock;

/// First and last code point of the table: CJK extension A up to the end of the unified ideographs.
const FIRST: u32 = 0x3400;
const LAST: u32 = 0x9FFF;

/// Simplified characters (GB 2312) that fast2s maps to others: 呵呵 must not become 嗬嗬.
const KEPT: &str = "磐疋仝祗黏矽薰吒麴捍摺阪甯彷煅醯菸呵呱";

/// Traditional and variant characters that fast2s does not know, each followed by its simplified form.
const ADDED: &str = "妳你嚐尝喫吃羣群峯峰繋系衹只祇只痠酸洩泄";

/// fast2s without its context rules, followed to its fixed point. fast2s reads neighbours (乾隆 keeps 乾), which would
/// make the result depend on what cleaning removed nearby; the words concerned do not occur in complaints.
static TABLE: LazyLock<Box<[u16]>> = LazyLock::new(|| {
    let added: Vec<char> = ADDED.chars().collect();
    let once = |c: char| match added.chunks_exact(2).find(|pair| pair[0] == c) {
        _ if KEPT.contains(c) => c,
        Some(pair) => pair[1],
        None => fast2s::convert(c.encode_utf8(&mut [0; 4])).chars().next().unwrap_or(c),
    };
    (FIRST..=LAST)
        .map(|code| {
            let mut c = char::from_u32(code).unwrap_or('\0');
            // Two steps reach every fixed point today; the bound keeps a cycle in the data from hanging.
            for _ in 0..4 {
                c = once(c);
            }
            u16::try_from(u32::from(c)).unwrap_or(code as u16)
        })
        .collect()
});

/// Neighbours beside which 著 is a word of its own (著名, 显著); elsewhere traditional text writes it for 着.
const BEFORE_ZHU: &str = "名显顯原编編论論土专專巨译譯卓昭";
const AFTER_ZHU: &str = "名作称稱者述";

/// The simplified form of `c`, given the character before it (already simplified) and the raw one after it.
pub fn simplify(before: Option<char>, c: char, after: Option<char>) -> char {
    if c == '著' {
        let kept = before.is_some_and(|b| BEFORE_ZHU.contains(b)) || after.is_some_and(|a| AFTER_ZHU.contains(a));
        return if kept { c } else { '着' };
    }
    match u32::from(c) {
        code @ FIRST..=LAST => char::from_u32(u32::from(TABLE[(code - FIRST) as usize])).unwrap_or(c),
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_normalization::UnicodeNormalization;

    fn whole(text: &str) -> String {
        let chars: Vec<char> = text.chars().collect();
        let mut done: Vec<char> = Vec::new();
        for (i, &c) in chars.iter().enumerate() {
            done.push(simplify(done.last().copied(), c, chars.get(i + 1).copied()));
        }
        done.into_iter().collect()
    }

    #[test]
    fn traditional_complaints_become_simplified() {
        assert_eq!(
            whole("收到的貨和圖片不符，客服態度惡劣，要求退款賠償"),
            "收到的货和图片不符，客服态度恶劣，要求退款赔偿"
        );
        assert_eq!(whole("我一直等著，你們卻推來推去"), "我一直等着，你们却推来推去");
    }

    #[test]
    fn zhu_stays_where_it_is_a_word() {
        assert_eq!(whole("著名品牌，差别显著"), "著名品牌，差别显著");
    }

    #[test]
    fn every_character_is_at_its_fixed_point_and_normal() {
        for code in FIRST..=LAST {
            let Some(c) = char::from_u32(code) else { continue };
            let once = simplify(None, c, None);
            assert_eq!(simplify(None, once, None), once, "{c}");
            assert!(std::iter::once(once).nfkc().eq(std::iter::once(once)), "{c} gives {once}, which NFKC changes");
        }
    }

    #[test]
    fn simplified_text_is_untouched() {
        let text = "呵呵，黏在一起了，衣服掉色起球，洗了一次就缩水，客服让我等了三天才回复，里面还有干净的后面发货";
        assert_eq!(whole(text), text);
    }
}
