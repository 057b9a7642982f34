//! A customer who complains again and again.

use super::{
    IncidentPolicy, Member, Rule, Signal,
    member::{fullest, in_order},
    sentence,
};

/// Looks at a new complaint among the others of the same customer: those less than the window of [`IncidentPolicy::repeat`]
/// away from it, or more. Duplicates do not count, and do not fire.
pub fn repeat(new: &Member, others: &[Member], policy: &IncidentPolicy) -> Option<Signal> {
    let rule = policy.repeat.as_ref()?;
    let all = in_order(new, others);
    let counted: Vec<&Member> = all.into_iter().filter(|member| !member.duplicate).collect();
    let place = counted.iter().position(|member| member.number == new.number)?;
    let count = fullest(&counted, place, rule.window);
    if count < rule.count {
        return None;
    }
    Some(Signal {
        rule: Rule::Repeat,
        key: format!("{}/{}", Rule::Repeat.id(), new.number),
        members: vec![new.number],
        reason: sentence::repeat(count, rule.window),
        raise_to: rule.then.raise_to.clone(),
        level: rule.then.level,
        notify: rule.then.notify.clone(),
        incident: None,
    })
}
