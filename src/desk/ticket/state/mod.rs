//! What a ticket is after its history: a pure fold over the events.

mod fold;
mod parts;
#[cfg(test)]
mod tests;

pub use parts::{Approval, Dispatch, Held, Move, MoveCause, Pause, PauseKind, Proposal, Route};

use super::{
    By, Number,
    event::{Ending, Evidence, Head, Relation, Subject},
    node::{Node, Status},
};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A ticket as it stands after some event of its history.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ticket {
    /// The complaint number.
    pub number: Number,
    /// The number of events so far, which is the sequence of the last.
    pub version: u64,
    /// When the complaint came in.
    pub opened_at: Timestamp,
    /// When the last event happened.
    pub changed_at: Timestamp,
    /// Where it came in.
    pub channel: Option<String>,
    /// The id of the customer; none for an anonymous complaint.
    pub customer: Option<String>,
    /// The node of the process.
    pub node: Node,
    /// Why nobody works on it although somebody could. The node stays what it was, so it goes on from there.
    pub pause: Option<Pause>,
    /// Whether it was registered.
    pub accepted: bool,
    /// Whether somebody began to work on it, ever.
    pub started: bool,
    /// Who has it, by id; none before it is dispatched and after it bounced.
    pub department: Option<String>,
    /// The group inside the department, by id.
    pub group: Option<String>,
    /// The person, by id.
    pub agent: Option<String>,
    /// Set where departments play ping-pong with it: a supervisor says where it belongs.
    pub held: Option<Held>,
    /// How urgent, by id.
    pub priority: String,
    /// The labels that hold, by head: the classifier's, as far as nobody corrected them.
    pub labels: BTreeMap<Head, BTreeSet<String>>,
    /// Whether the engine has read it.
    pub classified: bool,
    /// The heads about which people have said what is right.
    pub corrected: BTreeSet<Head>,
    /// What happened, as far as it was found out.
    pub findings: Option<String>,
    /// The plan that is in force.
    pub proposal: Option<Proposal>,
    /// What a supervisor is asked now; there is one exactly while the node is [`Node::Review`].
    pub approval: Option<Approval>,
    /// How often the customer heard from us.
    pub responses: u32,
    /// How often the customer wrote or called after the complaint.
    pub replies: u32,
    /// Since when the customer has known the result without a word; none where a reply waits for an answer.
    pub silent_since: Option<Timestamp>,
    /// When the customer confirmed.
    pub confirmed_at: Option<Timestamp>,
    /// How and when it ended; there is one exactly while the node is [`Node::Archive`].
    pub end: Option<(End, Timestamp)>,
    /// How often it was begun again.
    pub reopened: u32,
    /// Where it was sent, and who sent it on.
    pub route: Route,
    /// Those that go on in it.
    pub absorbed: BTreeSet<Number>,
    /// The complaints that have to do with it.
    pub links: BTreeSet<(Number, Relation)>,
    /// The incidents that it belongs to, by id.
    pub incidents: BTreeSet<String>,
    /// The files that were brought, in order.
    pub evidence: Vec<Evidence>,
}

/// How a ticket ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Closed.
    Closed(Ending),
    /// Taken back by the customer.
    Withdrawn,
    /// It goes on in another, and takes nothing but notes.
    Merged(Number),
}

impl Ticket {
    /// The state that lists and customers see.
    pub fn status(&self) -> Status {
        self.node.status()
    }

    /// Whether it goes on in another ticket, and in which.
    pub fn merged_into(&self) -> Option<Number> {
        match self.end {
            Some((End::Merged(into), _)) => Some(into),
            _ => None,
        }
    }

    /// Where it stands, for messages: `handle (processing), suspended`.
    pub fn stands(&self) -> String {
        let mut stands = format!("{} ({})", self.node.id(), self.status().id());
        if let Some(into) = self.merged_into() {
            stands += &format!(", merged into {into}");
        }
        match self.pause.as_ref().map(|pause| pause.kind) {
            Some(PauseKind::Suspended) => stands += ", suspended",
            Some(PauseKind::WaitingForCustomer) => stands += ", waiting for the customer",
            Some(PauseKind::WaitingForThirdParty) => stands += ", waiting for a third party",
            None => {}
        }
        if self.held.is_some() {
            stands += ", held for a supervisor";
        }
        stands
    }

    /// The node as the customer sees it: that a supervisor is asked to close without the customer's word shows nowhere.
    pub fn public_node(&self) -> Node {
        match &self.approval {
            Some(approval) if approval.subject == Subject::Closing => approval.from,
            _ => self.node,
        }
    }

    /// Whether work on it can go on: not ended, paused, held, nor with a supervisor.
    pub(super) fn is_free(&self) -> bool {
        self.end.is_none() && self.pause.is_none() && self.held.is_none() && self.approval.is_none()
    }

    /// Whether somebody is the one who proposed what is in force.
    pub(super) fn was_proposed_by(&self, by: &By) -> bool {
        self.proposal.as_ref().is_some_and(|proposal| proposal.by == *by)
    }
}
