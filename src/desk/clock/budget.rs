//! What a span comes to from a given start: hours as they are, days by the rules of the law or the house.

use super::{
    calendar::{Calendar, Measure},
    span::{Span, Unit},
};
use crate::{Error, Result};
use jiff::{
    SignedDuration, Timestamp, ToSpan,
    civil::{Date, Weekday},
};
use serde::Deserialize;

/// Which days are working days.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkingDays {
    /// Those on which the calendar has hours and that are no holidays.
    #[default]
    Desk,
    /// Those of the law: Monday to Friday and make-up days, without holidays, also where the desk works at weekends.
    Statutory,
}

/// When the last calendar day ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayEnd {
    /// With the working hours, where the day has any (民法典 203: 停止业务活动的时间为截止时间).
    #[default]
    Close,
    /// At 24:00.
    Midnight,
}

/// How spans in days are counted. The default follows articles 201 and 203 of China's Civil Code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayRules {
    /// Whether the day of the start is the first; by law the next one is.
    pub count_start_day: bool,
    /// Which days are working days.
    pub working_days: WorkingDays,
    /// When the last calendar day ends. A span of working days always ends with the working hours.
    pub end: DayEnd,
    /// Whether a last calendar day on which no work is done gives way to the next working day.
    pub roll_forward: bool,
}

impl Default for DayRules {
    fn default() -> Self {
        DayRules {
            count_start_day: false,
            working_days: WorkingDays::default(),
            end: DayEnd::default(),
            roll_forward: true,
        }
    }
}

/// No working day in a hundred years: there is none.
const REACH: usize = 36_600;

/// What a span comes to from its start: an amount of counted time. Pauses then move the end by exactly their own counted
/// time, whatever the span's unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// What is counted.
    pub measure: Measure,
    /// How much of it there is.
    pub amount: SignedDuration,
}

impl Calendar {
    /// What a span comes to when it starts at an instant.
    ///
    /// # Errors
    /// [`Error::DeadlineOutOfReach`].
    pub fn budget(&self, span: Span, rules: &DayRules, start: Timestamp) -> Result<Budget> {
        let measure = span.unit().measure();
        let count = i64::from(span.count());
        let amount = match span.unit() {
            Unit::WorkingMinutes | Unit::CalendarMinutes => SignedDuration::from_mins(count),
            Unit::WorkingHours | Unit::CalendarHours => SignedDuration::from_hours(count),
            Unit::WorkingDays | Unit::CalendarDays if count == 0 => SignedDuration::ZERO,
            Unit::WorkingDays => {
                let last = self.last_working_day(start, span.count(), rules)?;
                self.count(measure, start, self.start_of(next(last)))
            }
            Unit::CalendarDays => {
                let days = count - i64::from(rules.count_start_day);
                let last = self.date(start).saturating_add(days.days());
                let close = self.end_of(last, rules);
                // On the day of the start itself the hours may be over already.
                let end = if close > start { close } else { self.start_of(next(last)) };
                self.count(measure, start, end)
            }
        };
        Ok(Budget { measure, amount })
    }

    /// Where a span of calendar days ends: with its last day, and where that is a day off with the next working day; none
    /// where `due` stays. (A pause leaves an end in the middle of a day. It must move to the end of the day as well: else
    /// an end on a Saturday would be due later than one on the Monday after it.)
    ///
    /// # Errors
    /// [`Error::DeadlineOutOfReach`].
    pub fn roll_forward(&self, due: Timestamp, rules: &DayRules) -> Result<Option<Timestamp>> {
        // 24:00 belongs to the day that it ends.
        let last = self.date(due.checked_sub(SignedDuration::from_nanos(1)).unwrap_or(due));
        if !rules.roll_forward {
            return Ok(None);
        }
        let day = match self.is_working_day(last, rules) {
            true => last,
            false => self.working_day(last, 1, rules).ok_or_else(|| Error::out_of_reach(due))?,
        };
        Ok(Some(self.end_of(day, rules)).filter(|end| *end > due))
    }

    /// Whether a date is one of "N working days".
    pub fn is_working_day(&self, date: Date, rules: &DayRules) -> bool {
        let day = self.day(date);
        match rules.working_days {
            WorkingDays::Desk => !day.is_off() && !day.hours.is_closed(),
            WorkingDays::Statutory => match day.special {
                Some(special) => special.working,
                None => !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday),
            },
        }
    }

    fn last_working_day(&self, start: Timestamp, count: u32, rules: &DayRules) -> Result<Date> {
        let today = self.date(start);
        // The start day counts only where there is still something of it to work in.
        let left = self.working_between(start, self.start_of(next(today)));
        let counts = rules.count_start_day && self.is_working_day(today, rules) && left > SignedDuration::ZERO;
        let last = match count - u32::from(counts) {
            0 => Some(today),
            more => self.working_day(today, more, rules),
        };
        // The law's last day may be one on which this desk is closed: then nobody could act until it opens.
        let open = |last| days_from(last).find(|date| !self.day(*date).hours.is_closed());
        last.and_then(open).ok_or_else(|| Error::out_of_reach(start))
    }

    /// Of the working days after a date, the one with this number, from 1 on.
    fn working_day(&self, after: Date, count: u32, rules: &DayRules) -> Option<Date> {
        days_from(next(after)).filter(|date| self.is_working_day(*date, rules)).nth(count as usize - 1)
    }

    /// When a calendar day ends as the last of a span.
    fn end_of(&self, date: Date, rules: &DayRules) -> Timestamp {
        let close = self.intervals(date).last().map(|(_, end)| end).filter(|_| rules.end == DayEnd::Close);
        close.unwrap_or_else(|| self.start_of(next(date)))
    }
}

fn days_from(date: Date) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(date), |date| Some(next(*date))).take(REACH)
}

fn next(date: Date) -> Date {
    date.saturating_add(1.day())
}
