//! From an error budget to a threshold: how sure a head must be so that of what it answers alone at most a given share is wrong.
//!
//! Learn then test (Angelopoulos, Bates, Candès, Jordan and Lei 2021): every threshold of a fixed grid is a hypothesis, "the
//! answers from here on are wrong more often than the budget allows", which a binomial test on labelled rows may reject.
//! The tests run from a strict threshold down until one fails, the fallback procedure of Wiens (2003) sharing the error level out
//! over two starts, so that the chance that any rejected threshold breaks the budget stays below one minus the confidence. The
//! loosest rejected threshold answers most. Thresholds that hardly a row reaches are not tested: with few rows a test fails
//! whatever they say, and its chain would end there.

use crate::data::Dice;
use serde::{Deserialize, Serialize};

/// What may go wrong, and how sure the promise is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// The largest share of wrong answers among those at or above the threshold, in (0, 1).
    pub max_error: f64,
    /// With what probability over the choice of the calibration rows the promise holds, in (0, 1).
    pub confidence: f64,
}

/// How sure an answer was, and whether it was right.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    pub probability: f32,
    pub right: bool,
}

/// A threshold and what it lets through.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cut {
    /// Answers with at least this probability are let through.
    pub threshold: f32,
    /// Share of the rows that are.
    pub coverage: f64,
    /// Share of them that are wrong.
    pub error: f64,
    /// All rows that were looked at.
    pub rows: usize,
}

impl Cut {
    /// What a threshold lets through.
    pub fn at(threshold: f32, outcomes: &[Outcome]) -> Self {
        let (through, wrong) = through(threshold, outcomes);
        let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
        Cut { threshold, coverage: share(through, outcomes.len()), error: share(wrong, through), rows: outcomes.len() }
    }
}

/// Where the chains of tests begin: at the strictest threshold that so many rows reach, with this share of the error level. That
/// looks at how sure the answers are, not at whether they are right; still, the binomial tests are exact for fixed thresholds
/// alone. For that, and because rows on which somebody checks the promise err by chance too, half of the level is kept back.
const STARTS: [(usize, f64); 2] = [(100, 0.4), (400, 0.1)];
/// The thresholds are multiples of one in so many. The grid must not look at the labels.
const STEPS: u32 = 200;
const LOOSEST: u32 = 40;

/// The loosest threshold that keeps the budget; `None` where the rows cannot show it for any.
///
/// ```
/// use fenzhen::evaluate::budget::{Budget, Outcome, threshold};
/// // 400 sure answers, 6 of them wrong, and 200 unsure ones, half of them wrong.
/// let outcomes: Vec<Outcome> = (0..600)
///     .map(|i| match i < 400 {
///         true => Outcome { probability: 0.95, right: i >= 6 },
///         false => Outcome { probability: 0.45, right: i % 2 == 0 },
///     })
///     .collect();
/// let cut = threshold(&outcomes, Budget { max_error: 0.05, confidence: 0.9 }).unwrap();
/// assert!(cut.threshold > 0.45 && cut.threshold < 0.95);
/// assert!((cut.coverage - 2.0 / 3.0).abs() < 1e-9 && (cut.error - 0.015).abs() < 1e-9);
/// ```
pub fn threshold(outcomes: &[Outcome], budget: Budget) -> Option<Cut> {
    let starts = STARTS.map(|(rows, share)| {
        let level = (1.0 - budget.confidence) * share;
        // With fewer rows a test fails even where all are right; half as many again leave room for one that is not.
        let least = 1.5 * level.ln() / (1.0 - budget.max_error).ln();
        (start(rows.max(least.ceil() as usize), outcomes), level)
    });
    let (mut carried, mut loosest) = (0.0, None);
    for (place, &(start, level)) in starts.iter().enumerate() {
        let end = starts.get(place + 1).map_or(LOOSEST - 1, |(next, _)| *next);
        let level = level + carried;
        carried = level;
        for threshold in (end + 1..=start).rev().map(at) {
            let (through, wrong) = through(threshold, outcomes);
            if at_most(wrong, through, budget.max_error) > level {
                carried = 0.0;
                break;
            }
            loosest = Some(threshold);
        }
    }
    loosest.map(|threshold| Cut::at(threshold, outcomes))
}

/// The place in the grid of the strictest threshold that so many rows reach; of fewer rows the loosest.
fn start(rows: usize, outcomes: &[Outcome]) -> u32 {
    (LOOSEST..STEPS).rev().find(|&place| through(at(place), outcomes).0 >= rows).unwrap_or(LOOSEST)
}

/// The threshold at a place in the grid.
fn at(place: u32) -> f32 {
    place as f32 / STEPS as f32
}

/// How many answers a threshold lets through, and how many of them are wrong.
fn through(threshold: f32, outcomes: &[Outcome]) -> (usize, usize) {
    let through = outcomes.iter().filter(|o| o.probability >= threshold);
    through.fold((0, 0), |(n, wrong), o| (n + 1, wrong + usize::from(!o.right)))
}

/// The chance of at most `hits` among `n` when each has probability `p`: the p-value of "the share is at least `p`".
pub(super) fn at_most(hits: usize, n: usize, p: f64) -> f64 {
    if hits >= n {
        return 1.0;
    }
    // The terms by their ratios, from the first; in logarithms, as (1 - p)^n may be below what a float holds.
    let odds = (p / (1.0 - p)).ln();
    let mut term = n as f64 * (1.0 - p).ln();
    let mut sum = term.exp();
    for k in 1..=hits {
        term += ((n - k + 1) as f64 / k as f64).ln() + odds;
        sum += term.exp();
    }
    sum.min(1.0)
}

/// How a budget fared when the rows were halved at random many times: fitted on one half, measured on the other.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Splits {
    pub splits: usize,
    /// Share of the splits in which the other half kept the budget. Its own chance counts in: near the budget a half of a few
    /// hundred rows errs by a point or two either way.
    pub kept: f64,
    /// Means over the splits.
    pub coverage: f64,
    pub error: f64,
}

/// Halves the rows `splits` times.
pub fn splits(outcomes: &[Outcome], budget: Budget, splits: usize, seed: u64) -> Splits {
    let mut dice = Dice::new(seed);
    let (mut kept, mut coverage, mut error, mut let_through) = (0, 0.0, 0.0, 0);
    for _ in 0..splits {
        let (one, other): (Vec<Outcome>, Vec<Outcome>) = outcomes.iter().partition(|_| dice.share() < 0.5);
        let Some(cut) = threshold(&one, budget) else {
            kept += 1;
            continue;
        };
        let new = Cut::at(cut.threshold, &other);
        kept += usize::from(new.error <= budget.max_error);
        coverage += new.coverage;
        error += new.error;
        let_through += 1;
    }
    let share = |sum: f64, of: usize| sum / of.max(1) as f64;
    Splits {
        splits,
        kept: share(kept as f64, splits),
        coverage: share(coverage, splits),
        error: share(error, let_through),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A stream of answers whose probability is their true chance of being right, give or take `shift`.
    fn stream(seed: u64, rows: usize, shift: f32) -> Vec<Outcome> {
        let mut dice = Dice::new(seed);
        let mut uniform = move || dice.share() as f32;
        (0..rows)
            .map(|_| {
                let probability = 1.0 - 0.7 * uniform() * uniform();
                Outcome { probability, right: uniform() < probability - shift }
            })
            .collect()
    }

    #[test]
    fn binomial_tails_are_those_of_the_tables() {
        assert!((at_most(0, 10, 0.1) - 0.348_678).abs() < 1e-6);
        assert!((at_most(2, 20, 0.05) - 0.924_516).abs() < 1e-6);
        assert!((at_most(25, 1000, 0.05) - 5.07e-5).abs() < 2e-6, "{}", at_most(25, 1000, 0.05));
        assert_eq!(at_most(5, 5, 0.3), 1.0);
    }

    #[test]
    fn the_budget_holds_on_new_rows_in_at_least_the_promised_share_of_splits() {
        // Overconfident by three points: the probabilities alone would break the promise.
        let unseen = stream(1, 200_000, 0.03);
        let budget = Budget { max_error: 0.1, confidence: 0.9 };
        let (mut kept, mut found, mut coverage) = (0, 0, 0.0);
        for seed in 0..300 {
            match threshold(&stream(1000 + seed, 1200, 0.03), budget) {
                Some(cut) => {
                    found += 1;
                    let new = Cut::at(cut.threshold, &unseen);
                    coverage += new.coverage;
                    kept += usize::from(new.error <= budget.max_error);
                }
                None => kept += 1,
            }
        }
        assert!(kept as f64 / 300.0 >= budget.confidence, "{kept} of 300");
        assert!(found >= 200 && coverage / found as f64 > 0.2, "{found} found, {coverage}");
    }

    #[test]
    fn halves_of_honest_rows_keep_the_budget() {
        let found = splits(&stream(4, 2000, 0.0), Budget { max_error: 0.1, confidence: 0.9 }, 200, 1);
        // The halves that are measured err by chance too; on rows without end it is nine in ten, as the test above shows.
        assert!(found.kept >= 0.8 && found.coverage > 0.3 && found.error < 0.1, "{found:?}");
    }

    #[test]
    fn a_few_unlucky_sure_rows_do_not_end_the_search() {
        let answers = |n: usize, probability: f32, wrong: usize| {
            (0..n).map(move |i| Outcome { probability, right: i >= wrong }).collect::<Vec<_>>()
        };
        // A chain from 0.98 down ends at once; 9 wrong ones in 330 are enough for a level of 0.04, not for half of it.
        let outcomes = [answers(40, 0.999, 3), answers(290, 0.915, 6), answers(300, 0.55, 120)].concat();
        let cut = threshold(&outcomes, Budget { max_error: 0.05, confidence: 0.9 }).unwrap();
        assert!(cut.threshold > 0.55 && cut.threshold <= 0.915, "{cut:?}");
    }

    #[test]
    fn rows_that_are_all_right_are_let_through_wherever_they_are_enough() {
        let right = |rows: usize, probability: f32| vec![Outcome { probability, right: true }; rows];
        for (rows, max_error) in [(200, 0.05), (230, 0.05), (500, 0.05), (2000, 0.01)] {
            for probability in [0.25, 0.8, 0.999] {
                let cut = threshold(&right(rows, probability), Budget { max_error, confidence: 0.9 });
                assert_eq!(cut.map(|cut| cut.coverage), Some(1.0), "{rows} at {probability}");
            }
        }
        assert_eq!(threshold(&right(500, 0.1), Budget { max_error: 0.05, confidence: 0.9 }), None);
    }

    #[test]
    fn too_few_rows_promise_nothing() {
        let sure = vec![Outcome { probability: 0.99, right: true }; 20];
        assert_eq!(threshold(&sure, Budget { max_error: 0.05, confidence: 0.9 }), None);
        assert_eq!(threshold(&[], Budget { max_error: 0.5, confidence: 0.5 }), None);
    }

    proptest! {
        #[test]
        fn a_larger_budget_never_lets_less_through(seed in 0u64..1000, rows in 0usize..800) {
            let outcomes = stream(seed, rows, 0.0);
            let cut = |max_error| threshold(&outcomes, Budget { max_error, confidence: 0.9 }).map_or(0.0, |c| c.coverage);
            prop_assert!(cut(0.05) <= cut(0.1) && cut(0.1) <= cut(0.3));
        }
    }
}
