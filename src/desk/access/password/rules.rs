//! Which passwords are taken (after NIST SP 800-63B-4, section 3.1.1.2): long ones that are not among the first that anybody
//! tries. No rules about kinds of characters, and no forced changes: both make passwords worse.

use crate::{Error, Result};
use std::collections::BTreeSet;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// Characters of the shortest password.
pub const SHORTEST: usize = 10;
/// Characters of the longest password.
pub const LONGEST: usize = 256;

/// What is tried first, in lower case; shorter ones and mere sequences are refused anyway.
const WORST: [&str; 42] = [
    "1029384756",
    "11223344556677889900",
    "1122334455",
    "123456qwerty",
    "12345qwert",
    "1q2w3e4r5t",
    "1q2w3e4r5t6y",
    "1qaz2wsx3edc",
    "1qaz@wsx#edc",
    "5201314520",
    "52013141314",
    "a123456789",
    "aa123456789",
    "abc123456789",
    "abc1234567",
    "abcd123456",
    "abcd1234567",
    "admin12345",
    "admin123456",
    "administrator",
    "asdfghjkl;",
    "asdfghjkl123",
    "changeme123",
    "iloveyou123",
    "password12",
    "password123",
    "password1234",
    "password@123",
    "p@ssw0rd123",
    "p@ssword123",
    "qazwsxedcrfv",
    "qwer123456",
    "qwerty1234",
    "qwerty12345",
    "qwerty123456",
    "qwertyuiop",
    "qwertyuiop123",
    "root123456",
    "welcome123",
    "woaini1314",
    "woaini1314520",
    "zxcvbnm123",
];

/// Refuses a new password that is easy to guess. `names` are the account's id, name and address, as far as there are any.
///
/// # Errors
/// [`Error::InvalidRequest`] with the rule; never with the password.
pub fn check_new(password: &str, names: &[&str]) -> Result<()> {
    let composed: Zeroizing<Vec<char>> = Zeroizing::new(password.nfc().collect());
    if composed.len() < SHORTEST {
        return Err(refused(format!("must have at least {SHORTEST} characters; several words are easy to remember")));
    }
    if composed.len() > LONGEST {
        return Err(too_long());
    }
    if composed.iter().collect::<BTreeSet<_>>().len() < 4 || sequence(&composed) {
        return Err(refused("must not be a few characters over and over, or in their order".into()));
    }
    let folded: Zeroizing<String> = Zeroizing::new(password.nfkc().flat_map(char::to_lowercase).collect());
    // Whoever guesses appends numbers and signs first.
    let core = folded.trim_end_matches(|c: char| !c.is_alphabetic());
    let is_name = |name: &&str| {
        let name = name.nfkc().flat_map(char::to_lowercase).collect::<String>();
        let bare = name.trim_end_matches(|c: char| !c.is_alphabetic());
        *folded == name || (!core.is_empty() && core == bare)
    };
    if names.iter().any(is_name) {
        return Err(refused("must not be the account's name, with or without digits after it".into()));
    }
    if WORST.contains(&folded.trim()) {
        return Err(refused("must not be one of the passwords that are tried first".into()));
    }
    Ok(())
}

pub(super) fn too_long() -> Error {
    refused(format!("must have at most {LONGEST} characters"))
}

fn refused(reason: String) -> Error {
    Error::InvalidRequest { what: "password".into(), reason }
}

/// Whether every character follows the one before, up or down; 0 follows 9.
fn sequence(password: &[char]) -> bool {
    let step = |pair: &[char]| match (pair[0], pair[1]) {
        ('9', '0') => 1,
        ('0', '9') => -1,
        (a, b) => b as i64 - a as i64,
    };
    let mut steps = password.windows(2).map(step);
    matches!(steps.next(), Some(first @ (1 | -1)) if steps.all(|step| step == first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NAMES: [&str; 4] = ["zhangsan", "Zhang San 张三", "zhang.san@example.com", "13800138000"];

    fn told(password: &str) -> String {
        check_new(password, &NAMES).unwrap_err().to_string()
    }

    #[test]
    fn good_passwords_need_no_kinds_of_characters() {
        for password in [
            "correct horse",
            "四季度复盘会改到周三",
            "kjhgtrewqa",
            "7391846205",
            "zhangsan likes tea",
            "我爱吃北京烤鸭和涮羊肉",
            "😡 three cats 🐱",
        ] {
            assert!(check_new(password, &NAMES).is_ok(), "{password}");
        }
        assert!(check_new(&"ab cd ef ".repeat(28), &NAMES).is_ok());
        assert!(check_new("correct horse", &["", ""]).is_ok());
    }

    #[test]
    fn bad_passwords_are_refused_and_not_quoted() {
        let short = "password: must have at least 10 characters; several words are easy to remember";
        let dull = "password: must not be a few characters over and over, or in their order";
        let name = "password: must not be the account's name, with or without digits after it";
        let worst = "password: must not be one of the passwords that are tried first";
        for (password, reason) in [
            ("", short),
            ("Xk9$mQ2!z", short),
            ("四季度复盘会改到周", short),
            ("aaaaaaaaaa", dull),
            ("abababababab", dull),
            ("1231231231231", dull),
            ("1234567890", dull),
            ("0987654321", dull),
            ("9876543210", dull),
            ("abcdefghijk", dull),
            ("zhangsan123456", name),
            ("ZhangSan2026!!", name),
            ("ｚｈａｎｇｓａｎ88", name),
            ("zhang.san@example.com", name),
            ("13800138000", name),
            ("zhang san 张三1", name),
            ("Password123", worst),
            ("qwertyuiop", worst),
            ("woaini1314520", worst),
        ] {
            assert_eq!(told(password), reason, "{password}");
        }
        assert_eq!(told(&"ab cd ef ".repeat(29)), "password: must have at most 256 characters");
    }

    #[test]
    fn the_list_holds_only_what_no_other_rule_refuses() {
        for password in WORST {
            assert!(password.chars().count() >= SHORTEST && password.to_lowercase() == password, "{password}");
            assert!(told(password).ends_with("tried first"), "{password}");
        }
        assert_eq!(WORST.iter().collect::<BTreeSet<_>>().len(), WORST.len());
    }

    proptest! {
        #[test]
        fn no_text_panics_and_length_is_kept(password: String, name: String) {
            if check_new(&password, &[&name]).is_ok() {
                prop_assert!((SHORTEST..=LONGEST).contains(&password.nfc().count()));
            }
        }
    }
}
