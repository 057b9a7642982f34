//! Whether a category in a region has more complaints than its own history explains.
//!
//! The counts of an hour are taken as negative binomial: Poisson, with a rate that is known only so far and wanders.
//!
//! * **Rhythm**: a factor for the weekday, and one for the hour of the day (workdays and weekends apart), from all pairs of
//!   category and region together.
//! * **Level** of a pair: complaints per hour of an average hour. Conjugate Gamma-Poisson; older days weigh less by a factor a
//!   day (power discounting; West and Harrison, *Bayesian Forecasting and Dynamic Models*, 1997), so it follows a slow drift
//!   and knows how little it knows.
//! * **Own hours**: what a pair's hours of the day differ by from the rhythm of all; conjugate too, pulled towards 1.
//! * **Over-dispersion** for each length of window, by the moments of what each morning's forecast was off by, so that drift
//!   is in it; two standard errors on the safe side. A pair that is clearly wilder than the others has its own.
//!
//! What is predicted for a window is the negative binomial with their mean and variance, and its tail is summed exactly
//! ([`tail`]): no logarithm, no gamma function, so every machine comes to the same bits.
//!
//! **False alarms.** Windows of 1, 3, 6 and 24 hours end with every whole hour. That is a fixed number of tests in 30 days:
//! pairs × 4 × 720. Each is made at the level *false alarms a month ÷ that number*, so that by the union bound the expected
//! number of false alarms over all of them is no larger, whatever the dependence between windows. While an hour runs, its
//! count so far is held against what the whole hour may bring: a count only grows, so looking at every complaint costs no
//! further false alarm, and no complaint takes an alarm back.
//!
//! The tests simulate it: 60 pairs, 90 days, Poisson and over-dispersed, with rhythm and drift. What it rests on: one rhythm
//! for workdays and one for weekends (a public holiday is neither), and days that are independent of each other.

mod baseline;
mod dispersion;
mod rhythm;
#[cfg(test)]
mod simulation;
mod tail;
#[cfg(test)]
mod tests;

pub use baseline::{Alarm, Baseline};
use tail::tail;

use super::{Incident, IncidentPolicy, Member, Rule, Signal, incident_key, key::fnv1a, sentence};
use crate::taxonomy::Name;
use jiff::Timestamp;

/// A row of `SELECT label, region, hour, COUNT(*) … WHERE NOT is_duplicate GROUP BY label, region, hour`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HourCount {
    /// A category or a group: [`SurgeRule::label`](super::SurgeRule::label).
    pub label: String,
    pub region: String,
    /// [`hour_of`] the complaints.
    pub hour: i64,
    pub count: u64,
}

/// The whole hours since 1970 (UTC) in which an instant lies.
pub fn hour_of(at: Timestamp) -> i64 {
    at.as_second().div_euclid(3600)
}

/// A category, or a group, in a region.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair<'a> {
    /// The id of the label.
    pub label: &'a str,
    /// What people call it.
    pub name: &'a Name,
    pub region: &'a str,
}

impl Pair<'_> {
    /// What incidents of this pair are keyed by.
    pub fn subject(&self) -> String {
        // A region is a free text of the channel, of any length.
        format!("{}/{:016x}", self.label, fnv1a(self.region))
    }
}

/// What a new complaint of a pair leads to: a new incident where [`Baseline::test`] gave an alarm, or a place in the one that
/// is open; while one is open there is no other.
///
/// `others` are the complaints of the pair since the alarm's window began; of an open incident none are needed. `closed_before`
/// counts the incidents of the pair that are closed.
pub fn surge(
    new: &Member,
    pair: &Pair,
    alarm: Option<&Alarm>,
    others: &[Member],
    open: Option<&Incident>,
    closed_before: u32,
    policy: &IncidentPolicy,
) -> Option<Signal> {
    let rule = policy.surge.as_ref()?;
    let open = open.filter(|incident| incident.takes(new.at, rule.quiet) && new.at >= incident.started_at);
    let (key, mut members, reason) = match (open, alarm) {
        (Some(open), _) => (open.key.clone(), vec![new.number], sentence::surge_joins(pair.name, pair.region)),
        (None, Some(alarm)) => {
            let within = others.iter().filter(|other| alarm.hours().contains(&hour_of(other.at)));
            let members = within.map(|other| other.number).chain([new.number]).collect();
            let key = incident_key(Rule::Surge, &pair.subject(), closed_before);
            (key, members, sentence::surge(pair.name, pair.region, alarm))
        }
        (None, None) => return None,
    };
    members.sort_unstable();
    members.dedup();
    Some(Signal {
        rule: Rule::Surge,
        members,
        reason,
        raise_to: rule.then.raise_to.clone(),
        level: rule.then.level,
        notify: rule.then.notify.clone(),
        incident: Some(key.clone()),
        key,
    })
}
