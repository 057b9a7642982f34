use super::*;
use jiff::{SignedDuration, ToSpan, civil::date};
use proptest::prelude::*;

fn calendar(text: &str) -> Calendar {
    Calendar::parse(text, Path::new("c.toml")).unwrap()
}

fn fault(text: &str) -> String {
    Calendar::parse(text, Path::new("c.toml")).unwrap_err().to_string()
}

/// In China, to the minute.
fn at(text: &str) -> Timestamp {
    format!("{}+08:00", text.replace(' ', "T")).parse().unwrap()
}

fn new_york(hours: &str) -> Calendar {
    calendar(&format!(
        "id = \"ny\"\nname = {{ zh = \"纽约\", en = \"New York\" }}\ntime_zone = \"America/New_York\"\nholidays = \"none\"\n[week]\nevery_day = [\"{hours}\"]\n"
    ))
}

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

#[test]
fn working_time_is_added_across_lunch_nights_weekends_and_holidays() {
    let office = Calendar::office();
    for (from, minutes, due) in [
        // A plain Wednesday.
        ("2026-03-04 09:00", 60, "2026-03-04 10:00"),
        ("2026-03-04 07:00", 60, "2026-03-04 10:00"),
        // Across lunch; the end of an interval comes before the begin of the next.
        ("2026-03-04 11:30", 30, "2026-03-04 12:00"),
        ("2026-03-04 11:30", 31, "2026-03-04 13:31"),
        ("2026-03-04 12:10", 30, "2026-03-04 14:00"),
        ("2026-03-04 09:00", 450, "2026-03-04 18:00"),
        // Over night and the weekend.
        ("2026-03-04 17:59", 1, "2026-03-04 18:00"),
        ("2026-03-04 17:59", 2, "2026-03-05 09:01"),
        ("2026-03-06 17:00", 120, "2026-03-09 10:00"),
        ("2026-03-07 10:00", 450, "2026-03-09 18:00"),
        // Saturday 14 February makes up for Spring Festival, which lasts until Monday 23.
        ("2026-02-13 17:00", 120, "2026-02-14 10:00"),
        ("2026-02-14 17:00", 120, "2026-02-24 10:00"),
        ("2026-02-18 12:00", 1, "2026-02-24 09:01"),
        ("2026-02-27 17:59", 2, "2026-02-28 09:01"),
        ("2026-02-28 17:59", 2, "2026-03-02 09:01"),
        // The eve of National Day, and the make-up days about it: Sunday 20 September, Saturday 10 October.
        ("2026-09-18 17:59", 2, "2026-09-20 09:01"),
        ("2026-09-30 17:59", 1, "2026-09-30 18:00"),
        ("2026-09-30 17:59", 2, "2026-10-08 09:01"),
        ("2026-10-01 00:00", 450, "2026-10-08 18:00"),
        ("2026-10-09 17:59", 2, "2026-10-10 09:01"),
        ("2026-10-10 17:59", 2, "2026-10-12 09:01"),
        // 2025: National Day and Mid-Autumn Festival are one holiday until the 8th, Saturday 11 is worked.
        ("2025-09-30 17:59", 2, "2025-10-09 09:01"),
        ("2025-10-10 17:59", 2, "2025-10-11 09:01"),
        ("2025-01-27 17:59", 2, "2025-02-05 09:01"),
        // 2024: New Year's Eve is worked, Sunday 18 February too.
        ("2024-02-09 17:59", 2, "2024-02-18 09:01"),
        ("2024-04-30 17:59", 2, "2024-05-06 09:01"),
    ] {
        let (from, due) = (at(from), at(due));
        assert_eq!(office.add_working(from, MINUTE * minutes).unwrap(), due, "{from} + {minutes} min");
        assert_eq!(office.working_between(from, due), MINUTE * minutes, "{from} to {due}");
        assert_eq!(office.working_between(due, from), -MINUTE * minutes);
    }
}

#[test]
fn a_year_has_the_working_days_of_the_law() {
    let hours = |year: i16| {
        let (from, to) = (at(&format!("{year}-01-01 00:00")), at(&format!("{}-01-01 00:00", year + 1)));
        Calendar::office().working_between(from, to).as_secs() as f64 / 3600.0
    };
    // 2024 has 366 days, 104 of them weekend days, 11 holidays; 2025 and 2026 have 104 and 13.
    assert_eq!(hours(2024), 7.5 * (366.0 - 104.0 - 11.0));
    assert_eq!(hours(2025), 7.5 * (365.0 - 104.0 - 13.0));
    assert_eq!(hours(2026), 7.5 * (365.0 - 104.0 - 13.0));
    // Only weekends: no holiday is known.
    assert_eq!(hours(2027), 7.5 * 261.0);
}

#[test]
fn an_hour_that_clocks_leave_out_does_not_count_and_one_that_they_repeat_counts_twice() {
    let day = |calendar: &Calendar, date: Date| {
        let (from, to) = (calendar.start_of(date), calendar.start_of(date.tomorrow().unwrap()));
        calendar.working_between(from, to).as_secs() / 60
    };
    let (forward, back) = (date(2026, 3, 8), date(2026, 11, 1));
    for (hours, short, long) in [
        ("00:00-24:00", 23 * 60, 25 * 60),
        ("00:00-06:00", 5 * 60, 7 * 60),
        ("02:15-02:45", 0, 30),
        ("01:30-02:30", 30, 2 * 60),
        ("02:30-04:00", 60, 90),
        ("09:00-18:00", 9 * 60, 9 * 60),
    ] {
        let calendar = new_york(hours);
        assert_eq!((day(&calendar, forward), day(&calendar, back)), (short, long), "{hours}");
        // The same inside a long stretch, which is summed in closed form.
        let usual = day(&calendar, date(2026, 6, 1));
        for (change, minutes) in [(forward, short), (back, long)] {
            let (from, to) = (change.saturating_sub(40.days()), change.saturating_add(60.days()));
            let sum = calendar.working_between(calendar.start_of(from), calendar.start_of(to)).as_secs() / 60;
            assert_eq!(sum, 99 * usual + minutes, "{hours}");
        }
    }
}

#[test]
fn a_day_that_a_zone_skips_has_no_working_time() {
    let text = "id = \"apia\"\nname = { zh = \"阿皮亚\", en = \"Apia\" }\ntime_zone = \"Pacific/Apia\"\nholidays = \"none\"\n[week]\nevery_day = [\"09:00-18:00\"]\n";
    let apia = calendar(text);
    // 30 December 2011 was skipped.
    let (from, to) = (apia.start_of(date(2011, 12, 29)), apia.start_of(date(2012, 1, 1)));
    assert_eq!(apia.working_between(from, to), SignedDuration::from_hours(18));
    let (from, to) = (apia.start_of(date(2011, 12, 1)), apia.start_of(date(2012, 2, 1)));
    assert_eq!(apia.working_between(from, to), SignedDuration::from_hours(9 * 61));
}

#[test]
fn an_organisation_adds_and_replaces_days() {
    let own = "[[years]]\nyear = 2027\nsource = \"test\"\n[[days]]\nname = { zh = \"司庆\", en = \"Founding day\" }\noff = [\"2026-03-05\"]\n\
               [[days]]\nname = { zh = \"双十一\", en = \"Double Eleven\" }\nworking = [\"2026-11-07..2026-11-08\"]\nhours = [\"10:00-16:00\"]\n\
               [[days]]\nname = { zh = \"不调休\", en = \"No make-up\" }\nregular = [\"2026-10-10\", \"2026-10-07\"]\n";
    let calendar = Calendar::office().overlay(own, Path::new("own.toml")).unwrap();
    for (from, minutes, due) in [
        ("2026-03-04 17:59", 2, "2026-03-06 09:01"),
        ("2026-11-06 18:00", 6 * 60, "2026-11-07 16:00"),
        ("2026-10-09 17:59", 2, "2026-10-12 09:01"),
        ("2026-09-30 18:00", 1, "2026-10-07 09:01"),
    ] {
        assert_eq!(calendar.add_working(at(from), MINUTE * minutes).unwrap(), at(due), "{from}");
    }
    assert_eq!(calendar.day(date(2026, 3, 5)).special.unwrap().name.zh, "司庆");
    assert_eq!(calendar.unknown_years(at("2026-05-01 00:00"), at("2027-05-01 00:00")), []);
    let error = Calendar::office().overlay("[[days]]\nname = 1\n", Path::new("own.toml")).unwrap_err();
    assert!(error.to_string().starts_with("own.toml: line 2:"), "{error}");
}

#[test]
fn a_year_without_holidays_is_a_warning() {
    let (from, to) = (at("2026-12-31 10:00"), at("2028-01-01 00:00"));
    let years = Calendar::office().unknown_years(from, to);
    assert_eq!(years, [UnknownYear(2027), UnknownYear(2028)]);
    assert_eq!(years[0].tell(Language::En), "2027: no holiday calendar known; counted by the weekly hours only");
    assert!(years[0].tell(Language::Zh).contains("2027 年的放假安排未知"));
    // The last moment of a year in China is that of another year elsewhere.
    assert_eq!(Calendar::office().unknown_years(from, at("2026-12-31 23:59")), []);
    assert_eq!(Calendar::always().unknown_years(from, to), []);
}

#[test]
fn holidays_and_make_up_days_may_have_hours_of_their_own() {
    let text = "id = \"shop\"\nname = { zh = \"门店\", en = \"Shop\" }\n[week]\nevery_day = [\"10:00-22:00\"]\nsunday = []\nholiday = [\"12:00-18:00\"]\nmake_up = [\"08:00-20:00\"]\n";
    let shop = calendar(text);
    for (day, hours) in [
        (date(2026, 10, 1), "12:00-18:00"),
        (date(2026, 9, 20), "08:00-20:00"),
        (date(2026, 9, 19), "10:00-22:00"),
        (date(2026, 9, 27), "12:00-18:00"),
        (date(2026, 9, 13), ""),
    ] {
        assert_eq!(shop.day(day).hours.to_string(), hours, "{day}");
    }
    assert!(shop.day(date(2026, 10, 1)).is_off());
}

#[test]
fn bad_calendars_name_their_line() {
    let head = "id = \"c\"\nname = { zh = \"日历\", en = \"C\" }\n";
    for (rest, told) in [
        ("[week]\nweekday = []", "line 4: unknown field `weekday`"),
        ("zone = \"x\"\n[week]\nweekdays = []", "line 3: unknown field `zone`"),
        ("time_zone = \"Mars/Base\"\n[week]\nweekdays = [\"09:00-18:00\"]", "line 3: unknown time zone `Mars/Base`"),
        (
            "holidays = \"us\"\n[week]\nweekdays = [\"09:00-18:00\"]",
            "line 3: unknown holidays `us`; there are cn, none",
        ),
        ("[week]\nmonday = [\n\"09:00-12:00\",\n\"11:00-13:00\"]", "line 6: 11:00-13:00 overlaps"),
        ("[week]\nmonday = [\"22:00-06:00\"]", "line 4: `22:00-06:00` goes past midnight"),
        ("[week]\nholiday = [\"09:00-12:00\"]", "line 3: the week has no working time"),
        ("", "missing field `week`"),
    ] {
        let reason = fault(&format!("{head}{rest}\n"));
        assert!(reason.starts_with("c.toml: ") && reason.contains(told), "{rest}: {reason}");
    }
}

#[test]
fn what_cannot_be_reached_is_an_error_and_never_a_panic() {
    let rare = calendar("id = \"r\"\nname = { zh = \"少\", en = \"R\" }\n[week]\nmonday = [\"09:00-09:01\"]\n");
    let now = at("2026-03-04 09:00");
    let error = rare.add_working(now, SignedDuration::from_hours(10_000)).unwrap_err();
    assert!(matches!(error, Error::DeadlineOutOfReach { years: 100, .. }), "{error}");
    for extreme in [Timestamp::MIN, Timestamp::MAX] {
        assert!(rare.add_working(extreme, MINUTE).is_err());
        assert!(rare.advance(Measure::Elapsed, extreme, MINUTE).is_err());
        rare.working_between(extreme, now);
        rare.count(Measure::Elapsed, now, extreme);
        rare.date(extreme);
    }
    assert!(rare.advance(Measure::Elapsed, now, SignedDuration::MAX).is_err());
    assert!(rare.add_working(now, SignedDuration::MAX).is_err());
    assert_eq!(rare.working_between(now, now), SignedDuration::ZERO);
}

/// What an office day is, without any of the arithmetic: the oracle of [`Calendar::working_between`].
fn naive(calendar: &Calendar, from: Timestamp, to: Timestamp) -> SignedDuration {
    let (mut day, last) = (calendar.date(from).yesterday().unwrap(), calendar.date(to).tomorrow().unwrap());
    let mut sum = SignedDuration::ZERO;
    while day <= last {
        for (start, end) in calendar.intervals(day) {
            sum += end.min(to).duration_since(start.max(from)).max(SignedDuration::ZERO);
        }
        day = day.tomorrow().unwrap();
    }
    sum
}

fn calendars() -> impl Strategy<Value = Calendar> {
    prop_oneof![
        Just(Calendar::office()),
        Just(Calendar::always()),
        Just(new_york("00:00-24:00")),
        Just(new_york("01:30-02:30")),
        Just(new_york("22:15-24:00")),
    ]
}

/// From 2024 to 2027, to the nanosecond.
fn instants() -> impl Strategy<Value = Timestamp> {
    (1_704_000_000i64..1_830_000_000, 0..1_000_000_000).prop_map(|(second, nano)| Timestamp::new(second, nano).unwrap())
}

/// Up to two hundred hours.
fn amounts() -> impl Strategy<Value = SignedDuration> {
    prop_oneof![
        (0..200 * 3600i64).prop_map(SignedDuration::from_secs),
        (0..720_000_000_000_000i64).prop_map(SignedDuration::from_nanos)
    ]
}

proptest! {
    #[test]
    fn the_closed_form_is_the_sum_of_days(calendar in calendars(), a in instants(), b in instants()) {
        let (from, to) = (a.min(b), a.max(b));
        prop_assert_eq!(calendar.working_between(from, to), naive(&calendar, from, to));
    }

    #[test]
    fn what_is_added_is_what_lies_between(calendar in calendars(), from in instants(), amount in amounts()) {
        let due = calendar.add_working(from, amount).unwrap();
        prop_assert_eq!(calendar.working_between(from, due), amount);
        // And no earlier instant would do.
        if amount > SignedDuration::ZERO {
            let before = due - SignedDuration::from_nanos(1);
            prop_assert!(calendar.working_between(from, before) < amount);
        }
    }

    #[test]
    fn adding_is_additive(calendar in calendars(), from in instants(), a in amounts(), b in amounts()) {
        let twice = calendar.add_working(calendar.add_working(from, a).unwrap(), b).unwrap();
        prop_assert_eq!(twice, calendar.add_working(from, a + b).unwrap());
    }

    #[test]
    fn adding_is_monotone(calendar in calendars(), s in instants(), t in instants(), a in amounts(), b in amounts()) {
        let add = |from, amount| calendar.add_working(from, amount).unwrap();
        prop_assert!(add(s, a.min(b)) <= add(s, a.max(b)));
        prop_assert!(add(s.min(t), a) <= add(s.max(t), a));
    }

    #[test]
    fn any_text_is_a_calendar_or_an_error(text in "\\PC{0,80}") {
        let _ = Calendar::parse(&text, Path::new("c.toml"));
        let _ = Calendar::office().overlay(&text, Path::new("c.toml"));
    }
}
