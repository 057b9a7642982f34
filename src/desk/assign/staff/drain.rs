//! One agent, all waiting tickets: what the agent takes.

use super::{
    Agent, StaffRule, Waiting,
    fit::{Unfit, fit},
    rank::compare_waiting,
    sentence,
};
use crate::taxonomy::Name;
use serde::Serialize;

/// A ticket that goes to the agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Taken {
    pub ticket: String,
    pub reason: Name,
}

/// Why a ticket stays queued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "stays", rename_all = "snake_case")]
pub enum Stays {
    /// The agent may not take it.
    Unfit(Unfit),
    /// A more urgent ticket, which the agent may take once there is room, comes first.
    Behind { ticket: String },
}

/// A ticket that stays queued, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Left {
    pub ticket: String,
    #[serde(flatten)]
    pub stays: Stays,
    pub reason: Name,
}

/// What an agent takes from the queue, and what stays. Every ticket of the queue is in one of the two lists, in the order
/// of service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Drain {
    pub agent: String,
    pub taken: Vec<Taken>,
    pub left: Vec<Left>,
}

/// What an agent who frees up takes: the waiting tickets by priority, deadline and age, while there is room.
///
/// A ticket that would fit in the remaining room does not pass one that is served before it and does not fit: else light
/// tickets would keep a heavy one waiting for ever.
pub fn drain(agent: &Agent, queue: &[Waiting], rule: &StaffRule) -> Drain {
    let mut waiting: Vec<&Waiting> = queue.iter().collect();
    waiting.sort_by(|a, b| compare_waiting(rule, a, b));
    let mut load = agent.load(rule);
    let mut blocker: Option<&Waiting> = None;
    let (mut taken, mut left) = (Vec::new(), Vec::new());
    for ticket in waiting {
        let id = ticket.id.clone();
        match (fit(rule, agent, load, ticket), blocker) {
            (Ok(()), None) => {
                load = load.saturating_add(rule.weight(ticket.priority.as_deref()));
                let reason = sentence::taken(agent, load, taken.len() + 1);
                taken.push(Taken { ticket: id, reason });
            }
            (Ok(()), Some(first)) => {
                let reason = sentence::waits_behind(first);
                left.push(Left { ticket: id, stays: Stays::Behind { ticket: first.id.clone() }, reason });
            }
            (Err(why), _) => {
                if matches!(why, Unfit::Full { .. }) {
                    blocker.get_or_insert(ticket);
                }
                let reason = sentence::unfit(rule, agent, &why);
                left.push(Left { ticket: id, stays: Stays::Unfit(why), reason });
            }
        }
    }
    Drain { agent: agent.id.clone(), taken, left }
}
