//! The rules on cases, and what holds for all.

use super::*;
use crate::{
    desk::ticket::Number,
    taxonomy::{Name, Taxonomy},
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

fn number(count: u32) -> Number {
    Number::new("2026-11-26".parse().unwrap(), count).unwrap()
}

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_second(1_764_000_000 + minutes * 60).unwrap()
}

fn member(count: u32, minutes: i64, party: &str) -> Member {
    Member { number: number(count), party: Some(party.into()), at: at(minutes), duplicate: false }
}

fn policy() -> IncidentPolicy {
    let name = |id: &str| (id.to_owned(), Name { zh: format!("{id}中文"), en: id.into() });
    IncidentPolicy::default_for(&Taxonomy::retail(), &["media", "legal"].map(name))
}

const DAY: i64 = 24 * 60;

#[test]
fn the_third_complaint_of_a_week_is_raised() {
    let policy = policy();
    let others = [member(1, 0, "c"), member(2, 3 * DAY, "c")];
    let signal = repeat(&member(3, 7 * DAY - 1, "c"), &others, &policy).unwrap();
    assert_eq!((signal.members, signal.key.as_str()), (vec![number(3)], "repeat/C20261126-000003-6"));
    assert_eq!(signal.reason.en, "3 complaints of the same customer within 7 days");
    assert_eq!(signal.reason.zh, "同一位客户 7 天内投诉了 3 次");
    assert_eq!(repeat(&member(3, 7 * DAY, "c"), &others, &policy), None, "a window is half-open");
    let duplicate = Member { duplicate: true, ..member(3, DAY, "c") };
    assert_eq!(repeat(&duplicate, &others, &policy), None);
    assert!(repeat(&member(3, -DAY, "c"), &others, &policy).is_some(), "the clock was set back");
}

#[test]
fn anger_and_threats_are_raised() {
    let policy = policy();
    let mood = |emotion: &str, intensity, flags: &[&str], signals: &[&str]| Mood {
        emotion: Some(emotion.into()),
        intensity,
        flags: flags.iter().map(|s| s.to_string()).collect(),
        signals: signals.iter().map(|s| s.to_string()).collect(),
    };
    for (mood, fired) in [
        (mood("anger", 2.5, &[], &[]), vec![("anger", "medium")]),
        (mood("anger", 2.3, &[], &[]), vec![]),
        (mood("hurt", 3.0, &["refund"], &["repeat"]), vec![]),
        (mood("neutral", 0.0, &[], &["media"]), vec![("threat", "high")]),
        (mood("anger", 3.0, &["legal"], &["legal"]), vec![("threat", "high"), ("anger", "medium")]),
        (mood("anger", f32::NAN, &[], &[]), vec![]),
    ] {
        let found = fierce(number(1), &mood, &policy);
        let told: Vec<_> = found
            .iter()
            .map(|signal| (signal.key.split('/').nth(1).unwrap(), signal.raise_to.as_deref().unwrap()))
            .collect();
        assert_eq!(told, fired, "{mood:?}");
    }
    let both = &fierce(number(1), &mood("anger", 3.0, &["legal"], &["legal", "media"]), &policy)[0];
    assert_eq!(both.reason.zh, "「media中文」、「legal中文」、「起诉或监管投诉」");
}

#[test]
fn five_in_a_day_are_an_incident() {
    let policy = policy();
    let others: Vec<Member> = (1..5).map(|i| member(i, i64::from(i) * 60, &format!("c{i}"))).collect();
    let new = member(5, DAY + 59, "c5");
    let signal = cluster("纯牛奶", &new, &others, None, 0, &policy).unwrap();
    assert_eq!(signal.members, [1, 2, 3, 4, 5].map(number));
    assert_eq!(signal.incident.as_deref(), Some("cluster/纯牛奶/1"));
    assert_eq!(signal.notify, ["supervisor", "quality"]);
    assert_eq!(cluster("纯牛奶", &member(5, DAY + 60, "c5"), &others, None, 0, &policy), None, "half-open");
    let one: Vec<Member> = others.iter().map(|other| Member { party: Some("c5".into()), ..other.clone() }).collect();
    assert_eq!(cluster("纯牛奶", &new, &one, None, 0, &policy), None, "one customer alone");
    // Duplicates belong to it, and do not count.
    let mut more = others.clone();
    more[3].duplicate = true;
    assert_eq!(cluster("纯牛奶", &new, &more, None, 0, &policy), None);
    more.push(member(6, 300, "c6"));
    assert_eq!(cluster("纯牛奶", &new, &more, None, 2, &policy).unwrap().members.len(), 6);
}

#[test]
fn an_open_incident_takes_what_comes_until_it_is_closed() {
    let policy = policy();
    let mut open = Incident::open("cluster/m/1".into(), Rule::Cluster, [at(60), at(0)], at(0));
    let quiet = policy.cluster.as_ref().unwrap().quiet;
    let joins = |open: &Incident, minutes| cluster("m", &member(9, minutes, "z"), &[], Some(open), 0, &policy);
    assert_eq!(joins(&open, 3 * DAY).unwrap().incident.as_deref(), Some("cluster/m/1"));
    assert_eq!(joins(&open, 4 * DAY + 60), None, "closed by time");
    assert_eq!(joins(&open, -1), None, "before it began");
    assert_eq!(open.stage(quiet, at(2 * DAY + 59)), Stage::Open);
    assert_eq!(open.stage(quiet, at(2 * DAY + 60)), Stage::Quiet);
    assert_eq!(open.stage(quiet, at(4 * DAY + 60)), Stage::Closed);
    assert_eq!(open.stage(quiet, at(-9 * DAY)), Stage::Open, "the clock was set back");
    assert_eq!(open.next_change(quiet, at(0)), Some(at(2 * DAY + 60)));
    assert_eq!(open.next_change(quiet, at(3 * DAY)), Some(at(4 * DAY + 60)));
    open.join(at(3 * DAY));
    assert_eq!(open.stage(quiet, at(4 * DAY)), Stage::Open, "open again");
    open.closed_at = Some(at(3 * DAY));
    assert_eq!((joins(&open, 3 * DAY + 1), open.next_change(quiet, at(0))), (None, None));
}

#[test]
fn priorities_only_rise() {
    let taxonomy = Taxonomy::retail();
    for (now, to, raised_to) in [
        ("low", "high", Some("high")),
        ("medium", "medium", None),
        ("high", "medium", None),
        ("high", "gone", None),
        ("gone", "high", None),
    ] {
        assert_eq!(raised(&taxonomy, now, to), raised_to, "{now} {to}");
    }
}

#[test]
fn products_have_one_key() {
    let long = "超".repeat(1000);
    let key = product_key(&long).unwrap();
    assert_eq!(key.chars().count(), 60 + 17);
    assert_ne!(product_key(&format!("{long}长")), Some(key), "what is cut off still tells them apart");
    assert_eq!(product_key("蒙牛 纯牛奶 250ml"), product_key("蒙牛纯牛奶２５０ＭＬ"));
}

#[test]
fn one_answer_goes_to_all_who_are_open() {
    let recipient = |count, standing| Recipient { number: number(count), standing };
    let members = [
        recipient(4, Standing::Merged(number(9))),
        recipient(2, Standing::Open),
        recipient(3, Standing::Merged(number(2))),
        recipient(5, Standing::Closed),
        recipient(1, Standing::Open),
        recipient(1, Standing::Open),
    ];
    let plan = reply_to_all(&members, "  该批次已召回，全额退款。 ", str::to_owned).unwrap();
    assert_eq!(plan.to, [number(1), number(2)]);
    let left_out = [
        (number(3), LeftOut::Through(number(2))),
        (number(4), LeftOut::Merged(number(9))),
        (number(5), LeftOut::Closed),
    ];
    assert_eq!(plan.left_out, left_out);
    assert_eq!(plan.text, "该批次已召回，全额退款。");
    assert!(!format!("{plan:?}").contains("召回"));
    for (members, text, told) in [
        (&members[..], " ", "reply: the answer is empty"),
        (&members[3..4], "好", "reply: no member of the incident is open"),
        (&members[..], &*"长".repeat(5001), "reply: the answer has 5001 characters; the limit is 5000"),
        // As it was said, not as it is sent: the API's document promises so.
        (
            &members[..],
            &*format!("好{}", "\n".repeat(5000)),
            "reply: the answer has 5001 characters; the limit is 5000",
        ),
    ] {
        assert_eq!(reply_to_all(members, text, str::to_owned).unwrap_err().to_string(), told);
    }
}

fn crowd() -> impl Strategy<Value = Vec<Member>> {
    let made = prop::collection::vec((0..3 * DAY, 0u8..6, prop::bool::weighted(0.1)), 1..16);
    made.prop_map(|rows| {
        let member = |(i, (minutes, party, duplicate)): (usize, (i64, u8, bool))| Member {
            duplicate,
            ..member(i as u32 + 1, minutes, &format!("c{party}"))
        };
        rows.into_iter().enumerate().map(member).collect()
    })
}

/// What the store does: counts, calls, applies.
fn arrive(order: &[Member], policy: &IncidentPolicy) -> (Option<Incident>, std::collections::BTreeSet<Number>) {
    let (mut open, mut members): (Option<Incident>, _) = (None, std::collections::BTreeSet::new());
    for (i, new) in order.iter().enumerate() {
        if let Some(signal) = cluster("p", new, &order[..i], open.as_ref(), 0, policy) {
            let times = || order.iter().filter(|m| signal.members.contains(&m.number)).map(|m| m.at);
            let incident = open.get_or_insert_with(|| {
                Incident::open(signal.incident.clone().unwrap(), Rule::Cluster, times(), new.at)
            });
            times().for_each(|at| incident.join(at));
            members.extend(signal.members);
        }
    }
    (open, members)
}

proptest! {
    #[test]
    fn the_order_of_arrival_means_nothing(crowd in crowd(), seed in any::<u64>()) {
        let policy = policy();
        let mut other = crowd.clone();
        other.sort_by_key(|member| key::fnv1a(&format!("{seed} {}", member.number)));
        prop_assert_eq!(arrive(&crowd, &policy), arrive(&other, &policy));
    }

    #[test]
    fn more_complaints_never_undo_a_cluster_or_a_repeat(crowd in crowd()) {
        let policy = policy();
        let (new, rest) = crowd.split_first().unwrap();
        let fewer = rest.split_last().map_or(rest, |(_, fewer)| fewer);
        if let Some(before) = cluster("p", new, fewer, None, 0, &policy) {
            let after = cluster("p", new, rest, None, 0, &policy);
            prop_assert!(after.is_some_and(|after| before.members.iter().all(|m| after.members.contains(m))));
        }
        prop_assert!(repeat(new, fewer, &policy).is_none() || repeat(new, rest, &policy).is_some());
    }

    #[test]
    fn any_instants_are_counted(times in prop::collection::vec(-377_705_023_201i64..253_402_207_200, 1..9), quiet in 1i64..9000) {
        let policy = policy();
        let made: Vec<Member> = times
            .iter()
            .enumerate()
            .map(|(i, &second)| Member { at: Timestamp::from_second(second).unwrap(), ..member(i as u32 + 1, 0, "c") })
            .collect();
        let quiet = SignedDuration::from_hours(quiet);
        let open = Incident::open("k".into(), Rule::Cluster, made.iter().map(|m| m.at), at(0));
        for new in &made {
            prop_assert!(open.next_change(quiet, new.at).is_none_or(|next| next > new.at));
            cluster("p", new, &made, Some(&open), 0, &policy);
            repeat(new, &made, &policy);
        }
    }
}
