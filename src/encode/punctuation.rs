/// Punctuation beside Chinese characters in its full-width form. Cleaned text has the ASCII form throughout, as people type
/// either; but Chinese encoders were pre-trained on books and news, where it is full-width. Times, amounts and addresses keep
/// theirs: there the neighbours are digits or Latin letters.
pub fn full_width(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let after = chars.peek().copied().unwrap_or(' ');
        let wide = match c {
            ',' => '，',
            '!' => '！',
            '?' => '？',
            ':' => '：',
            ';' => '；',
            '(' => '（',
            ')' => '）',
            '.' if !after.is_ascii_digit() && after != '.' && before != '.' => '。',
            _ => c,
        };
        out.push(if wide != c && (chinese(before) || chinese(after)) { wide } else { c });
        before = c;
    }
    out
}

/// A Chinese character, or the punctuation that follows one (`好!!` is Chinese throughout).
fn chinese(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{3000}'..='\u{303f}')
}

#[cfg(test)]
mod tests {
    use super::full_width;

    #[test]
    fn chinese_sentences_get_chinese_punctuation() {
        assert_eq!(full_width("快递三天没动静,客服不理人!"), "快递三天没动静，客服不理人！");
        assert_eq!(full_width("坏了.要退款"), "坏了。要退款");
    }

    #[test]
    fn times_amounts_and_latin_words_keep_theirs() {
        for text in ["19:30", "1,299.50", "v2.0", "hello, world", "等等..."] {
            assert_eq!(full_width(text), text);
        }
    }
}
