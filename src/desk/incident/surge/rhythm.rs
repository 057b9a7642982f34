//! The rhythm of day and week, from all pairs together.

use jiff::{Timestamp, tz::TimeZone};

/// An hour of the week in local time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell {
    /// From 0, Monday.
    pub weekday: usize,
    /// From 0.
    pub hour: usize,
}

/// Complaints that every cell is given beforehand, spread evenly: a cell without any must not be impossible.
const PRIOR: f64 = 12.0;

/// Factors with a mean of about 1 an hour.
#[derive(Debug, Clone)]
pub(super) struct Rhythm {
    weekdays: [f64; 7],
    /// Workdays, and weekends.
    hours: [[f64; 24]; 2],
}

impl Cell {
    /// The cell of an hour since 1970. Beyond the end of time: the first.
    pub(super) fn of(hour: i64, zone: &TimeZone) -> Self {
        let at = hour.checked_mul(3600).and_then(|second| Timestamp::from_second(second).ok());
        let local = zone.to_datetime(at.unwrap_or_default());
        Cell {
            weekday: local.weekday().to_monday_zero_offset().unsigned_abs().into(),
            hour: local.hour().unsigned_abs().into(),
        }
    }

    fn kind(self) -> usize {
        usize::from(self.weekday >= 5)
    }
}

impl Rhythm {
    /// From the cell and the count of every hour.
    pub(super) fn learn(hours: &[(Cell, u64)]) -> Self {
        let total: u64 = hours.iter().map(|(_, count)| count).sum();
        let mean = (total as f64 + PRIOR) / hours.len().max(1) as f64;
        let factor = |of: &dyn Fn(Cell) -> bool| {
            let here = hours.iter().filter(|(cell, _)| of(*cell));
            let (count, time) = here.fold((0, 0), |(count, time), (_, c)| (count + c, time + 1));
            (count as f64 + PRIOR) / (f64::from(time) * mean + PRIOR)
        };
        let weekdays = std::array::from_fn(|weekday| factor(&|cell| cell.weekday == weekday));
        let kinds = [0, 1].map(|kind| factor(&|cell| cell.kind() == kind));
        let hours = std::array::from_fn(|kind| {
            std::array::from_fn(|hour| factor(&|cell| cell.kind() == kind && cell.hour == hour) / kinds[kind])
        });
        Rhythm { weekdays, hours }
    }

    pub(super) fn at(&self, cell: Cell) -> f64 {
        self.weekdays[cell.weekday] * self.hours[cell.kind()][cell.hour]
    }
}
