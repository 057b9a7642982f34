//! What a ticket's state is made of.

use crate::desk::ticket::{
    By, Node, Role,
    event::{ApprovalReason, Cause, Subject},
};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// Why nobody works on a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseKind {
    /// The customer has to answer.
    WaitingForCustomer,
    /// A carrier, a maker or an authority has to.
    WaitingForThirdParty,
    /// Work was put aside.
    Suspended,
}

/// A pause that lasts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pause {
    /// Which pause.
    pub kind: PauseKind,
    /// Why, masked.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
    /// When it should end by itself: the caller resumes it then, in the name of the system.
    pub until: Option<Timestamp>,
    /// Where it came from and goes on.
    pub from: Node,
}

/// What is to be done for the customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// What, masked.
    pub plan: String,
    /// What the customer gets, in fen (0.01 yuan).
    pub compensation_fen: u64,
    /// Who proposed it, and so may not approve it.
    pub by: By,
}

/// What a supervisor is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Approval {
    /// What it is about.
    pub subject: Subject,
    /// Why.
    pub reasons: Vec<ApprovalReason>,
    /// Why it should be closed, where that is what is asked.
    pub closing: Option<String>,
    /// Who asked.
    pub by: By,
    /// Since when.
    pub since: Timestamp,
    /// Where the ticket goes back to when the answer is no.
    pub from: Node,
}

/// Two departments that sent a ticket to and fro.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Held {
    /// Who was about to send it once more.
    pub from: String,
    /// To whom.
    pub to: String,
}

/// The first time that a ticket got a department.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dispatch {
    /// Which department.
    pub department: String,
    /// The system, or a person.
    pub by: Role,
    /// When.
    pub at: Timestamp,
}

/// Why a ticket went from one department to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MoveCause {
    /// The one gave it back, the other got it then.
    Bounced,
    /// Sent straight on because it was wrong there.
    Misrouted,
    /// Sent on because that part was done.
    NextStep,
    /// Sent on to somebody who knows more.
    Expertise,
}

impl MoveCause {
    /// Whether it says that the department before was the wrong one.
    pub fn is_misroute(self) -> bool {
        matches!(self, MoveCause::Bounced | MoveCause::Misrouted)
    }
}

impl From<Cause> for MoveCause {
    fn from(cause: Cause) -> Self {
        match cause {
            Cause::Misrouted => MoveCause::Misrouted,
            Cause::NextStep => MoveCause::NextStep,
            Cause::Expertise => MoveCause::Expertise,
        }
    }
}

/// A step from one department to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Move {
    /// From where.
    pub from: String,
    /// To where.
    pub to: String,
    /// Why.
    pub cause: MoveCause,
    /// When.
    pub at: Timestamp,
}

/// Where a ticket was sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Route {
    /// The first department; none while there was none.
    pub first: Option<Dispatch>,
    /// Whether the first department said that it was wrong there.
    pub first_was_wrong: bool,
    /// The steps, in order.
    pub moves: Vec<Move>,
    /// Who gave it back, while no other department has got it.
    pub bounced_by: Option<String>,
    /// How often each department gave it back.
    pub bounces: BTreeMap<String, u64>,
    /// The steps that were not made because they would have been ping-pong.
    pub stopped: Vec<Held>,
}

impl Route {
    /// How often a ticket was sent between two departments, in either direction, because it was wrong at one of them.
    pub fn misroutes_between(&self, one: &str, other: &str) -> usize {
        let between = |step: &&Move| (step.from == one && step.to == other) || (step.from == other && step.to == one);
        self.moves.iter().filter(between).filter(|step| step.cause.is_misroute()).count()
    }

    /// Notes that a department sent it away.
    pub(super) fn leave(&mut self, department: &str, misroute: bool) {
        let first = self.moves.is_empty() && self.bounces.is_empty();
        let from_first = self.first.as_ref().is_some_and(|dispatch| dispatch.department == department);
        self.first_was_wrong |= first && from_first && misroute;
    }
}
