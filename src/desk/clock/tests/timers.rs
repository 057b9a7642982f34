//! Warnings, breaches, escalations, and the instants at which a timer must look again.

use super::*;
use EventKind::*;

const LEVELS: &str = "[warning]\nto = [\"owner\"]\n\
    [[escalations]]\nlevel = 1\nafter = \"0 working hours\"\nto = [\"owner\"]\n\
    [[escalations]]\nlevel = 2\nafter = \"2 working hours\"\nto = [\"supervisor\"]\n\
    [[escalations]]\nlevel = 3\nafter = \"1 working day\"\nto = [\"manager\"]\n";

fn levels(deadline: &Deadline) -> Vec<(u8, Timestamp)> {
    deadline.escalations.iter().map(|escalation| (escalation.level, escalation.at)).collect()
}

#[test]
fn a_timer_that_follows_the_next_change_sees_each_once() {
    let policy = policy("10 working hours", LEVELS);
    let events = history(&[("2026-09-30 09:00", Received)]);
    let mut now = events[0].at;
    let mut seen = Vec::new();
    while let Some(next) = next_change(&[resolution(&policy, &events, now)]) {
        now = next;
        let deadline = resolution(&policy, &events, now);
        seen.push((now, deadline.state, deadline.warned, deadline.escalations.len()));
    }
    assert_eq!(
        seen,
        [
            // Two of ten hours are left: half an hour of 8 October is used.
            (at("2026-10-08 09:30"), State::Running, true, 0),
            (at("2026-10-08 11:30"), State::Breached, true, 1),
            (at("2026-10-08 15:00"), State::Breached, true, 2),
            (at("2026-10-09 18:00"), State::Breached, true, 3),
        ]
    );
}

#[test]
fn the_share_at_which_to_warn_is_the_policy_s() {
    let events = history(&[("2026-03-04 09:00", Received)]);
    for (percent, warning) in [(50, Some("2026-03-04 11:00")), (0, None), (99, Some("2026-03-04 09:02:24"))] {
        let policy = policy("4 working hours", &format!("[warning]\nleft_percent = {percent}"));
        let deadline = resolution(&policy, &events, events[0].at);
        assert_eq!(deadline.warning, warning.map(at), "{percent} %");
    }
}

#[test]
fn a_pause_holds_warning_breach_and_escalations() {
    let policy = policy("4 working hours", LEVELS);
    let mut events = history(&[("2026-03-04 09:00", Received), ("2026-03-04 10:00", Waiting)]);
    let paused = resolution(&policy, &events, at("2026-03-06 10:00"));
    assert_eq!((paused.warning, paused.due, paused.next_change), (None, None, None));
    // Breached on Wednesday at 14:30, put aside at 15:00 with 1.5 hours to go to the second level.
    events = history(&[("2026-03-04 09:00", Received), ("2026-03-04 15:00", Suspended)]);
    let breached = resolution(&policy, &events, at("2026-03-10 10:00"));
    assert_eq!(breached.state, State::Breached);
    assert_eq!(levels(&breached), [(1, at("2026-03-04 14:30"))]);
    assert_eq!(breached.next_change, None);
    events.extend(history(&[("2026-03-11 09:00", Resumed)]));
    let going_on = resolution(&policy, &events, at("2026-03-11 10:30"));
    assert_eq!(levels(&going_on), [(1, at("2026-03-04 14:30")), (2, at("2026-03-11 10:30"))]);
}

#[test]
fn nothing_is_escalated_once_it_is_done() {
    let policy = policy("4 working hours", LEVELS);
    let events = history(&[("2026-03-04 09:00", Received), ("2026-03-05 09:00", Resolved)]);
    let done = resolution(&policy, &events, at("2026-03-10 10:00"));
    assert_eq!((done.state, done.warned, done.next_change), (State::Breached, false, None));
    assert!(done.escalations.is_empty());
}

#[test]
fn a_change_of_calendar_or_policy_changes_the_deadline() {
    let events = history(&[("2026-03-04 15:00", Received)]);
    let due = |calendar: &Calendar, policy: &DeadlinePolicy| {
        deadlines(&events, &Subject::default(), calendar, policy, events[0].at).unwrap()[0].due
    };
    let closed = "[[days]]\nname = { zh = \"停电\", en = \"Power cut\" }\noff = [\"2026-03-05\"]\n";
    let changed = Calendar::office().overlay(closed, Path::new("own.toml")).unwrap();
    let (short, long) = (policy("4 working hours", ""), policy("1 working day", ""));
    assert_eq!(due(&OFFICE, &short), Some(at("2026-03-05 10:00")));
    assert_eq!(due(&changed, &short), Some(at("2026-03-06 10:00")));
    assert_eq!(due(&changed, &long), Some(at("2026-03-06 18:00")));
    assert_eq!(due(&Calendar::always(), &short), Some(at("2026-03-04 19:00")));
}
