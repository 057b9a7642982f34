//! Signals that are read off the words: what fired, and where.

use super::negation::negated;
use crate::policy::Signal;
use std::ops::Range;

/// Evidence of each signal as byte ranges of the text, in the order of `signals`; empty where one did not fire.
pub(super) fn evidence(signals: &[Signal], text: &str) -> Vec<Vec<Range<usize>>> {
    let mut fired: Vec<Vec<Range<usize>>> = Vec::with_capacity(signals.len());
    for signal in signals {
        let found = if signal.needs.is_empty() || signal.needs.iter().any(|&need| !fired[need].is_empty()) {
            of_one(signal, text)
        } else {
            Vec::new()
        };
        fired.push(found);
    }
    fired
}

fn of_one(signal: &Signal, text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = signal.evidence.find_all(text);
    if found.is_empty() {
        return found;
    }
    if let Some(except) = &signal.except {
        let elsewhere = except.find_all(text);
        found.retain(|at| !elsewhere.iter().any(|range| range.start < at.end && at.start < range.end));
    }
    if signal.negatable {
        found.retain(|at| !negated(text, at));
    }
    found
}
