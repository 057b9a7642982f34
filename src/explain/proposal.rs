//! Which words are worth the proof: the change of the label's log-probability that each model foretells for its own part,
//! weighed as the two are blended.

use super::{CANDIDATES, Explainer, Unit, unit::sums};
use crate::{
    Result,
    classify::{Head, Which},
    segment::Reading,
};

/// Words that are worth the proof.
pub(super) struct Proposal {
    /// Places of the words to try, in the order of the text.
    pub candidates: Vec<usize>,
    /// For each target all words, the one that is foretold to matter most first; empty where all words are tried anyway.
    pub orders: Vec<Vec<usize>>,
    /// How often the models were asked.
    pub calls: usize,
}

/// What to try. Where there are too many words, the heads choose in turn, each the strongest that is not chosen yet.
pub(super) fn propose(
    explainer: &Explainer,
    reading: &Reading,
    units: &[Unit],
    targets: &[(Head, usize)],
) -> Result<Proposal> {
    if units.len() <= CANDIDATES {
        return Ok(Proposal { candidates: (0..units.len()).collect(), orders: Vec::new(), calls: 0 });
    }
    let (foretold, calls) = foretold(explainer, reading, targets)?;
    let orders: Vec<Vec<usize>> = foretold.iter().map(|words| order(&sums(units, words))).collect();
    let mut chosen = Vec::with_capacity(CANDIDATES);
    let mut turns: Vec<_> = orders.iter().map(|order| order.iter()).collect();
    while chosen.len() < CANDIDATES && !turns.is_empty() {
        for turn in &mut turns {
            let next = turn.find(|unit| !chosen.contains(*unit));
            if chosen.len() < CANDIDATES {
                chosen.extend(next);
            }
        }
    }
    chosen.sort_unstable();
    Ok(Proposal { candidates: chosen, orders, calls })
}

/// Places by falling value; the earlier of two equals comes first.
pub(super) fn order(values: &[f32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a]).then(a.cmp(&b)));
    order
}

/// For each target one number a word of the reading: by how much the log-probability would fall without the word. Asks the
/// transformer once where it takes part.
fn foretold(explainer: &Explainer, reading: &Reading, targets: &[(Head, usize)]) -> Result<(Vec<Vec<f32>>, usize)> {
    let transformer = explainer.transformer.filter(|_| explainer.which != Which::Linear);
    let linear = explainer.linear.filter(|_| explainer.which != Which::Transformer);
    let of_linear = linear.map(|model| model.contributions(reading, targets));
    let of_transformer = transformer.map(|model| model.attributions(reading, targets)).transpose()?;
    let calls = usize::from(transformer.is_some());
    let foretold = match (of_transformer, of_linear) {
        (Some(mut both), Some(of_linear)) => {
            for (&(head, _), (words, others)) in targets.iter().zip(both.iter_mut().zip(of_linear)) {
                let share = explainer.calibrations.both.weight(head);
                words.iter_mut().zip(others).for_each(|(word, other)| *word = share * *word + (1.0 - share) * other);
            }
            both
        }
        (one, other) => one.or(other).unwrap_or_else(|| vec![vec![0.0; reading.words.len()]; targets.len()]),
    };
    Ok((foretold, calls))
}
