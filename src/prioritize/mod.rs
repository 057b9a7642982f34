//! Stage 7: how urgent it is, with the words that show it.
//!
//! Signals read off the words, sums of money, the customer's tier and the model's heads are measured ([`measures`]), each
//! is worth the policy's points, and the sum falls into a level.

mod measure;
mod money;
mod negation;
mod stake;
#[cfg(test)]
mod tests;
mod words;

pub use measure::{Measure, measures};

use crate::{
    Complaint,
    classify::{Head, Prediction},
    decision::Reason,
    policy::{POINTS_A_UNIT, Policy},
    score::Feeling,
    segment::Reading,
    taxonomy::Taxonomy,
};

/// Points, level and reasons; the level is an index into the taxonomy's priorities.
#[derive(Debug, Clone, PartialEq)]
pub struct Urgency {
    pub level: usize,
    /// The sum of the reasons' points.
    pub points: i32,
    /// The weightiest first.
    pub reasons: Vec<Reason>,
}

/// Adds up what the policy's signals are worth in this complaint.
///
/// `None` where the taxonomy has no priorities, or where the policy leaves the level to a head that the bundle lacks.
pub fn urgency(
    policy: &Policy,
    taxonomy: &Taxonomy,
    complaint: &Complaint,
    reading: &Reading,
    prediction: &Prediction,
    feeling: &Feeling,
) -> Option<Urgency> {
    if taxonomy.priorities.is_empty() {
        return None;
    }
    let measures = measures(policy, taxonomy, complaint, reading, prediction, feeling);
    let floor = measures.iter().filter_map(|measure| measure.floor.map(|level| (level, measure))).min_by_key(|f| f.0);
    let mut reasons = reasons(&measures, reading.text.original());
    let mut points: i32 = reasons.iter().map(|reason| reason.points).sum();
    let mut level =
        if policy.levels.is_empty() { prediction.best(Head::Priority)?.0 } else { level(&policy.levels, points) };
    let settled = settled(policy, &prediction[Head::Priority], level, beyond(&measures));
    if settled != level {
        level = settled;
        let (first, last) =
            (policy.levels.get(level), level.checked_sub(1).map(|above| policy.levels[above].saturating_sub(1)));
        let within = points.clamp(first.copied().unwrap_or(i32::MIN), last.unwrap_or(i32::MAX));
        lend(&mut reasons, within.saturating_sub(points));
        points = within;
    }
    if let Some((at_least, measure)) = floor.filter(|(at_least, _)| *at_least < level) {
        level = at_least;
        // The points that the floor lends, so that level and points never disagree.
        if let Some(&begin) = policy.levels.get(at_least) {
            let mut lent = reason(measure, reading.text.original(), begin - points);
            lent.signal = format!("floor.{}", measure.signal);
            points = begin;
            reasons.push(lent);
        }
    }
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.points.abs()));
    Some(Urgency { level, points, reasons })
}

/// The level after the model has settled what the policy leaves to it: of the neighbours between which it decides, the one that
/// its probabilities and the points of what no word says come to. `level` is what all points come to.
pub fn settled(policy: &Policy, probabilities: &[f32], level: usize, beyond: f32) -> usize {
    let settles = |boundary: usize| policy.model.settles.get(boundary).copied().unwrap_or(false);
    if probabilities.is_empty() || policy.levels.is_empty() {
        return level;
    }
    let (mut first, mut last) = (level, level);
    while first > 0 && settles(first - 1) {
        first -= 1;
    }
    while settles(last) {
        last += 1;
    }
    let reached = |boundary: usize| {
        let (above, below) = probabilities[first..=last].split_at(boundary + 1 - first);
        let odds = above.iter().sum::<f32>().max(f32::MIN_POSITIVE) / below.iter().sum::<f32>().max(f32::MIN_POSITIVE);
        POINTS_A_UNIT * odds.ln() + beyond >= 0.0
    };
    (first..last).find(|&boundary| reached(boundary)).unwrap_or(last)
}

/// The points of what is known besides the text.
pub fn beyond(measures: &[Measure]) -> f32 {
    measures
        .iter()
        .filter(|measure| ["tier", "order_amount"].contains(&measure.signal.as_str()))
        .map(Measure::points)
        .sum()
}

/// Lets the model's own priority count more or less, so that level and points never disagree.
fn lend(reasons: &mut Vec<Reason>, points: i32) {
    let signal = "model.priority";
    match reasons.iter_mut().find(|reason| reason.signal == signal) {
        Some(reason) => reason.points += points,
        None => reasons.push(Reason { signal: signal.to_owned(), evidence: None, span: None, points }),
    }
    reasons.retain(|reason| reason.points != 0);
}

/// The level that a sum of points falls into; `begins` falls from the most urgent on.
fn level(begins: &[i32], points: i32) -> usize {
    begins.iter().position(|&begin| points >= begin).unwrap_or(begins.len())
}

/// One reason a signal: measures that share one are added before rounding. A signal worth nothing gives none.
fn reasons(measures: &[Measure], original: &str) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let mut at = 0;
    while let Some(first) = measures.get(at) {
        let same = measures[at..].iter().take_while(|measure| measure.signal == first.signal).count();
        let kind = &measures[at..at + same];
        let points = kind.iter().map(Measure::points).sum::<f32>().round() as i32;
        let shown = kind.iter().find(|measure| !measure.evidence.is_empty()).unwrap_or(first);
        if points != 0 {
            reasons.push(reason(shown, original, points));
        }
        at += same;
    }
    reasons
}

fn reason(measure: &Measure, original: &str, points: i32) -> Reason {
    let span = measure.evidence.first().cloned();
    let evidence = span.clone().and_then(|range| original.get(range)).map(str::to_owned);
    Reason {
        signal: measure.signal.clone(),
        span: evidence.as_ref().and(span).map(|r| (r.start, r.end)),
        evidence,
        points,
    }
}
