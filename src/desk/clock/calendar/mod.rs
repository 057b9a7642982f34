//! When work is done: hours per weekday, time zone, public holidays with their make-up days, and an organisation's own days.

mod arithmetic;
mod days;
mod holidays;
mod hours;
mod parse;
#[cfg(test)]
mod tests;

pub use arithmetic::Measure;
pub use holidays::SpecialDay;
pub use hours::{Hours, Interval};

use crate::{
    Error, Result,
    taxonomy::{Language, Name},
};
use holidays::Holidays;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use std::path::Path;

/// A checked calendar.
///
/// ```
/// use fenzhen::desk::clock::Calendar;
/// use jiff::{SignedDuration, Timestamp};
/// let calendar = Calendar::office();
/// // The eve of National Day, 17:59: one minute is left before eight days off.
/// let eve: Timestamp = "2026-09-30T17:59+08:00".parse().unwrap();
/// let due = calendar.add_working(eve, SignedDuration::from_mins(61)).unwrap();
/// assert_eq!(due, "2026-10-08T10:00+08:00".parse().unwrap());
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Calendar {
    /// The name in policies and messages of the machine.
    pub id: String,
    /// What people call it.
    pub name: Name,
    zone: TimeZone,
    /// From Monday to Sunday.
    week: [Hours; 7],
    holiday: Hours,
    make_up: Hours,
    holidays: Holidays,
    /// For every special day, rising: the seconds by which it and all before it differ from what their weekdays say.
    differences: Vec<(Date, i64)>,
}

/// What a date is in a calendar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Day<'a> {
    /// When work is done on it.
    pub hours: &'a Hours,
    /// What makes it different from its weekday.
    pub special: Option<&'a SpecialDay>,
}

impl Day<'_> {
    /// A public or company holiday, whether or not a few work on it.
    pub fn is_off(&self) -> bool {
        self.special.is_some_and(|day| !day.working)
    }
}

/// A year whose public holidays the calendar does not know: only weekends were skipped in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnknownYear(
    /// The year.
    pub i16,
);

impl UnknownYear {
    /// The sentence for a person.
    pub fn tell(self, language: Language) -> String {
        let UnknownYear(year) = self;
        match language {
            Language::Zh => format!("{year} 年的放假安排未知，仅按每周作息推算；安排公布后请加入日历"),
            Language::En => format!("{year}: no holiday calendar known; counted by the weekly hours only"),
        }
    }
}

impl Calendar {
    /// The file of [`Calendar::office`], a model for one's own.
    pub const OFFICE: &str = include_str!("office.toml");
    /// The file of [`Calendar::always`].
    pub const ALWAYS: &str = include_str!("always.toml");

    /// Reads and checks a calendar; `path` is only for messages.
    ///
    /// # Errors
    /// [`Error::Calendar`] with the line at fault: unknown keys, time zones or holidays, hours that overlap or pass
    /// midnight, a week without working time.
    pub fn parse(text: &str, path: &Path) -> Result<Self> {
        parse::calendar(text).map_err(|fault| Error::Calendar { path: path.to_owned(), reason: fault.tell(text) })
    }

    /// Monday to Friday 09:00-12:00 and 13:30-18:00 in China, with its public holidays.
    pub fn office() -> Self {
        Self::parse(Self::OFFICE, Path::new("office.toml")).expect("the built-in file is checked by a test")
    }

    /// Around the clock on every day, China's time.
    pub fn always() -> Self {
        Self::parse(Self::ALWAYS, Path::new("always.toml")).expect("the built-in file is checked by a test")
    }

    /// The same calendar with the days of a text (the format of `holidays-cn.toml`) added, or in place of those of the same
    /// date; `path` is only for messages.
    ///
    /// # Errors
    /// [`Error::Calendar`] with the line at fault: unknown keys, days that do not exist or stand there twice.
    pub fn overlay(self, text: &str, path: &Path) -> Result<Self> {
        let holidays = self
            .holidays
            .overlay(text)
            .map_err(|fault| Error::Calendar { path: path.to_owned(), reason: fault.tell(text) })?;
        Ok(Self::new(self.id, self.name, self.zone, self.week, self.holiday, self.make_up, holidays))
    }

    fn new(
        id: String,
        name: Name,
        zone: TimeZone,
        week: [Hours; 7],
        holiday: Hours,
        make_up: Hours,
        holidays: Holidays,
    ) -> Self {
        let mut calendar = Calendar { id, name, zone, week, holiday, make_up, holidays, differences: Vec::new() };
        let mut sum = 0;
        let difference = |(date, _)| {
            sum += calendar.day(date).hours.seconds() - calendar.weekday(date).seconds();
            (date, sum)
        };
        let differences = calendar.holidays.iter().map(difference).collect();
        calendar.differences = differences;
        calendar
    }

    /// The time zone in which its hours are meant.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// What a date is.
    pub fn day(&self, date: Date) -> Day<'_> {
        let special = self.holidays.get(date);
        let hours = match special {
            None => self.weekday(date),
            Some(SpecialDay { working: false, .. }) => &self.holiday,
            Some(SpecialDay { hours, .. }) => hours.as_ref().unwrap_or(&self.make_up),
        };
        Day { hours, special }
    }

    /// The years between two instants, both included, whose public holidays are not known.
    pub fn unknown_years(&self, from: Timestamp, to: Timestamp) -> Vec<UnknownYear> {
        let (first, last) = (self.date(from).year(), self.date(to).year());
        (first..=last).filter(|year| !self.holidays.knows(*year)).map(UnknownYear).collect()
    }

    fn weekday(&self, date: Date) -> &Hours {
        &self.week[date.weekday().to_monday_zero_offset() as usize]
    }
}
