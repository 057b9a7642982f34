//! What holds for every history.

use super::*;
use EventKind::*;
use jiff::SignedDuration;
use proptest::{prelude::*, sample::select};

/// Minutes from a Monday in September 2026 into November: over Mid-Autumn Festival and National Day.
fn minute() -> impl Strategy<Value = i64> {
    0..80_000i64
}

fn instant(minute: i64) -> Timestamp {
    at("2026-09-14 00:00") + SignedDuration::from_mins(minute)
}

fn spans() -> impl Strategy<Value = &'static str> {
    select(vec!["90 working minutes", "8 working hours", "3 working days", "36 calendar hours", "15 calendar days"])
}

/// Events of any kind at any time.
fn histories() -> impl Strategy<Value = Vec<Event>> {
    let kinds = select(vec![
        Received,
        Waiting,
        CustomerReplied,
        Suspended,
        Resumed,
        Resolved,
        Reopened,
        Closed,
        Withdrawn,
        Planned,
    ]);
    prop::collection::vec((minute(), kinds), 0..12)
        .prop_map(|events| events.into_iter().map(|(minute, kind)| Event::new(instant(minute), kind)).collect())
}

/// Received, then put aside and taken up again a few times.
fn interrupted() -> impl Strategy<Value = Vec<Event>> {
    prop::collection::btree_set(minute(), 1..12).prop_map(|minutes| {
        let kinds = [Received].into_iter().chain([Suspended, Resumed].into_iter().cycle());
        minutes.into_iter().zip(kinds).map(|(minute, kind)| Event::new(instant(minute), kind)).collect()
    })
}

/// Without the rule that a last day off gives way, which lengthens a deadline on purpose.
const PLAIN: &str = "[days]\nroll_forward = false";

proptest! {
    #[test]
    fn pausing_and_going_on_never_loses_or_gains_time(events in interrupted(), span in spans()) {
        let office = &*OFFICE;
        let deadline = resolution(&policy(span, PLAIN), &events, instant(80_000));
        let (run, total) = (deadline.run.clone().unwrap(), deadline.total.unwrap());
        prop_assert_eq!(deadline.used + deadline.left, total.amount);
        let paused = |until: Timestamp| -> SignedDuration {
            let ends = |to: Option<Timestamp>| to.map_or(until, |to| to.min(until));
            run.pauses.iter().map(|pause| office.count(total.measure, pause.from.min(until), ends(pause.to))).sum()
        };
        let whole = |until| office.count(total.measure, run.started, until);
        // All time is either used or paused, and until it is due exactly the total is used.
        prop_assert_eq!(whole(instant(80_000)) - paused(instant(80_000)), deadline.used);
        match deadline.due {
            Some(due) => prop_assert_eq!(whole(due) - paused(due), total.amount),
            None => prop_assert!(deadline.state == State::Paused && deadline.left > SignedDuration::ZERO),
        }
    }

    #[test]
    fn a_pause_without_length_changes_nothing(received in minute(), pause in minute(), span in spans()) {
        let plain = vec![Event::new(instant(received), Received)];
        let paused = [plain[0], Event::new(instant(pause), Suspended), Event::new(instant(pause), Resumed)];
        let policy = policy(span, "");
        let (a, b) = (resolution(&policy, &plain, instant(80_000)), resolution(&policy, &paused, instant(80_000)));
        prop_assert_eq!((a.due, a.warning, a.state, a.used), (b.due, b.warning, b.state, b.used));
    }

    #[test]
    fn a_longer_pause_is_never_due_earlier(received in minute(), a in minute(), b in minute(), c in minute(), span in spans()) {
        let mut ends = [a, b, c];
        ends.sort();
        let policy = policy(span, "");
        let due = |resumed: i64| {
            let events = [
                Event::new(instant(received), Received),
                Event::new(instant(ends[0]), Suspended),
                Event::new(instant(resumed), Resumed),
            ];
            resolution(&policy, &events, instant(80_000)).due
        };
        prop_assert!(due(ends[1]) <= due(ends[2]));
    }

    #[test]
    fn the_order_in_which_events_come_makes_no_difference(
        (events, shuffled) in histories().prop_flat_map(|events| (Just(events.clone()), Just(events).prop_shuffle())),
        now in minute(),
        span in spans(),
    ) {
        let policy = policy(span, "");
        let deadline = resolution(&policy, &events, instant(now));
        prop_assert_eq!(&deadline, &resolution(&policy, &shuffled, instant(now)));
    }

    #[test]
    fn a_timer_never_stands_still_and_misses_nothing(events in histories(), now in minute(), span in spans()) {
        let policy = policy(span, "[[escalations]]\nlevel = 1\nafter = \"3 working hours\"\nto = [\"a\"]");
        let look = |now: Timestamp| resolution(&policy, &events, now);
        let deadline = look(instant(now));
        let later = |event: &&Event| event.at > instant(now);
        let silent = events.iter().filter(later).map(|event| event.at).min();
        if let Some(next) = deadline.next_change {
            prop_assert!(next > instant(now));
            // Just before it nothing has changed, unless something happened.
            let before = next - SignedDuration::from_nanos(1);
            if silent.is_none_or(|event| event > before) {
                let early = look(before);
                prop_assert_eq!((early.state, early.warned), (deadline.state, deadline.warned));
                prop_assert_eq!(early.escalations, deadline.escalations);
            }
        }
    }

    #[test]
    fn every_history_can_be_explained(events in histories(), now in minute(), span in spans()) {
        let deadline = resolution(&policy(span, ""), &events, instant(now));
        for language in [crate::taxonomy::Language::Zh, crate::taxonomy::Language::En] {
            let lines = deadline.explain(&OFFICE, language);
            prop_assert!(lines.len() >= 2 && lines.len() < 60 && lines.iter().all(|line| !line.is_empty()));
        }
    }
}

/// Found by a property above: an end on a Saturday gave way to Monday's last minute, and after a longer pause the end fell on
/// Monday's first. Both end with their day.
#[test]
fn a_pause_over_a_weekend_does_not_overtake_a_shorter_one() {
    let policy = policy("15 calendar days", "");
    let due = |resumed: i64| {
        let events = [(17_386, Received), (0, Suspended), (resumed, Resumed)];
        let events = events.map(|(minute, kind)| Event::new(instant(minute), kind));
        resolution(&policy, &events, instant(80_000)).due.unwrap()
    };
    assert!(due(34_667) <= due(37_547), "{} {}", due(34_667), due(37_547));
}
