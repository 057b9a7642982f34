//! The hard conditions: whether an agent may take a ticket at all.

use super::{Agent, Presence, StaffRule, Waiting};
use serde::Serialize;

/// Why an agent may not take a ticket: the first condition that fails, those that last before those that pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Unfit {
    /// Not in the ticket's group.
    OtherGroup,
    /// Not in the ticket's department.
    OtherDepartment,
    /// The ticket was bounced too often for anyone but a supervisor.
    NoSupervisor,
    /// A supervisor takes only what was bounced too often.
    SupervisorOnly,
    /// Bounced this ticket before.
    Bounced,
    LacksSkill {
        skill: String,
    },
    /// The ticket weighs more than the agent's whole capacity.
    TooHeavy {
        weight: u64,
        capacity: u32,
    },
    Off,
    Away,
    /// No room beside the open tickets.
    Full {
        load: u64,
        weight: u64,
        capacity: u32,
    },
}

impl Unfit {
    /// Whether it passes by itself: the agent returns, or closes tickets.
    pub fn passes(&self) -> bool {
        matches!(self, Unfit::Off | Unfit::Away | Unfit::Full { .. })
    }
}

/// Whether the agent may take the ticket on top of a load.
///
/// # Errors
/// The first condition that fails.
pub(super) fn fit(rule: &StaffRule, agent: &Agent, load: u64, ticket: &Waiting) -> Result<(), Unfit> {
    let for_supervisor = ticket.is_for_supervisor(rule);
    let (weight, capacity) = (rule.weight(ticket.priority.as_deref()), agent.capacity);
    if let Some(group) = ticket.group.as_ref().filter(|_| !for_supervisor) {
        if !agent.groups.contains(group) {
            return Err(Unfit::OtherGroup);
        }
    } else if !agent.departments.contains(&ticket.department) {
        return Err(Unfit::OtherDepartment);
    }
    if for_supervisor != agent.supervisor {
        return Err(if for_supervisor { Unfit::NoSupervisor } else { Unfit::SupervisorOnly });
    }
    if ticket.bounced_by.contains(&agent.id) {
        return Err(Unfit::Bounced);
    }
    if let Some(skill) = ticket.skills.iter().find(|skill| !for_supervisor && !agent.skills.contains_key(*skill)) {
        return Err(Unfit::LacksSkill { skill: skill.clone() });
    }
    if weight > u64::from(capacity) {
        return Err(Unfit::TooHeavy { weight, capacity });
    }
    match agent.presence {
        Presence::Off => Err(Unfit::Off),
        Presence::Away => Err(Unfit::Away),
        Presence::Present if load.saturating_add(weight) > u64::from(capacity) => {
            Err(Unfit::Full { load, weight, capacity })
        }
        Presence::Present => Ok(()),
    }
}
