//! One ticket, all agents: who takes it.

use super::{
    Agent, StaffRule, Strategy, Waiting,
    fit::{Unfit, fit},
    rank::Tie,
    sentence,
};
use crate::taxonomy::Name;
use serde::Serialize;

/// Why nobody takes a ticket now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Waits {
    /// Everyone who may take it and is there is full.
    ForRoom,
    /// Nobody who may take it is there.
    ForPresence,
    /// Nobody may take it even if all were there and free: only a change of staff, skills or route helps.
    ForStaff,
}

/// Who takes a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "to", rename_all = "snake_case")]
pub enum Outcome {
    Agent { id: String },
    Supervisor { id: String },
    Queued { waits: Waits },
}

/// An agent who was not chosen, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Other {
    pub agent: String,
    /// The condition that failed; absent where the agent may take it but ranks behind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unfit: Option<Unfit>,
    /// What set the chosen one before an agent who might have taken it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behind: Option<Tie>,
    pub reason: Name,
}

/// Who takes a ticket, why, and why not the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Assignment {
    pub ticket: String,
    pub outcome: Outcome,
    pub reason: Name,
    /// Everyone else: those who rank behind in their order, then the others by id.
    pub others: Vec<Other>,
}

/// Who of the agents takes a ticket. The order of `agents` does not matter.
///
/// The answer holds for the snapshot: whoever acts on it claims the ticket and checks the load in one transaction.
pub fn assign(ticket: &Waiting, agents: &[Agent], strategy: Strategy, rule: &StaffRule) -> Assignment {
    let (mut fitting, mut unfit) = (Vec::new(), Vec::new());
    for agent in agents {
        match fit(rule, agent, agent.load(rule), ticket) {
            Ok(()) => fitting.push(agent),
            Err(why) => unfit.push((agent, why)),
        }
    }
    let compare = |a: &Agent, b: &Agent| strategy.compare(rule, ticket, a, b);
    fitting.sort_by(|a, b| compare(a, b).0);
    unfit.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
    let (outcome, reason, behind) = match fitting.split_first() {
        None => {
            let waits = waits(&unfit);
            (Outcome::Queued { waits }, sentence::queued(ticket.is_for_supervisor(rule), waits), &[][..])
        }
        Some((first, behind)) => {
            let decisive = behind.first().map(|second| compare(first, second).1);
            let reason = sentence::chosen(rule, ticket, first, decisive, fitting.len());
            let id = first.id.clone();
            let outcome = if first.supervisor { Outcome::Supervisor { id } } else { Outcome::Agent { id } };
            (outcome, reason, behind)
        }
    };
    let ranked = behind.iter().map(|agent| {
        // `behind` is empty unless someone is first.
        let (_, tie) = compare(fitting[0], agent);
        let reason = sentence::behind(rule, ticket, fitting[0], agent, tie);
        Other { agent: agent.id.clone(), unfit: None, behind: Some(tie), reason }
    });
    let refused = unfit.iter().map(|(agent, why)| Other {
        agent: agent.id.clone(),
        unfit: Some(why.clone()),
        behind: None,
        reason: sentence::unfit(rule, agent, why),
    });
    Assignment { ticket: ticket.id.clone(), outcome, reason, others: ranked.chain(refused).collect() }
}

/// What a ticket that nobody may take now waits for.
fn waits(unfit: &[(&Agent, Unfit)]) -> Waits {
    if unfit.iter().any(|(_, why)| matches!(why, Unfit::Full { .. })) {
        Waits::ForRoom
    } else if unfit.iter().any(|(_, why)| why.passes()) {
        Waits::ForPresence
    } else {
        Waits::ForStaff
    }
}
