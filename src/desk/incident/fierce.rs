//! Fierce anger and threats.

use super::{IncidentPolicy, Rule, Signal, sentence};
use crate::desk::ticket::Number;

/// What a decision says of one complaint, beside its labels.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Mood {
    /// The emotion, by id.
    pub emotion: Option<String>,
    /// From 0, none, to one less than the taxonomy's levels.
    pub intensity: f32,
    /// The flags that were set.
    pub flags: Vec<String>,
    /// The signals that fired in the words, by id.
    pub signals: Vec<String>,
}

/// What the rules for fierce complaints say of one: a signal for each that fires, in the order of the policy.
pub fn fierce(number: Number, mood: &Mood, policy: &IncidentPolicy) -> Vec<Signal> {
    let fired = policy.fierce.iter().filter_map(|rule| {
        let feels = mood.emotion.as_ref().and_then(|emotion| {
            let label = rule.emotions.iter().find(|(id, _)| id == emotion)?;
            (mood.intensity >= rule.intensity).then_some(&label.1)
        });
        let said = |wanted: &[(String, _)], found: &[String]| -> Vec<_> {
            wanted.iter().filter(|(id, _)| found.contains(id)).map(|(_, name)| name).cloned().collect()
        };
        let names = [said(&rule.signals, &mood.signals), said(&rule.flags, &mood.flags)].concat();
        if feels.is_none() && names.is_empty() {
            return None;
        }
        Some(Signal {
            rule: Rule::Fierce,
            key: format!("{}/{}/{number}", Rule::Fierce.id(), rule.id),
            members: vec![number],
            reason: sentence::fierce(feels, mood.intensity, &names),
            raise_to: rule.then.raise_to.clone(),
            level: rule.then.level,
            notify: rule.then.notify.clone(),
            incident: None,
        })
    });
    fired.collect()
}
