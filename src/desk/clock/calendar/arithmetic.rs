//! Working time between two instants, and the instant that lies some working time on.
//!
//! Both are exact to the nanosecond. Whole days are summed in closed form (weeks, plus what special days and days with a
//! change of clocks differ), so that a year costs no more than a week.

use super::{
    Calendar,
    days::{LATEST, dates, days_between, held, shift},
};
use crate::{Error, Result};
use jiff::{SignedDuration, Timestamp, civil::Date};

/// How far a deadline may lie ahead.
const YEARS: i16 = 100;
const DAYS: i32 = YEARS as i32 * 366;

/// What a clock counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Only time inside the calendar's hours.
    Working,
    /// All time.
    Elapsed,
}

impl Calendar {
    /// The time between two instants that counts; negative where the second is earlier.
    pub fn count(&self, measure: Measure, from: Timestamp, to: Timestamp) -> SignedDuration {
        match measure {
            Measure::Working => self.working_between(from, to),
            Measure::Elapsed => held(to).duration_since(held(from)),
        }
    }

    /// The earliest instant by which a time has been counted since `from`; `from` itself where there is nothing to count.
    ///
    /// # Errors
    /// [`Error::DeadlineOutOfReach`].
    pub fn advance(&self, measure: Measure, from: Timestamp, amount: SignedDuration) -> Result<Timestamp> {
        match measure {
            Measure::Working => self.add_working(from, amount),
            Measure::Elapsed => {
                let end = from.checked_add(amount.max(SignedDuration::ZERO)).ok();
                end.filter(|end| *end <= *LATEST && from == held(from)).ok_or_else(|| Error::out_of_reach(from))
            }
        }
    }

    /// Working time between two instants; negative where the second is earlier. Instants outside the years 1900 to 2600
    /// count as the nearest end.
    pub fn working_between(&self, from: Timestamp, to: Timestamp) -> SignedDuration {
        let (from, to) = (held(from), held(to));
        if to < from {
            return -self.working_between(to, from);
        }
        // A day more on either side: where clocks are put back over midnight, a date comes twice.
        let (first, last) = (self.date(from).min(self.date(to)), self.date(from).max(self.date(to)));
        let near = |first, last| -> SignedDuration {
            let intervals = dates(first, last).flat_map(|date| self.intervals(date));
            intervals.map(|(start, end)| end.min(to).duration_since(start.max(from)).max(SignedDuration::ZERO)).sum()
        };
        if days_between(first, last) <= 8 {
            return near(shift(first, -1), shift(last, 1));
        }
        let whole = SignedDuration::from_secs(self.seconds_of_days(shift(first, 2), shift(last, -1)));
        near(shift(first, -1), shift(first, 1)) + whole + near(shift(last, -1), shift(last, 1))
    }

    /// The earliest instant by which some working time has passed since `from`; `from` itself for none or less.
    ///
    /// # Errors
    /// [`Error::DeadlineOutOfReach`] where the next hundred years hold less working time, or `from` is not of our age.
    pub fn add_working(&self, from: Timestamp, amount: SignedDuration) -> Result<Timestamp> {
        if amount <= SignedDuration::ZERO {
            return Ok(from);
        }
        if from != held(from) {
            return Err(Error::out_of_reach(from));
        }
        let first = self.date(from);
        let enough = |date: Date| self.working_between(from, self.start_of(date)) >= amount;
        // Days from the first: at `low` too little has passed, at `high` enough. Doubling first keeps near deadlines cheap.
        let (mut low, mut high) = (-1, 1);
        while !enough(shift(first, high)) {
            if high >= DAYS {
                return Err(Error::out_of_reach(from));
            }
            (low, high) = (high, (high * 2).min(DAYS));
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if enough(shift(first, middle)) { high = middle } else { low = middle }
        }
        let date = shift(first, low);
        let start = self.start_of(date).max(from);
        let mut left = amount - self.working_between(from, start);
        for (begin, end) in dates(shift(date, -1), shift(date, 1)).flat_map(|date| self.intervals(date)) {
            let begin = begin.max(start);
            let length = end.duration_since(begin).max(SignedDuration::ZERO);
            if left <= length {
                return begin.checked_add(left).map_err(|_| Error::out_of_reach(from));
            }
            left -= length;
        }
        Err(Error::out_of_reach(from))
    }

    /// Working seconds of whole days, from the first to before the last.
    fn seconds_of_days(&self, from: Date, to: Date) -> i64 {
        let days = days_between(from, to);
        let week: i64 = self.week.iter().map(|hours| hours.seconds()).sum();
        let rest = (days - days % 7..days).map(|day| self.weekday(shift(from, day)).seconds());
        let weekdays = i64::from(days / 7) * week + rest.sum::<i64>();
        weekdays + self.difference_before(to) - self.difference_before(from) + self.clock_changes(from, to)
    }

    /// By how many seconds all special days before a date differ from their weekdays.
    fn difference_before(&self, date: Date) -> i64 {
        let index = self.differences.partition_point(|(special, _)| *special < date);
        index.checked_sub(1).map_or(0, |last| self.differences[last].1)
    }

    /// By how many seconds days on which clocks are put forward or back differ from what their hours say.
    fn clock_changes(&self, from: Date, to: Date) -> i64 {
        let end = self.start_of(shift(to, 1));
        let mut sum = 0;
        let mut done = from;
        for transition in self.zone.following(self.start_of(shift(from, -1))) {
            if transition.timestamp() > end {
                break;
            }
            let before = transition.timestamp() - SignedDuration::from_secs(1);
            let (a, b) = (self.date(before), self.date(transition.timestamp()));
            for date in dates(a.min(b).max(done), a.max(b)).take_while(|date| *date < to) {
                let exact = self.intervals(date).map(|(start, end)| end.duration_since(start).as_secs());
                sum += exact.sum::<i64>() - self.day(date).hours.seconds();
                done = shift(date, 1);
            }
        }
        sum
    }
}

impl Error {
    /// No deadline can be counted from an instant.
    pub(in crate::desk::clock) fn out_of_reach(from: Timestamp) -> Self {
        Error::DeadlineOutOfReach { from, years: YEARS }
    }
}
