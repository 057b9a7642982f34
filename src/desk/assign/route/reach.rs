//! Rules that no ticket can reach, because earlier ones take all that they would take.

use super::{Condition, Rule, condition::Test};

/// A sentence for every rule that can never act, with its line.
pub(super) fn unreachable(rules: &[Rule]) -> Vec<(usize, String)> {
    let warning = |(place, rule): (usize, &Rule)| {
        let earlier = covering(&rules[..place], rule)?;
        let named = |rule: &&Rule| format!("`{}` (line {})", rule.id, rule.line);
        let by = earlier.iter().map(named).collect::<Vec<_>>().join(" and ");
        let take = if earlier.len() == 1 { "takes" } else { "together take" };
        Some((rule.line, format!("rule `{}` can never act: {by} {take} every ticket that it fits", rule.id)))
    };
    rules.iter().enumerate().filter_map(warning).collect()
}

/// The earlier rules that leave nothing to `rule`: one that covers it, or several that share out one of its lists.
fn covering<'r>(earlier: &'r [Rule], rule: &Rule) -> Option<Vec<&'r Rule>> {
    let whole = earlier.iter().find(|other| covers(&other.conditions, &rule.conditions));
    if let Some(whole) = whole {
        return Some(vec![whole]);
    }
    rule.conditions.iter().find_map(|shared| {
        let Test::Labels { ids, .. } = &shared.test else { return None };
        let mut left = ids.clone();
        let mut sharers = Vec::new();
        for other in earlier {
            let (own, rest): (Vec<&Condition>, Vec<&Condition>) =
                other.conditions.iter().partition(|one| one.field == shared.field);
            let [Condition { test: Test::Labels { ids, .. }, .. }] = own[..] else { continue };
            if !ids.is_disjoint(&left) && covers(rest, &rule.conditions) {
                left.retain(|id| !ids.contains(id));
                sharers.push(other);
            }
        }
        left.is_empty().then_some(sharers)
    })
}

/// Whether a ticket that meets all of `inner` meets all of `outer`.
fn covers<'c>(outer: impl IntoIterator<Item = &'c Condition>, inner: &[Condition]) -> bool {
    let met = |one: &Condition| inner.iter().any(|other| other.field == one.field && one.covers(other));
    outer.into_iter().all(met)
}
