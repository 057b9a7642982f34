//! Days and instants: where a day's hours lie on the time line, whatever the zone's clocks do.

use super::Calendar;
use jiff::{
    Timestamp, ToSpan,
    civil::{Date, DateTime, Time},
    tz::AmbiguousOffset,
};
use std::sync::LazyLock;

/// Instants are held inside these, so that no sum of dates leaves what jiff can hold.
static EARLIEST: LazyLock<Timestamp> = LazyLock::new(|| "1900-01-01T00Z".parse().expect("this is an instant"));
pub(super) static LATEST: LazyLock<Timestamp> = LazyLock::new(|| "2600-01-01T00Z".parse().expect("this is an instant"));

/// The instant itself, or the end of the range that is nearest.
pub(super) fn held(instant: Timestamp) -> Timestamp {
    instant.clamp(*EARLIEST, *LATEST)
}

/// A date some days on.
pub(super) fn shift(date: Date, days: i32) -> Date {
    date.saturating_add(days.days())
}

/// From the first to the last, both included.
pub(super) fn dates(first: Date, last: Date) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(first), |date| date.tomorrow().ok()).take_while(move |date| *date <= last)
}

/// Days from one date to another.
pub(super) fn days_between(from: Date, to: Date) -> i32 {
    i32::try_from(to.duration_since(from).as_hours() / 24).expect("all dates lie within 20,000 years")
}

impl Calendar {
    /// The local date of an instant.
    pub fn date(&self, instant: Timestamp) -> Date {
        self.zone.to_datetime(held(instant)).date()
    }

    /// The instant at which a date begins.
    pub fn start_of(&self, date: Date) -> Timestamp {
        self.instant(date.to_datetime(Time::midnight()))
    }

    /// The intervals of a date on the time line, rising. An hour that clocks leave out is not there, one that they repeat is
    /// there twice.
    pub fn intervals(&self, date: Date) -> impl Iterator<Item = (Timestamp, Timestamp)> + '_ {
        let next = shift(date, 1).to_datetime(Time::midnight());
        let intervals = self.day(date).hours.intervals().iter();
        intervals.map(move |interval| {
            let end = interval.end().map_or(next, |end| date.to_datetime(end));
            (self.instant(date.to_datetime(interval.start())), self.instant(end))
        })
    }

    /// The first instant at which the clocks show a time or, where they leave it out, a later one.
    ///
    /// A later local time never gets an earlier instant, which keeps intervals apart.
    fn instant(&self, local: DateTime) -> Timestamp {
        let at = |offset: jiff::tz::Offset| offset.to_timestamp(local).map_or(*LATEST, held);
        match self.zone.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { before: offset, .. } => at(offset),
            AmbiguousOffset::Gap { before, after } => {
                // Read with the later offset, the time lies before the clocks are put forward.
                let transition = self.zone.following(at(after)).next();
                transition.map_or(at(before), |transition| transition.timestamp())
            }
        }
    }
}
