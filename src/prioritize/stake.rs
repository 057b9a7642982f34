//! Which sums of a complaint are lost or claimed, and which are only named.

use super::money::{Sum, sums};
use crate::policy::{AmountRule, Step};

/// The largest sum at stake and the largest that is only named.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Sums {
    pub at_stake: Option<Sum>,
    pub named: Option<Sum>,
}

/// Reads the sums of a text. One is at stake if a word of loss or claim stands in its sentence, within the rule's reach.
pub(super) fn read(rule: &AmountRule, text: &str) -> Sums {
    let cues: Vec<_> = rule.stake.iter().flat_map(|cue| cue.find_all(text)).collect();
    let mut read = Sums::default();
    for sum in sums(text) {
        let near = |from: usize, to: usize| {
            let between = &text[from..to];
            !between.contains(['。', '!', '?', '！', '？', '\n']) && between.chars().count() <= rule.reach
        };
        let at_stake = cues.iter().any(|cue| {
            if cue.end <= sum.bytes.start {
                near(cue.end, sum.bytes.start)
            } else {
                cue.start >= sum.bytes.end && near(sum.bytes.end, cue.start)
            }
        });
        let place = if at_stake { &mut read.at_stake } else { &mut read.named };
        if place.as_ref().is_none_or(|largest| largest.yuan < sum.yuan) {
            *place = Some(sum);
        }
    }
    read
}

/// The highest step that a sum reaches.
pub(super) fn step(steps: &[Step], yuan: f64) -> Option<&Step> {
    steps.iter().rev().find(|step| yuan >= step.from)
}
