//! Dates, times and durations as people write them.

use crate::{desk::clock::calendar::Measure, taxonomy::Language};
use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, Time},
    tz::TimeZone,
};

/// How to say things: in a language, in a time zone.
pub(super) struct Words<'a> {
    pub language: Language,
    pub zone: &'a TimeZone,
}

impl Words<'_> {
    /// The text of the language.
    pub(super) fn either(&self, zh: String, en: String) -> String {
        match self.language {
            Language::Zh => zh,
            Language::En => en,
        }
    }

    /// `2026-09-30（周三）`, `Wed 2026-09-30`.
    pub(super) fn date(&self, date: Date) -> String {
        const NAMES: [(&str, &str); 7] = [
            ("周一", "Mon"),
            ("周二", "Tue"),
            ("周三", "Wed"),
            ("周四", "Thu"),
            ("周五", "Fri"),
            ("周六", "Sat"),
            ("周日", "Sun"),
        ];
        let (zh, en) = NAMES[date.weekday().to_monday_zero_offset() as usize];
        self.either(format!("{date}（{zh}）"), format!("{en} {date}"))
    }

    /// A day, or from one to another.
    pub(super) fn dates(&self, first: Date, last: Date) -> String {
        let (from, to) = (self.date(first), self.date(last));
        match first == last {
            true => from,
            false => self.either(format!("{from}至 {to}"), format!("{from} to {to}")),
        }
    }

    /// With its date.
    pub(super) fn instant(&self, instant: Timestamp) -> String {
        let local = self.zone.to_datetime(instant);
        self.date_and_time(local.date(), &clock(local.time()))
    }

    /// An instant at which something ends: 24:00 belongs to the day that it ends.
    pub(super) fn end(&self, instant: Timestamp) -> String {
        let local = self.zone.to_datetime(instant);
        match local.date().yesterday() {
            Ok(before) if local.time() == Time::midnight() => self.date_and_time(before, "24:00"),
            _ => self.instant(instant),
        }
    }

    fn date_and_time(&self, date: Date, time: &str) -> String {
        let date = self.date(date);
        self.either(format!("{date}{time}"), format!("{date} {time}"))
    }

    /// `09:00-12:00`, in local time; one that ends at midnight ends at 24:00.
    pub(super) fn interval(&self, from: Timestamp, to: Timestamp) -> String {
        let (from, to) = (self.zone.to_datetime(from).time(), self.zone.to_datetime(to).time());
        let to = if to == Time::midnight() { "24:00".into() } else { clock(to) };
        format!("{}-{to}", clock(from))
    }

    /// `7 小时 30 分`, `7 h 30 min`; parts of a second are left out. Days are told apart only in elapsed time: a day of
    /// working time would leave the question how long it is.
    pub(super) fn duration(&self, duration: SignedDuration, measure: Measure) -> String {
        let seconds = duration.as_secs();
        let days = if measure == Measure::Elapsed && seconds > 48 * 3600 { seconds / (24 * 3600) } else { 0 };
        let parts = [
            (days, ("天", "d")),
            (seconds / 3600 - days * 24, ("小时", "h")),
            (seconds / 60 % 60, ("分", "min")),
            (seconds % 60, ("秒", "s")),
        ];
        let told = parts.iter().filter(|(count, _)| *count > 0);
        let told: Vec<String> =
            told.map(|(count, (zh, en))| self.either(format!("{count} {zh}"), format!("{count} {en}"))).collect();
        match told.is_empty() {
            true => self.either("0 分".into(), "0 min".into()),
            false => told.join(" "),
        }
    }

    /// What a duration is of.
    pub(super) fn working(&self, measure: Measure) -> String {
        match measure {
            Measure::Working => self.either("工作时间".into(), " of working time".into()),
            Measure::Elapsed => String::new(),
        }
    }
}

/// `17:59`, with seconds where there are any.
fn clock(time: Time) -> String {
    match time.second() {
        0 => time.strftime("%H:%M").to_string(),
        _ => time.strftime("%H:%M:%S").to_string(),
    }
}
