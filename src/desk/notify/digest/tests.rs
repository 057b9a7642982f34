use super::*;
use crate::{
    desk::notify::message::{Audience, Facts},
    taxonomy::Name,
};
use proptest::prelude::*;

const ID: Uuid = Uuid::from_u128(99);

/// So many seconds after an instant.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn notice(id: u128, kind: Kind, seconds: i64, number: &str) -> Notice {
    let facts = Facts {
        number: Some(number.into()),
        clock: Some(Name { zh: "办结".into(), en: "resolution".into() }),
        due: Some(at(seconds + 3600)),
        ..Facts::default()
    };
    Notice { id: Uuid::from_u128(id), kind, at: at(seconds), audience: Audience::Agent, facts }
}

fn planned(pending: &[Notice], last: Option<i64>, now: i64) -> Plan {
    plan(pending, last.map(at), &DigestPolicy::default(), at(now), ID)
}

#[test]
fn the_first_goes_at_once_and_as_itself() {
    let one = notice(1, Kind::DeadlineWarning, 0, "a");
    for last in [None, Some(-900), Some(-100_000)] {
        let plan = planned(std::slice::from_ref(&one), last, 0);
        assert_eq!(plan.now, [Message { notice: one.clone(), covers: vec![one.id] }]);
        assert_eq!((plan.held.len(), plan.until), (0, None));
    }
}

#[test]
fn a_bad_morning_is_one_message() {
    let pending: Vec<Notice> = (0..100).map(|n| notice(n, Kind::DeadlineWarning, 0, &format!("t{n}"))).collect();
    let plan = planned(&pending, None, 0);
    let [message] = plan.now.as_slice() else { panic!("{plan:?}") };
    assert_eq!((message.notice.kind, message.notice.id, message.covers.len()), (Kind::Digest, ID, 100));
    assert_eq!((message.notice.facts.count, message.notice.facts.items.len()), (Some(100), 30));
    assert_eq!(message.notice.audience, Audience::Agent);
}

#[test]
fn what_waits_and_how_long() {
    let warning = notice(1, Kind::DeadlineWarning, 60, "a");
    let breach = notice(2, Kind::DeadlineBreached, 120, "b");
    for (pending, last, now, until) in [
        (vec![warning.clone()], Some(0), 60, Some(900)),  // the end of the window
        (vec![warning.clone()], Some(0), 899, Some(900)), // the second before it
        (vec![warning.clone()], Some(0), 900, None),      // over
        (vec![warning.clone(), breach.clone()], Some(0), 120, Some(240)), // a breach waits for two minutes
        (vec![warning.clone(), breach.clone()], Some(0), 240, None), // and takes the warning along
        (vec![breach.clone()], Some(-800), 120, None),    // or for the rest of the window
        (vec![warning.clone()], Some(1_000_000), 61, Some(960)), // a clock that was wrong holds nothing for long
    ] {
        let plan = planned(&pending, last, now);
        assert_eq!(plan.until, until.map(at), "{last:?} {now}");
        assert_eq!(plan.now.is_empty(), until.is_some());
        assert_eq!(plan.held.len(), if until.is_some() { pending.len() } else { 0 });
    }
    let never = DigestPolicy { urgent_wait: SignedDuration::ZERO, ..DigestPolicy::default() };
    assert_eq!(plan(&[breach], Some(at(119)), &never, at(120), ID).now.len(), 1);
}

#[test]
fn other_kinds_go_alone_and_at_once() {
    let assigned = notice(1, Kind::TicketAssigned, 0, "a");
    let plan = planned(&[notice(2, Kind::DeadlineWarning, 0, "a"), assigned.clone()], Some(0), 0);
    assert_eq!(plan.now, [Message { covers: vec![assigned.id], notice: assigned }]);
    assert_eq!(plan.held, [Uuid::from_u128(2)]);
    assert_eq!(planned(&[], None, 0), Plan::default());
}

#[test]
fn the_worst_first_and_nothing_twice() {
    let pending = [
        notice(1, Kind::DeadlineWarning, 0, "a"),
        notice(2, Kind::DeadlineBreached, 10, "a"),
        notice(3, Kind::DeadlineWarning, -50, "b"),
        notice(4, Kind::DeadlineEscalated, 20, "c"),
        notice(5, Kind::DeadlineWarning, -60, "d"),
    ];
    let plan = planned(&pending, None, 20);
    let facts = &plan.now[0].notice.facts;
    let items: Vec<(&str, &str)> =
        facts.items.iter().map(|item| (item.kind.id(), item.number.as_deref().unwrap())).collect();
    assert_eq!(
        items,
        [("deadline.escalated", "c"), ("deadline.breached", "a"), ("deadline.warning", "d"), ("deadline.warning", "b")]
    );
    assert_eq!((facts.count, plan.now[0].covers.len()), (Some(4), 5));
    let both = planned(&pending[..2], None, 20);
    assert_eq!((&both.now[0].notice, both.now[0].covers.len()), (&pending[1], 2), "one deadline needs no digest");
}

proptest! {
    /// Kinds are all but the last, which is the digest itself.
    #[test]
    fn nothing_is_lost_or_late(
        kinds in prop::collection::vec((0usize..Kind::ALL.len() - 1, -2000i64..=0), 0..20),
        last in prop::option::of(-3000i64..3000),
    ) {
        let pending: Vec<Notice> =
            kinds.iter().enumerate().map(|(n, (kind, ago))| notice(n as u128, Kind::ALL[*kind], *ago, &format!("t{}", n % 3))).collect();
        let policy = DigestPolicy::default();
        let plan = plan(&pending, last.map(at), &policy, at(0), ID);

        let mut seen: Vec<Uuid> = plan.now.iter().flat_map(|message| message.covers.clone()).chain(plan.held.clone()).collect();
        seen.sort();
        prop_assert_eq!(seen, pending.iter().map(|notice| notice.id).collect::<Vec<_>>());
        let about_deadlines = |message: &&Message| gathers(message.notice.kind) || message.notice.kind == Kind::Digest;
        prop_assert!(plan.now.iter().filter(about_deadlines).count() <= 1);
        prop_assert_eq!(plan.until.is_some(), !plan.held.is_empty());
        prop_assert!(plan.until.is_none_or(|until| until > at(0)));
        for notice in pending.iter().filter(|notice| plan.held.contains(&notice.id)) {
            prop_assert!(gathers(notice.kind));
            let most = if notice.kind == Kind::DeadlineWarning { policy.window } else { policy.urgent_wait };
            prop_assert!(plan.until.unwrap() <= notice.at + most);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// However deadlines come, between two messages lies the shorter of the two waits at least, and every notice goes in time.
    #[test]
    fn there_is_no_storm(arrivals in prop::collection::btree_set(0i64..7200, 1..60), urgent in any::<u64>()) {
        let policy = DigestPolicy::default();
        let (mut pending, mut last, mut sent) = (Vec::new(), None, Vec::new());
        for second in 0..=7200 + policy.window.as_secs() {
            if arrivals.contains(&second) {
                let kind = if urgent >> (second % 64) & 1 == 1 { Kind::DeadlineBreached } else { Kind::DeadlineWarning };
                pending.push(notice(second as u128, kind, second, &second.to_string()));
            }
            let plan = plan(&pending, last, &policy, at(second), ID);
            if !plan.now.is_empty() {
                prop_assert_eq!(plan.now.len(), 1);
                last = Some(at(second));
                sent.push(second);
                pending.clear();
            }
        }
        prop_assert!(pending.is_empty());
        prop_assert!(sent.windows(2).all(|two| two[1] - two[0] >= policy.urgent_wait.as_secs()));
    }
}
