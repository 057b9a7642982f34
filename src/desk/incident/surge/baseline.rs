//! What history makes one expect.

use super::{
    HourCount,
    dispersion::Moments,
    rhythm::{Cell, Rhythm},
    tail,
};
use crate::desk::incident::SurgeRule;
use jiff::{Timestamp, tz::TimeZone};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
};

/// Lengths of the windows that are looked at, in hours.
pub(super) const WINDOWS: [usize; 4] = [1, 3, 6, 24];
const LONGEST: i64 = WINDOWS[3] as i64;

/// Before anything is seen: half a complaint (the prior of Jeffreys).
const LEVEL_PRIOR: f64 = 0.5;
/// How firmly a pair's hours are held to the rhythm of all: as by so many complaints an hour of the day.
const HOUR_PRIOR: f64 = 8.0;
/// So many days a level must have before errors are counted.
const SETTLED_DAYS: usize = 7;
/// Hours of 30 days.
const MONTH: f64 = 720.0;

/// What is expected of every pair on a day. Made once a day, or once a start: equal histories give equal ones.
#[derive(Debug, Clone)]
pub struct Baseline {
    zone: TimeZone,
    rhythm: Rhythm,
    pairs: BTreeMap<(String, String), Expectation>,
    /// Of pairs that were never seen.
    unseen: Expectation,
    /// The level of each single test.
    level: f64,
    least: u64,
}

/// What is known of one pair.
#[derive(Debug, Clone)]
struct Expectation {
    level: Level,
    /// By hour of the day: the pair's own factor, and how many complaints it was learnt from.
    hours: [(f64, f64); 24],
    /// By window: one divided by the shape of the over-dispersion.
    wild: [f64; 4],
}

/// A window that holds more than history explains.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alarm {
    /// Its last hour since 1970.
    pub last_hour: i64,
    /// Its length in hours.
    pub length: usize,
    /// Complaints in it.
    pub count: u64,
    /// As many were to be expected.
    pub expected: f64,
    /// How probable so many, or more, were.
    pub probability: f64,
}

impl Alarm {
    /// Its hours since 1970.
    pub fn hours(&self) -> RangeInclusive<i64> {
        self.last_hour - self.length as i64 + 1..=self.last_hour
    }
}

impl Baseline {
    /// The hours of history that a baseline of a day is learnt from: up to the beginning of that day in local time, so that it
    /// stays the same all day.
    pub fn hours(now: Timestamp, zone: &TimeZone, rule: &SurgeRule) -> std::ops::Range<i64> {
        let midnight = now.to_zoned_datetime(zone.clone()).start_of_day().map_or(now, |day| day.timestamp());
        let until = super::hour_of(midnight);
        until - i64::from(rule.history_days) * 24..until
    }

    /// Learns from the counts of those [hours](Baseline::hours), in any order; hours without a row had none. `since` is when
    /// the desk began to count. None while there are fewer days than the rule wants.
    pub fn learn(
        rows: &[HourCount],
        hours: std::ops::Range<i64>,
        since: Timestamp,
        zone: &TimeZone,
        rule: &SurgeRule,
    ) -> Option<Self> {
        let first = hours.start.max(super::hour_of(since));
        if hours.end.checked_sub(first)? < i64::from(rule.learning_days) * 24 {
            return None;
        }
        let cells: Vec<Cell> = (first..hours.end).map(|hour| Cell::of(hour, zone)).collect();
        let mut counts: BTreeMap<(&str, &str), Vec<u64>> = BTreeMap::new();
        let mut all = vec![0; cells.len()];
        for row in rows.iter().filter(|row| (first..hours.end).contains(&row.hour)) {
            let place = (row.hour - first) as usize;
            let of_pair = counts.entry((&row.label, &row.region)).or_insert_with(|| vec![0; cells.len()]);
            of_pair[place] += row.count;
            all[place] += row.count;
        }
        let rhythm = Rhythm::learn(&cells.iter().copied().zip(all).collect::<Vec<_>>());
        let factors: Vec<f64> = cells.iter().map(|cell| rhythm.at(*cell)).collect();
        let history = History { cells: &cells, factors: &factors, fade: rule.fade };

        let seen: Vec<(Expectation, [Moments; 4])> = counts.values().map(|counts| history.of_pair(counts)).collect();
        let together: [f64; 4] = std::array::from_fn(|window| {
            seen.iter().fold(Moments::default(), |sum, (_, moments)| sum.and(moments[window])).bound()
        });
        // A pair may be new, and so may be a region.
        let labels = counts.keys().map(|(label, _)| label).collect::<BTreeSet<_>>().len().max(1);
        let regions = counts.keys().map(|(_, region)| region).collect::<BTreeSet<_>>().len() + 1;
        let tests = (labels * regions * WINDOWS.len()) as f64 * MONTH;
        let own = |(expectation, moments): (Expectation, [Moments; 4])| Expectation {
            wild: std::array::from_fn(|window| moments[window].own(together[window])),
            ..expectation
        };
        let unseen = Expectation { wild: together, ..history.of_pair(&vec![0; cells.len()]).0 };
        let names = counts.keys().map(|&(label, region)| (label.to_owned(), region.to_owned()));
        Some(Baseline {
            pairs: names.zip(seen.into_iter().map(own)).collect(),
            zone: zone.clone(),
            rhythm,
            unseen,
            level: rule.false_alarms_a_month / tests,
            least: rule.least,
        })
    }

    /// The level of each single test: false alarms a month, divided by the number of tests in it.
    pub fn test_level(&self) -> f64 {
        self.level
    }

    /// Looks at all windows that hold the hour of a new complaint, and gives the most improbable one that is an alarm.
    ///
    /// `recent` are the pair's counts by hour, from 23 hours before that hour on, the new complaint counted: rows of
    /// `SELECT hour, COUNT(*) … WHERE NOT is_duplicate GROUP BY hour`. Hours after it are there only where complaints arrive
    /// late; the windows that end with them are looked at too, so the order of arrival means nothing.
    pub fn test(&self, label: &str, region: &str, hour: i64, recent: &[(i64, u64)]) -> Option<Alarm> {
        // The key's owned form is the price of a map that borrows nothing.
        let expectation = self.pairs.get(&(label.to_owned(), region.to_owned())).unwrap_or(&self.unseen);
        let near = |from: i64| recent.iter().map(|row| row.0).filter(move |&h| h >= from && h < hour + LONGEST);
        let last = near(hour).max().unwrap_or(hour);
        let first = hour - LONGEST + 1;
        let mut counts = vec![0; (last - first + 1) as usize];
        for &(at, count) in recent.iter().filter(|row| (first..=last).contains(&row.0)) {
            counts[(at - first) as usize] += count;
        }
        let mut worst: Option<Alarm> = None;
        for end in hour..=last {
            let mut window = Window::default();
            for back in 0..LONGEST.min(end - first + 1) {
                let at = end - back;
                window.add(expectation, counts[(at - first) as usize], Cell::of(at, &self.zone), &self.rhythm);
                let length = back as usize + 1;
                let Some(which) = WINDOWS.iter().position(|&w| w == length).filter(|_| at <= hour) else { continue };
                if window.count < self.least || window.count as f64 <= window.mean {
                    continue;
                }
                let probability = window.tail(expectation, which);
                if probability <= self.level && worst.is_none_or(|worst| probability < worst.probability) {
                    let (count, expected) = (window.count, window.mean);
                    worst = Some(Alarm { last_hour: end, length, count, expected, probability });
                }
            }
        }
        worst
    }
}

/// Sums over the hours of a window.
#[derive(Default)]
struct Window {
    count: u64,
    mean: f64,
    /// The variance of the mean that comes from the pair's own hours.
    hours: f64,
    /// The squares of the hours' means.
    squares: f64,
}

impl Window {
    fn add(&mut self, expectation: &Expectation, count: u64, cell: Cell, rhythm: &Rhythm) {
        let (factor, seen) = expectation.hours[cell.hour];
        let mean = expectation.level.rate() * factor * rhythm.at(cell);
        self.count += count;
        self.mean += mean;
        self.hours += mean * mean / seen;
        self.squares += mean * mean;
    }

    fn tail(&self, expectation: &Expectation, window: usize) -> f64 {
        let square = self.mean * self.mean;
        let wild = &expectation.wild;
        // Windows were measured from fixed hours on. One that lies across the morning has most of its complaints in few hours,
        // which wander more than many do.
        let wanders = wild[window].max(wild[0] * self.squares / square + wild[3]);
        let spread = self.hours / square + 1.0 / expectation.level.seen + wanders;
        tail(self.count, self.mean, 1.0 / spread)
    }
}

/// The hours of history, the latest last: whole days from the end.
struct History<'a> {
    cells: &'a [Cell],
    factors: &'a [f64],
    fade: f64,
}

impl History<'_> {
    /// Level and hours of a pair, and how far its windows were off from what was expected on the morning of their day.
    fn of_pair(&self, counts: &[u64]) -> (Expectation, [Moments; 4]) {
        let days = || self.cells.rchunks(24).zip(self.factors.rchunks(24)).zip(counts.rchunks(24)).rev();
        // How the level came about, day by day.
        let mut level = Level::default();
        let mut mornings = Vec::new();
        let mut by_hour = [(0.0, 0.0); 24];
        for ((cells, factors), counts) in days() {
            mornings.push(level);
            level = level.after(self.fade, counts.iter().sum(), factors.iter().sum());
            by_hour = by_hour.map(|(count, time)| (count * self.fade, time * self.fade));
            for ((cell, factor), &count) in cells.iter().zip(factors).zip(counts) {
                by_hour[cell.hour].0 += count as f64;
                by_hour[cell.hour].1 += factor;
            }
        }
        let own = by_hour.map(|(count, time)| {
            let seen = HOUR_PRIOR + count;
            (seen / (HOUR_PRIOR + level.rate() * time), seen)
        });
        let mut moments = [Moments::default(); 4];
        for (((cells, factors), counts), morning) in days().zip(&mornings).skip(SETTLED_DAYS) {
            let mean = |(cell, factor): (&Cell, &f64)| morning.rate() * factor * own[cell.hour].0;
            let means: Vec<f64> = cells.iter().zip(factors).map(mean).collect();
            for (moments, length) in moments.iter_mut().zip(WINDOWS) {
                for (counts, means) in counts.chunks(length).zip(means.chunks(length)) {
                    moments.see(counts.iter().sum::<u64>() as f64, means.iter().sum());
                }
            }
        }
        (Expectation { level, hours: own, wild: [0.0; 4] }, moments)
    }
}

/// The Gamma distribution of a pair's rate in an hour of factor 1.
#[derive(Debug, Clone, Copy)]
struct Level {
    /// Complaints that it was learnt from, faded.
    seen: f64,
    /// Hours of factor 1 in which they came, faded.
    time: f64,
}

impl Default for Level {
    fn default() -> Self {
        Level { seen: LEVEL_PRIOR, time: 0.0 }
    }
}

impl Level {
    /// A day later. What is known of before fades; the prior does not.
    fn after(self, fade: f64, count: u64, time: f64) -> Self {
        let seen = LEVEL_PRIOR + (self.seen - LEVEL_PRIOR) * fade + count as f64;
        Level { seen, time: self.time * fade + time }
    }

    fn rate(self) -> f64 {
        self.seen / self.time
    }
}
