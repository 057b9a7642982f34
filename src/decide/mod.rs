//! Stage 8: dispatch, suggest, or let a person look.

mod bands;
mod receipt;
mod sentence;
#[cfg(test)]
mod tests;

pub use bands::{Bands, HeadBands};
pub use receipt::{Change, Chosen, Level, Receipt, Rule, complaint_hash};

use crate::{
    classify::{Answer, Head, Prediction},
    decision::{Action, Band, Verdict},
    policy::Policy,
    prioritize::Urgency,
    taxonomy::{Language, Taxonomy},
};

/// Why a head's band is what it is.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Confidence {
    band: Band,
    /// Of the best label.
    probability: f32,
    /// The second best label where its closeness, not the best one's probability, set the band.
    rival: Option<usize>,
}

/// The band of a head's best label under the policy. A head that the bundle lacks needs a person, and so does a text that
/// looks so foreign (`out_of_scope`) that its probabilities mean nothing.
pub fn band(policy: &Policy, head: Head, prediction: &Prediction, out_of_scope: Option<f32>) -> Band {
    if outside(policy, out_of_scope) {
        return Band::Review;
    }
    confidence(policy, head, prediction).map_or(Band::Review, |confidence| confidence.band)
}

/// Whether a text looks more foreign than the policy lets pass. Without a score nothing does.
pub fn outside(policy: &Policy, out_of_scope: Option<f32>) -> bool {
    out_of_scope.is_some_and(|score| score > policy.out_of_scope())
}

/// What to do, and why, in one sentence of a language.
///
/// The least sure of the heads that the policy names decides; heads that the bundle lacks are passed over. Signals and
/// levels that the policy wants confirmed keep a sure complaint from automatic dispatch. A text from outside what the bundle
/// knows goes to a person, however sure the heads are; a signal that the policy wants confirmed is named there too, or else the most urgent level.
pub fn verdict_in(
    language: Language,
    policy: &Policy,
    taxonomy: &Taxonomy,
    prediction: &Prediction,
    urgency: Option<&Urgency>,
    out_of_scope: Option<f32>,
) -> Verdict {
    if outside(policy, out_of_scope) {
        // Whoever opens it must not take it for an advertisement when it may speak of an injury.
        let most_urgent = urgency.filter(|urgency| urgency.level == 0).map(|_| {
            let level = &taxonomy.priorities[0].label.name;
            sentence::But::Level(level.get(language).to_owned())
        });
        let signal = urgency.and_then(|urgency| wanted_signal(policy, urgency));
        let signal = signal.map(|id| sentence::But::Signal(policy.signal_name(taxonomy, id, language)));
        return Verdict { action: Action::Review, reason: sentence::foreign(language, signal.or(most_urgent)) };
    }
    let named = policy.decide.heads.iter().copied();
    let mut judged: Vec<(Head, Confidence)> =
        named.filter_map(|head| Some((head, confidence(policy, head, prediction)?))).collect();
    if judged.is_empty() {
        // A bundle that routes nothing (emotions only) is judged by what it does say.
        judged.extend(Head::ALL.into_iter().find_map(|head| Some((head, confidence(policy, head, prediction)?))));
    }
    let Some(&(head, least)) = judged.iter().reduce(|a, b| if rank(b.1.band) > rank(a.1.band) { b } else { a }) else {
        return Verdict { action: Action::Review, reason: sentence::nothing_known(language) };
    };
    let subject = sentence::Subject { language, taxonomy, prediction, head };
    let confirm = urgency.and_then(|urgency| to_confirm(policy, urgency));
    let (action, reason) = match (least.band, confirm) {
        (Band::Auto, None) => (Action::Dispatch, subject.sure(least.probability)),
        (Band::Auto, Some(Confirm::Signal(id))) => {
            (Action::Suggest, subject.signal(&policy.signal_name(taxonomy, id, language)))
        }
        (Band::Auto, Some(Confirm::Level(level))) => (Action::Suggest, subject.level(level)),
        (Band::Suggest, _) => (Action::Suggest, subject.likely(least.probability)),
        (Band::Review, _) => (
            Action::Review,
            match least.rival {
                Some(rival) => subject.close(rival),
                None => subject.unsure(least.probability),
            },
        ),
    };
    Verdict { action, reason }
}

enum Confirm<'u> {
    Signal(&'u str),
    Level(usize),
}

/// The first thing about a complaint that the policy wants a person to confirm.
fn to_confirm<'u>(policy: &Policy, urgency: &'u Urgency) -> Option<Confirm<'u>> {
    let level = policy.decide.confirm_levels.contains(&urgency.level).then_some(Confirm::Level(urgency.level));
    wanted_signal(policy, urgency).map(Confirm::Signal).or(level)
}

/// The first signal that fired of those that the policy wants confirmed.
fn wanted_signal<'u>(policy: &Policy, urgency: &'u Urgency) -> Option<&'u str> {
    let mut fired = urgency.reasons.iter().map(|reason| reason.signal.as_str());
    fired.find(|signal| policy.decide.confirm_signals.iter().any(|id| id == signal))
}

fn rank(band: Band) -> u8 {
    match band {
        Band::Auto => 0,
        Band::Suggest => 1,
        Band::Review => 2,
    }
}

/// How sure a head is; `None` where the bundle lacks it.
fn confidence(policy: &Policy, head: Head, prediction: &Prediction) -> Option<Confidence> {
    let values = &prediction[head];
    let thresholds = policy.thresholds(head);
    let (probability, rival) = match head.answer() {
        Answer::OneOf => {
            let (best, probability) = prediction.best(head)?;
            let others = values.iter().copied().enumerate().filter(|(index, _)| *index != best);
            let second = others.max_by(|a, b| a.1.total_cmp(&b.1));
            (probability, second.filter(|(_, p)| probability - p < thresholds.margin).map(|(index, _)| index))
        }
        // Of any-of labels, the one that is nearest to a coin's throw.
        Answer::AnyOf => (values.iter().map(|p| p.max(1.0 - p)).min_by(f32::total_cmp)?, None),
        Answer::Scalar => (values.first().map(|s| (1.0 + s.abs()) / 2.0)?, None),
    };
    let band = if rival.is_some() || probability < thresholds.suggest {
        Band::Review
    } else if probability < thresholds.auto {
        Band::Suggest
    } else {
        Band::Auto
    };
    Some(Confidence { band, probability, rival })
}
