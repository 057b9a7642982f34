//! Pairs that were written by hand, and what must hold for all.

mod fingerprints;
mod pairs;
mod properties;

use super::*;
use crate::desk::ticket::{Number, Relation};
use jiff::{SignedDuration, Timestamp};
use std::sync::LazyLock;

/// Compiled once: a case takes microseconds, its words milliseconds.
pub(super) static POLICY: LazyLock<RelatePolicy> = LazyLock::new(RelatePolicy::built_in);

pub(super) fn number(count: u32) -> Number {
    Number::new("2026-11-26".parse().unwrap(), count).unwrap()
}

pub(super) fn now() -> Timestamp {
    "2026-11-26T10:00+08:00".parse().unwrap()
}

pub(super) fn hours_ago(hours: i64) -> Timestamp {
    now() - SignedDuration::from_hours(hours)
}

#[test]
fn debug_shows_no_text_and_no_ids() {
    let case = Case { customer: Some("c9"), contact: Some("blind"), ..Case::new(number(1), "密文", now()) };
    let shown = format!("{:?}", Earlier { case, closed: None });
    assert!(!shown.contains("密文") && !shown.contains("c9") && !shown.contains("blind"), "{shown}");
}

#[test]
fn only_the_best_of_several_is_meant_by_words_alone() {
    let new = Case { customer: Some("c"), ..Case::new(number(9), "上次反映的事怎么还没处理", now()) };
    let earlier: Vec<Earlier> = [(1, 100, "空调漏水"), (2, 20, "发票没开"), (3, 50, "鞋子开胶")]
        .map(|(count, hours, text)| Earlier {
            case: Case { customer: Some("c"), ..Case::new(number(count), text, hours_ago(hours)) },
            closed: (count == 2).then(|| hours_ago(2)),
        })
        .into();
    let links = relate(&new, &earlier, &POLICY);
    let told: Vec<_> = links.iter().map(|link| (link.other.count(), link.relation)).collect();
    assert_eq!(told, [(3, Relation::FollowUp), (1, Relation::Related), (2, Relation::Related)], "the latest open one");
    // With a number there is no doubt.
    let text = format!("单号{}，上次反映的事怎么还没处理", number(1));
    let links = relate(&Case { text: &text, ..new }, &earlier, &POLICY);
    assert_eq!((links[0].other.count(), links[0].relation), (1, Relation::FollowUp));
    assert!(links[1..].iter().all(|link| link.relation == Relation::Related));
}

#[test]
fn a_conversation_goes_on_across_channels() {
    let old =
        Case {
            customer: Some("c"), channel: Some("phone"), ..Case::new(number(1), "热水器点不着火", hours_ago(30))
        };
    let new = Case {
        channel: Some("wechat"),
        text: "热水器还是点不着火，上次说的师傅没来",
        at: now(),
        number: number(2),
        ..old
    };
    let links = relate(&new, &[Earlier { case: old, closed: None }], &POLICY);
    assert_eq!(thread(&links).map(|link| link.other), Some(number(1)));
    let en: Vec<&str> = links[0].reasons.iter().map(|reason| reason.en.as_str()).collect();
    assert!(en.contains(&"another channel: phone before, wechat now; the conversation goes on"), "{en:?}");
}

#[test]
fn numbers_are_found_as_people_write_them() {
    for (text, found) in [
        ("单号C20261126-000123-6", 1),
        ("ｃ２０２６１１２６０００１２３６的投诉", 1),
        ("C20261126 000123 6,C20261126-000123-6", 1),
        ("C20261126-000123-7", 0),
        ("CC20261126-000123-6 与 C20261126-000001-2", 1),
        ("C12", 0),
        ("c", 0),
        ("", 0),
    ] {
        let numbers = quoted_numbers(text);
        assert!(numbers.len() >= found && (found > 0 || numbers.is_empty()), "{text}: {numbers:?}");
        assert!(found == 0 || numbers.contains(&number(123)), "{text}: {numbers:?}");
    }
}

#[test]
fn many_customers_with_one_text_are_a_wave() {
    let policy = &*POLICY;
    let text = "买的纯牛奶打开一股酸臭味，明显变质了，要求全部退款并给出说法";
    let customers: Vec<String> = (1..=6).map(|i| format!("c{i}")).collect();
    let case =
        |i: usize| Case { customer: Some(&customers[i]), ..Case::new(number(i as u32 + 1), text, hours_ago(i as i64)) };
    let all: Vec<Case> = (0..6).map(case).collect();
    assert_eq!(wave(&all[0], &all[1..4], policy), None, "four are none");
    let found = wave(&all[0], &all, policy).unwrap();
    assert_eq!((found.kind, found.customers, found.members.len()), (WaveKind::Group, 6, 6));
    // One customer six times is none; without names it is a flood; short words are none at all.
    let one: Vec<Case> = all.iter().map(|case| Case { customer: Some("c1"), ..*case }).collect();
    assert_eq!(wave(&one[0], &one, policy), None);
    let nameless: Vec<Case> = all.iter().map(|case| Case { customer: None, ..*case }).collect();
    assert_eq!(wave(&nameless[0], &nameless, policy).unwrap().kind, WaveKind::Flood);
    let short: Vec<Case> = all.iter().map(|case| Case { text: "快点处理", ..*case }).collect();
    assert_eq!(wave(&short[0], &short, policy), None);
}
