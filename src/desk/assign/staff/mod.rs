//! Assignment: who of a group works on a ticket, and what an agent who frees up takes from the queue.
//!
//! A ticket weighs what its priority says; an agent is free for it while the weights of all his open tickets stay within
//! his capacity. Who may take it at all is decided by hard conditions (department or group, presence, skills, room, never
//! back to someone who bounced it); among those who may, the group's strategy ranks, with a fixed order of tie-breaks, so
//! that the same snapshot gives the same answer in whatever order the agents come.
//!
//! A ticket that was bounced as often as the document allows goes to supervisors of its department only, whatever its group and
//! skills, and supervisors take nothing else.

mod choose;
mod drain;
mod fit;
mod rank;
mod sentence;
#[cfg(test)]
mod tests;

pub use choose::{Assignment, Other, Outcome, Waits, assign};
pub use drain::{Drain, Left, Stays, Taken, drain};
pub use fit::Unfit;
pub use rank::Tie;

use crate::taxonomy::Name;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How the tickets of a group are given out among those who may take them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Whose load, this ticket included, is the smallest share of the capacity; then who has waited longest; then the id.
    #[default]
    LeastLoad,
    /// Who has waited longest since the last ticket; then the smaller share; then the id.
    RoundRobin,
    /// Who is best at the skill that the ticket needs (at the worst of several); then as [`Strategy::LeastLoad`].
    SkillFirst,
}

/// Whether an agent is there to work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    Present,
    /// Back soon: a break, a meeting.
    Away,
    /// Not on duty.
    Off,
}

/// A priority and what a ticket of it weighs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    pub id: String,
    pub weight: u32,
}

/// How tickets are given to agents: the `[staff]` part of a routing document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffRule {
    /// For tickets without a group, and for groups that name none.
    pub strategy: Strategy,
    /// A ticket that was bounced so often goes to a supervisor.
    pub bounces: usize,
    /// The priorities, most urgent first.
    pub levels: Vec<Level>,
    /// What people call the skills.
    pub skills: BTreeMap<String, Name>,
}

impl Default for StaffRule {
    /// Least load, to a supervisor after three bounces, every ticket weighs 1.
    fn default() -> Self {
        StaffRule { strategy: Strategy::LeastLoad, bounces: 3, levels: Vec::new(), skills: BTreeMap::new() }
    }
}

impl StaffRule {
    /// The place of a priority, 0 the most urgent. No priority, or one that is no longer known, comes after all.
    fn urgency(&self, priority: Option<&str>) -> usize {
        let place = priority.and_then(|id| self.levels.iter().position(|level| level.id == id));
        place.unwrap_or(self.levels.len())
    }

    /// What a ticket takes of an agent's capacity. No priority, or one that is no longer known, weighs like the heaviest:
    /// rather a ticket too few than one too many.
    pub fn weight(&self, priority: Option<&str>) -> u64 {
        let known = self.levels.iter().find(|level| Some(level.id.as_str()) == priority);
        let heaviest = || self.levels.iter().map(|level| level.weight).max().unwrap_or(1);
        known.map_or_else(heaviest, |level| level.weight).into()
    }
}

/// A snapshot of an agent. Ids are unique.
#[derive(Debug, Clone, PartialEq)]
pub struct Agent {
    pub id: String,
    /// The name that reasons use.
    pub name: String,
    /// The departments that the agent works for.
    pub departments: Vec<String>,
    /// The groups that the agent is in.
    pub groups: Vec<String>,
    /// How good the agent is at what, higher is better.
    pub skills: BTreeMap<String, u8>,
    /// What the open tickets may weigh together.
    pub capacity: u32,
    pub presence: Presence,
    /// Takes what was bounced too often, and nothing else.
    pub supervisor: bool,
    /// The open tickets: how many of each priority; `None` counts those without one.
    pub open: BTreeMap<Option<String>, u32>,
    pub last_assigned_at: Option<Timestamp>,
}

impl Agent {
    /// What the open tickets weigh together.
    pub fn load(&self, rule: &StaffRule) -> u64 {
        let weights = self.open.iter().map(|(priority, count)| rule.weight(priority.as_deref()) * u64::from(*count));
        weights.fold(0, u64::saturating_add)
    }
}

/// A snapshot of a ticket that waits for an agent. Ids are unique.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiting {
    pub id: String,
    pub department: String,
    pub group: Option<String>,
    /// What the agent must be able to do, all of it.
    pub skills: Vec<String>,
    pub priority: Option<String>,
    /// When the next of its clocks runs out.
    pub deadline: Option<Timestamp>,
    pub created_at: Timestamp,
    /// The agents who bounced it, one entry a bounce.
    pub bounced_by: Vec<String>,
}

impl Waiting {
    /// Whether it was bounced so often that only a supervisor may take it.
    pub fn is_for_supervisor(&self, rule: &StaffRule) -> bool {
        self.bounced_by.len() >= rule.bounces
    }
}
