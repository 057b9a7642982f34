//! QQ and WeChat names, and passport numbers: shapes that anything may have, so only where the text says what they are.

use super::MaskKind;
use regex::Regex;
use std::{ops::Range, sync::LazyLock};

static ACCOUNT: LazyLock<Regex> = LazyLock::new(|| {
    let messengers = r"(?i:qq|扣扣|企鹅号|微信|薇信|威信|v信|wechat|weixin|vx|wx)";
    Regex::new(&format!(
        r"{messengers}(?:号码|号|账号|帐号|id|ID)?(?:同号)?[ :是为叫]{{0,3}}([A-Za-z][-_A-Za-z0-9]{{5,19}}|[1-9][0-9]{{4,11}})"
    ))
    .expect("a constant pattern that the tests compile")
});

static PASSPORT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:护照|通行证)(?:号码|号)?[ :是为]{0,3}([A-Za-z]{1,2}[0-9]{7,8})")
        .expect("a constant pattern that the tests compile")
});

/// Adds every announced name and passport number.
pub fn find(text: &str, found: &mut Vec<(MaskKind, Range<usize>)>) {
    for (pattern, kind) in [(&ACCOUNT, MaskKind::Account), (&PASSPORT, MaskKind::Id)] {
        for groups in pattern.captures_iter(text) {
            let Some(name) = groups.get(1) else { continue };
            let touched = text[name.end()..].starts_with(|c: char| c.is_ascii_alphanumeric());
            if !touched {
                found.push((kind, name.range()));
            }
        }
    }
}
