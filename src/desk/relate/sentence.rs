//! The sentences that say what two complaints have to do with each other.

use super::case::{Bond, Case};
use crate::{desk::ticket::Number, taxonomy::Name};
use jiff::Timestamp;

fn both(zh: impl Into<String>, en: impl Into<String>) -> Name {
    Name { zh: zh.into(), en: en.into() }
}

pub(super) fn quoted(number: Number) -> Name {
    both(format!("文中写了投诉单号 {number}"), format!("the text names complaint {number}"))
}

pub(super) fn bond(bond: Bond) -> Name {
    match bond {
        Bond::Customer => both("同一位客户", "the same customer"),
        Bond::Contact => both("同一个联系方式", "the same contact"),
        Bond::Order => both("同一个订单", "the same order"),
    }
}

pub(super) fn product() -> Name {
    both("同一件商品", "the same product")
}

pub(super) fn alike(share: f64, near: bool) -> Name {
    let percent = percent(share);
    match near {
        true => both(
            format!("文字几乎相同（{percent}% 的字对一样）"),
            format!("nearly the same words ({percent} % of the character pairs in common)"),
        ),
        false => both(
            format!("文字相近（{percent}% 的字对一样）"),
            format!("similar words ({percent} % of the character pairs in common)"),
        ),
    }
}

pub(super) fn words(word: &str) -> Name {
    both(
        format!("文中说「{word}」，指的是先前的事"),
        format!("the text says \"{word}\", which refers to something earlier"),
    )
}

/// How the earlier ticket stands.
pub(super) fn standing(closed: Option<Timestamp>) -> Option<Name> {
    closed.map(|_| both("先前的工单不久前已关闭", "the earlier ticket was closed not long ago"))
}

/// The customer went on elsewhere.
pub(super) fn channels(old: Option<&str>, new: Option<&str>) -> Option<Name> {
    let (old, new) = (old?, new?);
    (old != new).then(|| {
        both(
            format!("换了渠道：先前是 {old}，这次是 {new}，对话接着先前的继续"),
            format!("another channel: {old} before, {new} now; the conversation goes on"),
        )
    })
}

/// Why it is no more than related.
pub(super) fn why_only_related(
    new: &Case,
    old: &Case,
    same_customer: bool,
    near: bool,
    other_matter: bool,
    alive: bool,
) -> Option<Name> {
    if new.is_of_another(old) || !same_customer {
        let words = near.then(|| {
            both(
                "不是同一位客户，所以不算重复；可能是群体投诉或刷单式投诉",
                "not the same customer, so no duplicate; perhaps a group complaint, or a flood",
            )
        });
        return words.or_else(|| Some(both("不是同一位客户", "not the same customer")));
    }
    if other_matter {
        return Some(both("是另一个订单或另一件商品", "another order or another product"));
    }
    (!alive).then(|| both("先前的工单早已关闭", "the earlier ticket was closed long ago"))
}

/// Many with the same words.
pub(super) fn wave(customers: usize, complaints: usize, hours: i64, anonymous: usize) -> Name {
    both(
        format!(
            "{hours} 小时内有 {customers} 位不同的客户（共 {complaints} 条投诉，其中 {anonymous} 条既无客户编号也无订单）文字几乎相同"
        ),
        format!(
            "{customers} different customers ({complaints} complaints, {anonymous} of them without customer id and order) wrote nearly the same words within {hours} hours"
        ),
    )
}

/// Rounded down: only equal sets are 100 %.
fn percent(share: f64) -> u8 {
    (share * 100.0) as u8
}
