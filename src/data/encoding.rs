//! Which encoding a file is in, and its bytes as text.

use crate::{Error, Result};
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{BIG5, Encoding, GB18030, UTF_8};
use std::borrow::Cow;

/// The encoding that a user names: `utf-8`, `gb18030`, `gbk`, `big5` and the other labels of the WHATWG standard.
///
/// # Errors
/// [`Error::InvalidRequest`] for a name that nobody knows.
pub fn named(name: &str) -> Result<&'static Encoding> {
    match Encoding::for_label_no_replacement(name.as_bytes()) {
        // GB18030 reads everything that GBK and GB2312 hold, and more.
        Some(found) if found == encoding_rs::GBK => Ok(GB18030),
        Some(found) if found.is_ascii_compatible() => Ok(found),
        _ => Err(Error::InvalidRequest {
            what: "encoding".into(),
            reason: format!("{name:?} is not known; use utf-8, gb18030 or big5"),
        }),
    }
}

/// Guesses from the beginning of a file. Broken bytes here and there do not lead away from the encoding that the rest is
/// in: they spoil their rows, not the file.
pub fn guess(sample: &[u8]) -> &'static Encoding {
    // Of GB18030 text read as UTF-8 most sequences are broken, and by chance one character in fifty comes out as Chinese.
    let (chinese, broken) = utf8_sequences(sample);
    if broken <= chinese {
        return UTF_8;
    }
    // Most of Big5 is also well-formed GB18030 and the other way round: what is clean in one only decides, else chardetng
    // judges by the characters.
    let clean = |encoding: &'static Encoding, line| {
        encoding.decode_without_bom_handling_and_without_replacement(line).is_some()
    };
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let (mut only_gb, mut only_big5) = (0, 0);
    for line in sample.split_inclusive(|&b| b == b'\n') {
        match (clean(GB18030, line), clean(BIG5, line)) {
            (true, true) => {
                detector.feed(line, false);
            }
            (true, false) => only_gb += 1,
            (false, true) => only_big5 += 1,
            (false, false) => {}
        }
    }
    let judged = match only_gb + only_big5 {
        0 => detector.guess(None, Utf8Detection::Deny) == BIG5,
        _ => only_big5 > only_gb,
    };
    if judged { BIG5 } else { GB18030 }
}

/// How many characters of three bytes and more are well-formed UTF-8, and how many sequences are not. A character that the end of the
/// sample cuts off counts as neither.
fn utf8_sequences(mut sample: &[u8]) -> (usize, usize) {
    let (mut valid, mut broken) = (0, 0);
    loop {
        let (good, bad) = match std::str::from_utf8(sample) {
            Ok(text) => (text, None),
            Err(error) => {
                let (good, _) = sample.split_at(error.valid_up_to());
                // The bytes up to `valid_up_to` are valid by its contract, so nothing is lost here.
                (std::str::from_utf8(good).unwrap_or_default(), Some(error))
            }
        };
        valid += good.chars().filter(|c| c.len_utf8() > 2).count();
        let Some(error) = bad else { return (valid, broken) };
        let Some(length) = error.error_len() else { return (valid, broken) };
        broken += 1;
        sample = &sample[error.valid_up_to() + length..];
    }
}

/// Bytes as text; where some are not of the encoding, the text with U+FFFD in their place as the error.
pub fn decode<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> Result<Cow<'a, str>, String> {
    let (text, broken) = encoding.decode_without_bom_handling(bytes);
    if broken { Err(text.into_owned()) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: &str = "快递三天没动静，客服一直不接电话。\n蛋糕送到时已经塌了，要求退款！\n";

    #[test]
    fn gb18030_is_told_from_utf8() {
        let (gb, _, _) = GB18030.encode(WORDS);
        assert_eq!(guess(&gb), GB18030);
        assert_eq!(guess(WORDS.as_bytes()), UTF_8);
        assert_eq!(guess(b"id,text\n1,late again\n"), UTF_8);
        assert_eq!(guess(b""), UTF_8);
        for name in ["gbk", "GB2312", "gb18030"] {
            assert_eq!(named(name).unwrap(), GB18030);
        }
        assert!(named("klingon").is_err());
    }

    #[test]
    fn big5_is_told_from_gb18030() {
        let words = "包裹已經延誤了三天，客服完全沒有回應，請儘快處理退款事宜，謝謝。\n".repeat(5);
        let (big5, _, _) = BIG5.encode(&words);
        assert_eq!(guess(&big5), BIG5);
    }

    #[test]
    fn one_broken_byte_does_not_change_the_encoding() {
        let mut utf8 = WORDS.repeat(4).into_bytes();
        utf8[31] = 0xff;
        assert_eq!(guess(&utf8), UTF_8);
        let (gb, _, _) = GB18030.encode(WORDS);
        let mut gb = gb.repeat(4);
        gb[6] = 0xff;
        assert_eq!(guess(&gb), GB18030);
    }

    #[test]
    fn a_character_cut_by_the_end_of_the_sample_is_no_fault() {
        let bytes = "退款".as_bytes();
        assert_eq!(utf8_sequences(&bytes[..5]), (1, 0));
        assert_eq!(utf8_sequences(&[0xe9, b'a', 0xff]), (0, 2));
    }

    #[test]
    fn broken_bytes_are_reported_with_the_rest_of_the_text() {
        let mut bytes = "退款".as_bytes().to_vec();
        bytes.push(0xff);
        assert_eq!(decode(UTF_8, &bytes).unwrap_err(), "退款\u{fffd}");
        let (gb, _, _) = GB18030.encode("退款");
        assert_eq!(decode(GB18030, &gb).unwrap(), "退款");
    }
}
