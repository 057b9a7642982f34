//! The order among agents who may take a ticket, and the order among tickets that wait.

use super::{Agent, StaffRule, Strategy, Waiting};
use serde::Serialize;
use std::cmp::Ordering;

/// What set one agent before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tie {
    /// Better at what the ticket needs.
    Skill,
    /// The smaller share of the capacity, with this ticket.
    Load,
    /// Longer without a new ticket.
    Rest,
    /// Equal in all of it; the order of ids decides.
    Id,
}

impl Strategy {
    /// The keys of the order, first one first.
    fn keys(self) -> &'static [Tie] {
        match self {
            Strategy::LeastLoad => &[Tie::Load, Tie::Rest, Tie::Id],
            Strategy::RoundRobin => &[Tie::Rest, Tie::Load, Tie::Id],
            Strategy::SkillFirst => &[Tie::Skill, Tie::Load, Tie::Rest, Tie::Id],
        }
    }

    /// Who of two is first, and by which key.
    pub(super) fn compare(self, rule: &StaffRule, ticket: &Waiting, a: &Agent, b: &Agent) -> (Ordering, Tie) {
        let keys = self.keys().iter();
        let judged = keys.map(|&key| (order(key, rule, ticket, a, b), key));
        judged.into_iter().find(|(order, _)| order.is_ne()).unwrap_or((Ordering::Equal, Tie::Id))
    }
}

fn order(key: Tie, rule: &StaffRule, ticket: &Waiting, a: &Agent, b: &Agent) -> Ordering {
    match key {
        Tie::Skill => worst_skill(ticket, b).cmp(&worst_skill(ticket, a)),
        Tie::Load => {
            // Shares as fractions, compared without rounding: x / c < y / d where x * d < y * c.
            let [x, y] = [a, b].map(|agent| u128::from(load_with(rule, ticket, agent)));
            (x * u128::from(b.capacity)).cmp(&(y * u128::from(a.capacity)))
        }
        // Who never had one comes first: None is the least.
        Tie::Rest => a.last_assigned_at.cmp(&b.last_assigned_at),
        Tie::Id => a.id.cmp(&b.id),
    }
}

/// What the agent's tickets weigh once this one is among them.
pub(super) fn load_with(rule: &StaffRule, ticket: &Waiting, agent: &Agent) -> u64 {
    agent.load(rule).saturating_add(rule.weight(ticket.priority.as_deref()))
}

/// How good the agent is at what he is worst at of what the ticket needs; the same for all where it needs nothing.
pub(super) fn worst_skill(ticket: &Waiting, agent: &Agent) -> u8 {
    ticket.skills.iter().map(|skill| agent.skills.get(skill).copied().unwrap_or(0)).min().unwrap_or(0)
}

/// The order in which waiting tickets are served: the more urgent, then the nearer deadline (none comes last), then the
/// older, then the id.
pub(super) fn compare_waiting(rule: &StaffRule, a: &Waiting, b: &Waiting) -> Ordering {
    let key = |ticket: &Waiting| {
        let urgency = rule.urgency(ticket.priority.as_deref());
        (urgency, ticket.deadline.is_none(), ticket.deadline, ticket.created_at)
    };
    key(a).cmp(&key(b)).then_with(|| a.id.cmp(&b.id))
}
