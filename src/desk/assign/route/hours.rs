//! Hours of the week in a time zone.

use crate::taxonomy::Name;
use jiff::{Timestamp, ZonedDateTime, tz::TimeZone};

const DAY: u16 = 24 * 60;
const WEEK: u16 = 7 * DAY;
const DAYS: [(&str, &str, &str); 7] = [
    ("mon", "周一", "Mon"),
    ("tue", "周二", "Tue"),
    ("wed", "周三", "Wed"),
    ("thu", "周四", "Thu"),
    ("fri", "周五", "Fri"),
    ("sat", "周六", "Sat"),
    ("sun", "周日", "Sun"),
];

/// Parts of the week. A part that begins in the evening and ends in the morning belongs to the day on which it begins.
#[derive(Debug, Clone)]
pub(super) struct WeekHours {
    zone: TimeZone,
    /// Minutes of the week from Monday 00:00 on, `[begin, end)`: rising, apart, not empty.
    spans: Vec<(u16, u16)>,
}

impl WeekHours {
    /// The hours on each of the days; no day means every day, no hours the whole day.
    ///
    /// # Errors
    /// What is wrong with a value, in one sentence.
    pub(super) fn new(zone: TimeZone, windows: &[(Vec<String>, Vec<String>)]) -> Result<Self, String> {
        let mut spans = Vec::new();
        for (days, hours) in windows {
            let days = days_of(days)?;
            let hours = hours_of(hours)?;
            for day in days {
                for &(from, to) in &hours {
                    let begin = day * DAY + from;
                    let end = day * DAY + to + if to <= from { DAY } else { 0 };
                    spans.push((begin, end.min(WEEK)));
                    if end > WEEK {
                        spans.push((0, end - WEEK));
                    }
                }
            }
        }
        Ok(WeekHours { zone, spans: merged(spans) })
    }

    pub(super) fn contain(&self, time: Timestamp) -> bool {
        let minute = minute_of_week(&self.local(time));
        self.spans.iter().any(|&(begin, end)| (begin..end).contains(&minute))
    }

    /// Whether all of `other` lies inside. Hours of different zones are not compared, unless these are the whole week.
    pub(super) fn covers(&self, other: &WeekHours) -> bool {
        let inside = |&(begin, end): &(u16, u16)| self.spans.iter().any(|&(from, to)| from <= begin && end <= to);
        self.spans == [(0, WEEK)] || (self.zone == other.zone && other.spans.iter().all(inside))
    }

    /// The wall clock in these hours' zone.
    pub(super) fn local(&self, time: Timestamp) -> ZonedDateTime {
        time.to_zoned_datetime(self.zone.clone())
    }
}

/// 周六 21:30, Sat 21:30.
pub(super) fn shown(local: &ZonedDateTime) -> (String, String) {
    let (_, zh, en) = DAYS[usize::from(day_of(local))];
    (format!("{zh} {}", local.strftime("%H:%M")), format!("{en} {}", local.strftime("%H:%M")))
}

/// 周一至周五 09:00-18:00; Mon-Fri 09:00-18:00. For windows that [`WeekHours::new`] has accepted.
pub(super) fn windows_shown(windows: &[(Vec<String>, Vec<String>)]) -> Name {
    let names = |day: &str| {
        let known = DAYS.iter().find(|(id, ..)| *id == day.trim().to_lowercase());
        known.map_or((day.to_owned(), day.to_owned()), |(_, zh, en)| ((*zh).to_owned(), (*en).to_owned()))
    };
    let window = |(days, hours): &(Vec<String>, Vec<String>)| {
        let (zh, en): (Vec<String>, Vec<String>) = days
            .iter()
            .map(|entry| match entry.split_once('-') {
                Some((first, last)) => {
                    let ((zh, en), (to_zh, to_en)) = (names(first), names(last));
                    (format!("{zh}至{to_zh}"), format!("{en}-{to_en}"))
                }
                None => names(entry),
            })
            .unzip();
        let (zh, en) =
            if days.is_empty() { ("每天".into(), "daily".into()) } else { (zh.join("、"), en.join(", ")) };
        let hours = if hours.is_empty() { "00:00-24:00".into() } else { hours.join("、") };
        (format!("{zh} {hours}"), format!("{en} {}", hours.replace('、', ", ")))
    };
    let (zh, en): (Vec<String>, Vec<String>) = windows.iter().map(window).unzip();
    Name { zh: zh.join("；"), en: en.join("; ") }
}

fn day_of(local: &ZonedDateTime) -> u16 {
    local.weekday().to_monday_zero_offset().unsigned_abs().into()
}

fn minute_of_week(local: &ZonedDateTime) -> u16 {
    let unsigned = |part: i8| u16::from(part.unsigned_abs());
    day_of(local) * DAY + unsigned(local.hour()) * 60 + unsigned(local.minute())
}

fn merged(mut spans: Vec<(u16, u16)>) -> Vec<(u16, u16)> {
    spans.sort_unstable();
    let mut merged: Vec<(u16, u16)> = Vec::with_capacity(spans.len());
    for (begin, end) in spans {
        match merged.last_mut() {
            Some(last) if begin <= last.1 => last.1 = last.1.max(end),
            _ => merged.push((begin, end)),
        }
    }
    merged
}

/// `mon`, or `mon-fri`, also over the week's end: `fri-mon`.
fn days_of(written: &[String]) -> Result<Vec<u16>, String> {
    if written.is_empty() {
        return Ok((0..7).collect());
    }
    let mut days = Vec::new();
    for entry in written {
        let (first, last) = entry.split_once('-').unwrap_or((entry, entry));
        let place = |name: &str| (0..7).find(|&day| DAYS[usize::from(day)].0 == name.trim().to_lowercase());
        let (Some(first), Some(last)) = (place(first), place(last)) else {
            return Err(format!("unknown day `{entry}`; there are mon, tue, wed, thu, fri, sat, sun and mon-fri"));
        };
        let length = (last + 7 - first) % 7;
        days.extend((0..=length).map(|step| (first + step) % 7));
    }
    Ok(days)
}

fn hours_of(written: &[String]) -> Result<Vec<(u16, u16)>, String> {
    if written.is_empty() {
        return Ok(vec![(0, DAY)]);
    }
    written
        .iter()
        .map(|entry| {
            let ends = entry.split_once('-').and_then(|(from, to)| Some((clock(from)?, clock(to)?)));
            match ends {
                Some((from, to)) if from < DAY && from != to => Ok((from, to)),
                _ => Err(format!(
                    "bad hours `{entry}`; the form is 09:00-18:00, overnight 22:00-06:00, to midnight 18:00-24:00"
                )),
            }
        })
        .collect()
}

/// Minutes since midnight of `09:30`; `24:00` is the end of the day.
fn clock(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let number = |digits: &str, most: u16| {
        let plain = digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit());
        digits.parse::<u16>().ok().filter(|&n| plain && n <= most)
    };
    Some(number(hour, 24)? * 60 + number(minute, 59)?).filter(|&minutes| minutes <= DAY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hours(days: &[&str], hours: &[&str]) -> Result<WeekHours, String> {
        let owned = |list: &[&str]| list.iter().map(|s| s.to_string()).collect();
        WeekHours::new(TimeZone::get("Asia/Shanghai").unwrap(), &[(owned(days), owned(hours))])
    }

    fn at(local: &str) -> Timestamp {
        local.parse::<jiff::civil::DateTime>().unwrap().in_tz("Asia/Shanghai").unwrap().timestamp()
    }

    #[test]
    fn days_and_hours_are_read_in_the_zone() {
        // 2026-03-02 is a Monday.
        for (days, span, time, inside) in [
            ("mon-fri", "09:00-18:00", "2026-03-02T09:00", true),
            ("mon-fri", "09:00-18:00", "2026-03-02T18:00", false),
            ("mon-fri", "09:00-18:00", "2026-03-07T12:00", false),
            ("fri", "22:00-06:00", "2026-03-06T23:00", true),
            ("fri", "22:00-06:00", "2026-03-07T05:59", true),
            ("fri", "22:00-06:00", "2026-03-06T05:00", false),
            ("sun", "22:00-06:00", "2026-03-02T03:00", true),
            ("sat-mon", "00:00-24:00", "2026-03-01T12:00", true),
            ("sat-mon", "18:00-24:00", "2026-03-03T18:00", false),
        ] {
            assert_eq!(hours(&[days], &[span]).unwrap().contain(at(time)), inside, "{days} {span} {time}");
        }
    }

    #[test]
    fn bad_days_and_hours_say_what_is_expected() {
        assert!(hours(&["monday"], &[]).unwrap_err().contains("unknown day `monday`"));
        for bad in
            ["9-18", "09:00", "09:00-09:00", "24:00-06:00", "09:00-25:00", "09:60-10:00", "+9:00-10:00", "九点-十点"]
        {
            assert!(hours(&[], &[bad]).unwrap_err().contains("bad hours"), "{bad}");
        }
    }

    #[test]
    fn the_whole_week_covers_any_zone() {
        let elsewhere = WeekHours::new(TimeZone::get("Asia/Urumqi").unwrap(), &[(vec![], vec![])]).unwrap();
        assert!(hours(&[], &[]).unwrap().covers(&elsewhere));
        assert!(hours(&["mon-fri"], &[]).unwrap().covers(&hours(&["tue"], &["09:00-12:00"]).unwrap()));
        assert!(!hours(&["mon-fri"], &[]).unwrap().covers(&hours(&["fri"], &["22:00-06:00"]).unwrap()));
    }

    proptest! {
        #[test]
        fn what_is_covered_is_contained(
            a in (0u16..24, 0u16..24), b in (0u16..24, 0u16..24), days in (0usize..7, 0usize..7), minute in 0i64..10080,
        ) {
            prop_assume!(a.0 != a.1 && b.0 != b.1);
            let make = |day: usize, (from, to): (u16, u16)| {
                hours(&[DAYS[day].0], &[&format!("{from:02}:00-{to:02}:00")]).unwrap()
            };
            let (a, b) = (make(days.0, a), make(days.1, b));
            let time = at("2026-03-02T00:00") + jiff::SignedDuration::from_mins(minute);
            prop_assert!(!(a.covers(&b) && b.contain(time)) || a.contain(time));
        }
    }
}
