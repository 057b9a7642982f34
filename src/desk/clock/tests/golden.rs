//! Dates that a person has counted on a wall calendar.

use super::*;
use EventKind::*;

/// Received, due.
fn check(rest: &str, cases: &[(&str, &str, &str)]) {
    for (span, received, due) in cases {
        let deadline = resolution(&policy(span, rest), &history(&[(received, Received)]), at(received));
        assert_eq!(deadline.due, Some(at(due)), "{span} from {received} ({rest})");
        let total = deadline.total.unwrap();
        assert_eq!(OFFICE.count(total.measure, at(received), at(due)), total.amount);
    }
}

#[test]
fn spans_end_on_the_right_day() {
    check(
        "",
        &[
            // The eve of National Day at 17:59; Saturday 10 October is worked.
            ("4 working hours", "2026-09-30 17:59", "2026-10-08 14:29"),
            ("24 calendar hours", "2026-09-30 17:59", "2026-10-01 17:59"),
            ("1 working day", "2026-09-30 17:59", "2026-10-08 18:00"),
            ("7 working days", "2026-09-30 17:59", "2026-10-15 18:00"),
            // About Spring Festival, with Saturday 14 and Saturday 28 February worked.
            ("4 working hours", "2026-02-14 16:00", "2026-02-24 11:00"),
            ("7 working days", "2026-02-13 10:00", "2026-03-02 18:00"),
            ("45 working days", "2026-01-05 09:00", "2026-03-13 18:00"),
            // The day of the start does not count, whatever its hour; a weekend is no start either.
            ("1 working day", "2026-03-09 08:00", "2026-03-10 18:00"),
            ("1 working day", "2026-03-06 17:59", "2026-03-09 18:00"),
            ("1 working day", "2026-03-07 10:00", "2026-03-09 18:00"),
            // Calendar days; a last day off gives way to the next working day.
            ("15 calendar days", "2026-03-02 10:00", "2026-03-17 18:00"),
            ("15 calendar days", "2026-09-16 10:00", "2026-10-08 18:00"),
            ("15 calendar days", "2026-09-23 10:00", "2026-10-08 18:00"),
            ("15 calendar days", "2026-02-13 23:59", "2026-02-28 18:00"),
            // No holiday is known in 2027: the first of January is a Friday.
            ("3 working days", "2026-12-30 10:00", "2027-01-04 18:00"),
        ],
    );
}

#[test]
fn the_day_rules_change_the_end() {
    check(
        "[days]\nend = \"midnight\"",
        &[
            ("15 calendar days", "2026-03-02 10:00", "2026-03-18 00:00"),
            ("15 calendar days", "2026-09-16 10:00", "2026-10-09 00:00"),
            ("1 working day", "2026-03-06 17:59", "2026-03-09 18:00"),
        ],
    );
    check(
        "[days]\nroll_forward = false",
        &[
            ("15 calendar days", "2026-09-16 10:00", "2026-10-02 00:00"),
            ("15 calendar days", "2026-03-02 10:00", "2026-03-17 18:00"),
        ],
    );
    check(
        "[days]\ncount_start_day = true",
        &[
            ("1 working day", "2026-03-09 17:59", "2026-03-09 18:00"),
            ("1 working day", "2026-03-09 18:00", "2026-03-10 18:00"),
            ("2 working days", "2026-03-07 10:00", "2026-03-10 18:00"),
            ("1 calendar day", "2026-03-09 17:59", "2026-03-09 18:00"),
            ("1 calendar day", "2026-03-09 18:00", "2026-03-10 00:00"),
            ("15 calendar days", "2026-03-02 10:00", "2026-03-16 18:00"),
        ],
    );
}

#[test]
fn statutory_working_days_leave_out_weekends_on_which_the_desk_works() {
    let text = "id = \"d\"\nname = { zh = \"值班\", en = \"Duty\" }\n[week]\nevery_day = [\"08:00-20:00\"]\n";
    let daily = Calendar::parse(text, Path::new("d.toml")).unwrap();
    let received = at("2026-03-06 10:00");
    let due = |rest| {
        let policy = policy("7 working days", rest);
        let events = [Event::new(received, Received)];
        deadlines(&events, &Subject::default(), &daily, &policy, received).unwrap()[0].due
    };
    assert_eq!(due(""), Some(at("2026-03-13 20:00")));
    assert_eq!(due("[days]\nworking_days = \"statutory\""), Some(at("2026-03-17 20:00")));
}

#[test]
fn a_statutory_working_day_on_which_the_desk_is_closed_ends_when_it_has_opened() {
    let text =
        "id = \"t\"\nname = { zh = \"门店\", en = \"Shop\" }\n[week]\nevery_day = [\"10:00-20:00\"]\nmonday = []\n";
    let shop = Calendar::parse(text, Path::new("t.toml")).unwrap();
    let received = at("2026-03-08 20:30");
    let policy = policy("1 working day", "[days]\nworking_days = \"statutory\"");
    let all = deadlines(&[Event::new(received, Received)], &Subject::default(), &shop, &policy, received).unwrap();
    assert_eq!((all[0].due, all[0].state), (Some(at("2026-03-10 20:00")), State::Running));
}

#[test]
fn pauses_move_the_end_by_their_own_working_time() {
    for (span, events, due) in [
        // From Friday 15:00 to Monday 10:00: 3.5 hours are left.
        (
            "8 working hours",
            &[("2026-03-06 09:00", Received), ("2026-03-06 15:00", Waiting), ("2026-03-09 10:00", CustomerReplied)][..],
            "2026-03-09 15:00",
        ),
        // Over the weekend only: nothing moves.
        (
            "8 working hours",
            &[("2026-03-06 09:00", Received), ("2026-03-06 18:30", Suspended), ("2026-03-08 20:00", Resumed)],
            "2026-03-09 09:30",
        ),
        // Over National Day: half of 30 September and a morning, which Saturday 10 October makes up for.
        (
            "3 working days",
            &[("2026-09-29 09:00", Received), ("2026-09-30 13:30", Waiting), ("2026-10-08 12:00", CustomerReplied)],
            "2026-10-10 18:00",
        ),
        // Two reasons at once: it goes on when the last is gone.
        (
            "8 working hours",
            &[
                ("2026-03-04 09:00", Received),
                ("2026-03-04 10:00", Waiting),
                ("2026-03-04 11:00", Suspended),
                ("2026-03-04 14:00", CustomerReplied),
                ("2026-03-05 09:00", Resumed),
            ],
            "2026-03-05 17:30",
        ),
        // Going on ends every pause.
        (
            "8 working hours",
            &[("2026-03-04 09:00", Received), ("2026-03-04 10:00", Waiting), ("2026-03-05 09:00", Resumed)],
            "2026-03-05 17:30",
        ),
        // Three days more than fifteen; the new last day is 1 October.
        (
            "15 calendar days",
            &[("2026-09-10 10:00", Received), ("2026-09-26 10:00", Waiting), ("2026-09-29 10:00", CustomerReplied)],
            "2026-10-08 18:00",
        ),
        // Suspended before it begins: it begins paused.
        (
            "8 working hours",
            &[("2026-03-04 08:00", Suspended), ("2026-03-04 09:00", Received), ("2026-03-04 14:30", Resumed)],
            "2026-03-05 15:00",
        ),
    ] {
        let events = history(events);
        let deadline = resolution(&policy(span, ""), &events, events.last().unwrap().at);
        assert_eq!(deadline.due, Some(at(due)), "{span} {events:?}");
    }
}
