//! One form for every contact, and its blind index.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// Bytes of the code that are kept: equal by chance once in 2^64 contacts.
const KEPT: usize = 16;

/// The keyed code of a contact, in hexadecimal digits.
pub(super) fn index(key: &[u8; 32], contact: &str) -> Option<String> {
    let contact = normalised(contact)?;
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(contact.as_bytes());
    Some(crate::bundle::hex(&mac.finalize().into_bytes()[..KEPT]))
}

/// The one form of a contact, however it was written; after its kind, so that a number is never taken for a name.
fn normalised(contact: &str) -> Option<Zeroizing<String>> {
    let folded: Zeroizing<String> = Zeroizing::new(contact.nfkc().flat_map(char::to_lowercase).collect());
    let folded = folded.trim();
    if folded.is_empty() {
        return None;
    }
    Some(Zeroizing::new(match telephone(folded) {
        Some(digits) => format!("tel:{}", &*digits),
        None => format!("name:{folded}"),
    }))
}

/// The digits of a telephone number as it is dialled in China, or after `+` where it belongs to another country.
fn telephone(folded: &str) -> Option<Zeroizing<String>> {
    let folded = folded.strip_prefix("tel:").unwrap_or(folded).trim_start();
    let mut digits = Zeroizing::new(String::with_capacity(folded.len()));
    for c in folded.chars() {
        match c {
            '0'..='9' => digits.push(c),
            '+' if digits.is_empty() => digits.push(c),
            // Hyphens and dashes of all kinds, as people and forms write them.
            ' ' | '-' | '.' | '(' | ')' | '/' | '\u{2010}'..='\u{2015}' | '\u{2212}' => {}
            _ => return None,
        }
    }
    let international = digits.strip_prefix('+').or_else(|| digits.strip_prefix("00"));
    let national = match international {
        Some(number) => match number.strip_prefix("86") {
            Some(home) => dialled(home),
            None => Zeroizing::new(format!("+{number}")),
        },
        // The code without its sign: only where what follows is a mobile number, as no other number is so long.
        None => match digits.strip_prefix("86").filter(|rest| mobile(rest)) {
            Some(rest) => Zeroizing::new(rest.to_owned()),
            None => digits.clone(),
        },
    };
    (5..=20).contains(&national.len()).then_some(national)
}

/// A Chinese number as it is dialled at home: land lines get back the 0 that falls away after the country's code.
fn dialled(number: &str) -> Zeroizing<String> {
    Zeroizing::new(
        match number.starts_with('0') || mobile(number) || number.starts_with("400") || number.starts_with("800") {
            true => number.to_owned(),
            false => format!("0{number}"),
        },
    )
}

/// Whether digits are a Chinese mobile number.
fn mobile(digits: &str) -> bool {
    digits.len() == 11 && digits.starts_with('1') && !digits[1..].starts_with(['0', '1', '2'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_contact_has_one_form_however_it_is_written() {
        for (written, form) in [
            ("13800138000", "tel:13800138000"),
            ("138-0013-8000", "tel:13800138000"),
            (" 138 0013 8000 ", "tel:13800138000"),
            ("＋８６　１３８００１３８０００", "tel:13800138000"),
            ("+86 138 0013 8000", "tel:13800138000"),
            ("(+86)13800138000", "tel:13800138000"),
            ("008613800138000", "tel:13800138000"),
            ("8613800138000", "tel:13800138000"),
            ("tel:13800138000", "tel:13800138000"),
            ("010-6655 4433", "tel:01066554433"),
            ("+86 10 66554433", "tel:01066554433"),
            ("+86 (0)10 66554433", "tel:01066554433"),
            ("（021）６２３４５６７８", "tel:02162345678"),
            ("021—62345678", "tel:02162345678"),
            ("400-820-8820", "tel:4008208820"),
            ("+86 400 820 8820", "tel:4008208820"),
            ("8610665544331", "tel:8610665544331"),
            ("+852 2123 4567", "tel:+85221234567"),
            ("00852-21234567", "tel:+85221234567"),
            ("Zhang.San@Example.COM ", "name:zhang.san@example.com"),
            ("ｚｈａｎｇ@example.com", "name:zhang@example.com"),
            ("wx_Zhang123", "name:wx_zhang123"),
            ("1234", "name:1234"),
            ("+", "name:+"),
            ("转人工", "name:转人工"),
        ] {
            assert_eq!(normalised(written).unwrap().as_str(), form, "{written}");
        }
        for nothing in ["", "  ", "\u{3000}"] {
            assert!(normalised(nothing).is_none());
        }
    }
}
