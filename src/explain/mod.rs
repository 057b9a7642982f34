//! Stage 9: which words drove an answer. Words are proposed by what the models say about themselves (`proposal`), and only
//! those count that stand the proof: without the word, the text makes the label less likely (`deletion`).
//!
//! Two numbers say how well the words explain a label (DeYoung and others: ERASER, 2020): comprehensiveness, what of the
//! probability goes with the words, and sufficiency, what goes with everything else.
//!
//! Beside the words stand the most similar of the labelled complaints that the bundle keeps (`similar`): what people decided there.

mod deletion;
mod proposal;
mod similar;
#[cfg(test)]
mod tests;
mod unit;

pub use deletion::Effect;
pub use similar::{Labelled, Similar, SimilarFiles};
pub use unit::Unit;

use crate::{
    Result,
    classify::{
        Classifier, Head, Prediction, Which, calibration::Calibrations, linear::LinearModel, transformer::Transformer,
    },
    segment::{Reading, Segmenter},
};
use deletion::{only, reread, without};

/// The heads that are explained unless others are asked for: each chooses one label.
pub const HEADS: [Head; 4] = [Head::Category, Head::Department, Head::Priority, Head::Emotion];

/// As many words are tried, for all heads together.
pub const CANDIDATES: usize = 16;

/// As many words of a head are named at most: what somebody reads at a glance. More of them would take more of the probability with
/// them, but the sixth adds little, and among many words the proof of each alone says less of them together.
pub const WORDS: usize = 5;

/// A word counts from this drop of probability on: less would be shown as nothing.
const LEAST: f32 = 1e-4;

/// Finds the words that drove an answer: the models, and the way of a text to them.
pub struct Explainer<'a> {
    pub which: Which,
    pub transformer: Option<&'a Transformer>,
    pub linear: Option<&'a LinearModel>,
    pub calibrations: &'a Calibrations,
    pub segmenter: &'a Segmenter,
}

/// The words that drove some heads' answers to one text.
#[derive(Debug, Clone, PartialEq)]
pub struct Reasons {
    /// Every word of the text that can be deleted.
    pub units: Vec<Unit>,
    pub heads: Vec<HeadReasons>,
    /// How many words were tried.
    pub candidates: usize,
    /// How often the models were asked.
    pub calls: usize,
}

/// The words that drove one head's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct HeadReasons {
    pub head: Head,
    /// The chosen label, by its place in the taxonomy.
    pub label: usize,
    /// Calibrated, of the whole text.
    pub probability: f32,
    /// Places in [`Reasons::units`], each with the drop of the probability when that word alone is deleted: strongest first.
    pub words: Vec<(usize, f32)>,
    /// The drop when all these words are deleted.
    pub comprehensiveness: f32,
    /// The drop when everything else is deleted.
    pub sufficiency: f32,
}

impl HeadReasons {
    /// Takes these words for its own where nothing stands there yet, or where they explain more: what goes with them, less what goes
    /// with everything else.
    fn keep_better(&mut self, words: Vec<(usize, f32)>, rests: &[Prediction]) {
        let effect = Effect::of(self.probability, self.head, self.label, rests);
        let (mine, theirs) = (self.comprehensiveness - self.sufficiency, effect.comprehensiveness - effect.sufficiency);
        if self.words.is_empty() || theirs > mine {
            self.words = words;
            (self.comprehensiveness, self.sufficiency) = (effect.comprehensiveness, effect.sufficiency);
        }
    }
}

impl Explainer<'_> {
    /// The words that drove the answers of `heads`, [`WORDS`] a head at most; a head that has no answer is left out. Asks the models four
    /// times at most: about the whole text, for the proposal (a text of few words needs none), with each word deleted, and
    /// for comprehensiveness and sufficiency, where two choices of words may stand against each other.
    ///
    /// # Errors
    /// Where a model fails.
    pub fn explain(&self, reading: &Reading, heads: &[Head]) -> Result<Reasons> {
        let mut calls = 0;
        let mut ask = |readings: &[&Reading]| {
            calls += 1;
            self.predict(readings)
        };
        let whole = ask(&[reading])?.pop().expect("one prediction a reading");
        let chosen = |&head: &Head| whole.best(head).map(|(label, probability)| (head, label, probability));
        let chosen: Vec<(Head, usize, f32)> = heads.iter().filter_map(chosen).collect();
        let targets: Vec<(Head, usize)> = chosen.iter().map(|&(head, label, _)| (head, label)).collect();
        let units = unit::units(reading);
        let proposal = proposal::propose(self, reading, &units, &targets)?;
        let candidates = &proposal.candidates;

        let original = reading.text.original();
        let cuts = candidates.iter().map(|&unit| without(original, [&units[unit].span]));
        let cuts = self.reread(cuts)?;
        let lone = if cuts.is_empty() { Vec::new() } else { ask(&cuts.iter().collect::<Vec<_>>())? };
        let mut of_heads: Vec<HeadReasons> = Vec::with_capacity(chosen.len());
        // For each head one or two choices of words: those whose own proof is the strongest, and those of the proven ones that were foretold.
        let mut choices: Vec<(usize, Vec<(usize, f32)>)> = Vec::new();
        for (place, &(head, label, probability)) in chosen.iter().enumerate() {
            let drops = candidates.iter().zip(&lone).map(|(&unit, rest)| (unit, probability - rest[head][label]));
            let mut proven: Vec<(usize, f32)> = drops.filter(|(_, drop)| *drop >= LEAST).collect();
            proven.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            if let Some(order) = proposal.orders.get(place) {
                let place_of = |unit: usize| proven.iter().position(|&(other, _)| other == unit);
                let mut foretold: Vec<usize> = order.iter().filter_map(|&unit| place_of(unit)).take(WORDS).collect();
                foretold.sort_unstable();
                // The same words need no second proof.
                if foretold.last().is_some_and(|&last| last >= WORDS) {
                    choices.push((place, foretold.into_iter().map(|at| proven[at]).collect()));
                }
            }
            proven.truncate(WORDS);
            choices.push((place, proven));
            let nothing =
                HeadReasons { head, label, probability, words: vec![], comprehensiveness: 0.0, sufficiency: 0.0 };
            of_heads.push(nothing);
        }
        if !choices.is_empty() {
            let words: Vec<Vec<usize>> =
                choices.iter().map(|(_, words)| words.iter().map(|&(unit, _)| unit).collect()).collect();
            let rests = self.rests(reading, &units, &words)?;
            let rests = ask(&rests.iter().collect::<Vec<_>>())?;
            for ((place, words), rests) in choices.into_iter().zip(rests.chunks_exact(2)) {
                of_heads[place].keep_better(words, rests);
            }
        }
        let (candidates, calls) = (candidates.len(), calls + proposal.calls);
        Ok(Reasons { units, heads: of_heads, candidates, calls })
    }

    /// How well any choice of words (places in `reasons.units`) explains the label of a head: one effect a choice, all in
    /// one call of the models. What our own words are compared with.
    ///
    /// # Errors
    /// Where a model fails.
    pub fn effects(
        &self,
        reading: &Reading,
        reasons: &Reasons,
        choices: &[(&HeadReasons, Vec<usize>)],
    ) -> Result<Vec<Effect>> {
        let words: Vec<Vec<usize>> = choices.iter().map(|(_, words)| words.clone()).collect();
        let rests = self.rests(reading, &reasons.units, &words)?;
        let rests = self.predict(&rests.iter().collect::<Vec<_>>())?;
        let pairs = choices.iter().zip(rests.chunks_exact(2));
        Ok(pairs.map(|((of, _), rests)| Effect::of(of.probability, of.head, of.label, rests)).collect())
    }

    /// The words of a text in the order of what the linear model alone thinks that they did for a label, strongest first;
    /// nothing where the bundle has no such model.
    pub fn linear_order(&self, reading: &Reading, units: &[Unit], target: (Head, usize)) -> Option<Vec<usize>> {
        let contributions = self.linear?.contributions(reading, &[target]).pop()?;
        Some(proposal::order(&unit::sums(units, &contributions)))
    }

    /// For each choice of words the text without them, then the text of nothing but them.
    fn rests(&self, reading: &Reading, units: &[Unit], choices: &[Vec<usize>]) -> Result<Vec<Reading>> {
        let original = reading.text.original();
        self.reread(choices.iter().flat_map(|words| {
            let spans = || words.iter().map(|&unit| &units[unit].span);
            [without(original, spans()), only(original, spans())]
        }))
    }

    fn reread(&self, texts: impl Iterator<Item = String>) -> Result<Vec<Reading>> {
        texts.map(|text| reread(self.segmenter, &text)).collect()
    }

    fn predict(&self, readings: &[&Reading]) -> Result<Vec<Prediction>> {
        if readings.is_empty() {
            return Ok(Vec::new());
        }
        let transformer = self.transformer.map(|model| model as &dyn Classifier);
        let linear = self.linear.map(|model| model as &dyn Classifier);
        self.calibrations.predict(self.which, transformer, linear, readings)
    }
}
