//! QQ and WeChat names, and passport numbers: shapes that anything may have, so only where the text says what they are.

use super::{
    MaskKind,
    words::{Announced, announced},
};
use regex::{Captures, Regex};
use std::{ops::Range, sync::LazyLock};

static ACCOUNT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)
        (?<messenger> (?i: qq | 扣扣 | 企鹅号 | 微信 | 薇信 | 威信 | v信 | wechat | weixin | vx | wx ))
        (?<gap> (?: 号码 | 号 | 账号 | 帐号 | (?i:id) )? (?: 同号 )? [\ :是为叫]{0,3} )
        (?<name> [A-Za-z][-_A-Za-z0-9]{5,19} | [1-9][0-9]{4,11} )",
    )
    .expect("a constant pattern that the tests compile")
});

static PASSPORT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:护照|通行证)(?:号码|号)?[ :是为]{0,3}(?<name>[A-Za-z]{1,2}[0-9]{7,8})")
        .expect("a constant pattern that the tests compile")
});

/// Adds every announced name and passport number.
pub fn find(text: &str, found: &mut Vec<(MaskKind, Range<usize>)>) {
    for groups in ACCOUNT.captures_iter(text) {
        let messenger = &groups["messenger"];
        let before = &text[..groups.get_match().start()];
        let latin = messenger.is_ascii();
        // WX and QQ also open tracking and order numbers.
        let code = latin && before.ends_with(|c: char| c.is_ascii_alphanumeric())
            || announced(before) == Announced::Business
            || latin && groups["gap"].is_empty() && groups["name"].starts_with(|c: char| c.is_ascii_alphabetic());
        if !code {
            add(MaskKind::Account, text, &groups, found);
        }
    }
    for groups in PASSPORT.captures_iter(text) {
        add(MaskKind::Id, text, &groups, found);
    }
}

/// Adds the name, unless it goes on as something longer.
fn add(kind: MaskKind, text: &str, groups: &Captures, found: &mut Vec<(MaskKind, Range<usize>)>) {
    if let Some(name) = groups.name("name")
        && !text[name.end()..].starts_with(|c: char| c.is_ascii_alphanumeric())
    {
        found.push((kind, name.range()));
    }
}
