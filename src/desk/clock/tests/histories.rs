//! What a clock makes of a history.

use super::*;
use EventKind::*;
use jiff::SignedDuration;

/// Events on Wednesday 4 March 2026, for eight working hours from 09:00: due on Thursday at 09:30.
fn state(events: &[(&str, EventKind)], now: &str) -> State {
    let day = |time: &str| if time.contains('-') { time.to_owned() } else { format!("2026-03-04 {time}") };
    let events: Vec<Event> = events.iter().map(|(time, kind)| Event::new(at(&day(time)), *kind)).collect();
    resolution(&policy("8 working hours", ""), &events, at(&day(now))).state
}

#[test]
fn the_state_follows_from_the_history() {
    for (events, now, expected) in [
        (&[][..], "12:00", State::NotStarted),
        (&[("10:00", Assigned)], "12:00", State::NotStarted),
        (&[("09:00", Received)], "08:00", State::NotStarted),
        (&[("09:00", Received)], "09:00", State::Running),
        (&[("09:00", Received)], "2026-03-05 09:29", State::Running),
        (&[("09:00", Received)], "2026-03-05 09:30", State::Breached),
        (&[("09:00", Received), ("2026-03-05 09:30", Resolved)], "2026-03-05 09:30", State::Met),
        (&[("09:00", Received), ("2026-03-05 09:31", Resolved)], "2026-03-06 09:30", State::Breached),
        (&[("09:00", Received), ("10:00", Waiting)], "2026-04-01 09:00", State::Paused),
        (&[("09:00", Received), ("10:00", Waiting), ("11:00", Resolved)], "2026-04-01 09:00", State::Met),
        (&[("09:00", Received), ("2026-03-05 09:31", Waiting)], "2026-04-01 09:00", State::Breached),
        (&[("09:00", Received), ("10:00", Withdrawn)], "2026-04-01 09:00", State::Cancelled),
        (&[("09:00", Received), ("10:00", Closed)], "2026-04-01 09:00", State::Cancelled),
        (&[("09:00", Received), ("2026-03-05 10:00", Closed)], "2026-04-01 09:00", State::Breached),
        (&[("09:00", Received), ("10:00", Resolved), ("11:00", Closed)], "2026-04-01 09:00", State::Met),
        // A second start changes nothing while it runs, and begins it anew when it has ended.
        (&[("09:00", Received), ("2026-03-05 09:29", Received)], "2026-03-05 09:30", State::Breached),
        (
            &[("09:00", Received), ("10:00", Resolved), ("2026-03-05 09:00", Reopened)],
            "2026-03-05 17:00",
            State::Running,
        ),
        // What has not happened yet does not count.
        (&[("09:00", Received), ("11:00", Resolved)], "10:00", State::Running),
    ] {
        assert_eq!(state(events, now), expected, "{events:?} at {now}");
    }
}

#[test]
fn reopening_begins_anew_or_goes_on_as_the_policy_says() {
    let events =
        history(&[("2026-03-04 09:00", Received), ("2026-03-04 12:00", Resolved), ("2026-03-09 09:00", Reopened)]);
    let due = |restart| {
        let policy = policy("8 working hours", &format!("[clocks.resolution]\nrestart = \"{restart}\""));
        resolution(&policy, &events, at("2026-03-09 09:00")).due
    };
    assert_eq!(due("fresh"), Some(at("2026-03-10 09:30")));
    assert_eq!(due("continue"), Some(at("2026-03-09 15:30")));
}

#[test]
fn a_pause_that_the_policy_does_not_grant_counts() {
    let events = history(&[("2026-03-04 09:00", Received), ("2026-03-04 10:00", Waiting)]);
    let strict = policy("8 working hours", "[clocks.resolution]\npauses = [\"suspended\"]");
    assert_eq!(resolution(&strict, &events, at("2026-03-04 11:00")).state, State::Running);
}

#[test]
fn of_events_at_one_instant_the_place_in_the_history_decides() {
    let time = at("2026-03-04 10:00");
    let event = |sequence, kind| Event { at: time, sequence, kind };
    let paused = |events: &[Event]| {
        let all: Vec<Event> =
            history(&[("2026-03-04 09:00", Received)]).into_iter().chain(events.iter().copied()).collect();
        resolution(&policy("8 working hours", ""), &all, time).state == State::Paused
    };
    assert!(paused(&[event(2, Resumed), event(3, Suspended)]));
    assert!(!paused(&[event(3, Resumed), event(2, Suspended)]));
    assert!(!paused(&[event(0, Resumed), event(0, Suspended)]));
    assert!(!paused(&[event(0, Suspended), event(0, Resumed)]));
}

#[test]
fn every_clock_has_its_own_start_and_stop() {
    let policy = Preset::Retail.policy(&RETAIL).unwrap();
    let mut events = history(&[
        ("2026-03-04 09:00", Received),
        ("2026-03-04 09:30", Responded),
        ("2026-03-04 10:00", Planned),
        ("2026-03-04 10:10", ApprovalRequested),
        ("2026-03-04 11:00", Rejected),
        ("2026-03-04 13:30", ApprovalRequested),
    ]);
    let states = |events: &[Event], now| {
        let all = deadlines(events, &Subject::default(), &OFFICE, &policy, at(now)).unwrap();
        all.iter().map(|deadline| deadline.state).collect::<Vec<_>>()
    };
    use State::*;
    assert_eq!(states(&events, "2026-03-04 14:00"), [Met, Met, Running, Running, NotStarted, NotStarted]);
    events.extend(history(&[
        ("2026-03-04 14:00", Approved),
        ("2026-03-05 09:00", EventKind::Resolved),
        ("2026-03-05 10:00", FeedbackGiven),
    ]));
    assert_eq!(states(&events, "2026-03-05 11:00"), [Met, Met, Met, Met, Met, Running]);
    // The survey has three working days from Thursday on.
    assert_eq!(states(&events, "2026-03-10 18:00"), [Met, Met, Met, Met, Met, Breached]);
}

#[test]
fn what_is_used_and_left_adds_up() {
    let events = history(&[("2026-03-04 09:00", Received), ("2026-03-04 10:00", Waiting)]);
    let policy = policy("8 working hours", "");
    let hours = SignedDuration::from_hours;
    let paused = resolution(&policy, &events, at("2026-03-20 10:00"));
    assert_eq!((paused.used, paused.left, paused.due), (hours(1), hours(7), None));
    assert_eq!(paused.share_left, 0.875);
    let late = resolution(&policy, &events[..1], at("2026-03-05 11:30"));
    assert_eq!((late.used, late.left, late.share_left), (hours(10), hours(-2), 0.0));
    let met = [events[0], Event::new(at("2026-03-04 11:00"), Resolved)];
    let met = resolution(&policy, &met, at("2026-03-20 10:00"));
    assert_eq!((met.used, met.left, met.due), (hours(2), hours(6), Some(at("2026-03-05 09:30"))));
}

#[test]
fn extreme_times_are_errors_or_answers_but_never_panics() {
    for time in [Timestamp::MIN, Timestamp::MAX, at("1900-01-01 00:00")] {
        for span in ["8 working hours", "3 working days", "15 calendar days", "1 calendar minute"] {
            let events = [Event::new(time, Received), Event::new(time, Waiting), Event::new(Timestamp::MAX, Resumed)];
            for now in [Timestamp::MIN, at("2026-03-04 09:00"), Timestamp::MAX] {
                let policy = policy(span, "");
                let Ok(all) = deadlines(&events, &Subject::default(), &OFFICE, &policy, now) else {
                    continue;
                };
                all[0].explain(&OFFICE, crate::taxonomy::Language::Zh);
            }
        }
        let _ = OFFICE.roll_forward(time, &DayRules::default());
    }
}
