//! What somebody wants to do to a ticket.

mod kind;
#[cfg(test)]
mod tests;

pub use kind::ActionKind;

use super::{
    Expected, Number,
    event::{Cause, Evidence, Head, Party, Relation, Visibility},
};
use jiff::Timestamp;
use serde::Deserialize;

/// An action with what belongs to every one: the version that it is meant for and a note.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    /// What.
    pub action: Action,
    /// The version of the ticket that whoever wants it has seen.
    pub expected: Expected,
    /// For staff, masked; kept with the first event that comes of it.
    pub note: Option<String>,
}

impl Command {
    /// For whichever version, without a note.
    pub fn new(action: Action) -> Self {
        Command { action, expected: Expected::Any, note: None }
    }

    /// The same for some versions only.
    pub fn expecting(mut self, expected: Expected) -> Self {
        self.expected = expected;
        self
    }

    /// The same with a note.
    pub fn noted(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }
}

impl From<Action> for Command {
    fn from(action: Action) -> Self {
        Command::new(action)
    }
}

/// What can be done to a ticket. All texts are masked before they come here.
///
/// As JSON: `{"kind": "transfer", "department": "logistics", "cause": "misrouted", "reason": "…"}`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum Action {
    /// Register it.
    Accept {},
    /// Give it to a department and perhaps a group or a person, or to somebody else of its department.
    Assign { department: String, group: Option<String>, agent: Option<String> },
    /// Begin to work on it; who begins without being named becomes its agent.
    Start {},
    /// Say what happened.
    Investigate { findings: String },
    /// Wait for somebody. A wait for the customer ends with a reply.
    Wait { on: Party, reason: String, until: Option<Timestamp> },
    /// Put it aside.
    Suspend { reason: String, until: Option<Timestamp> },
    /// Go on after waiting or suspending, where it was.
    Resume {},
    /// Say what is to be done, and what it costs in fen (0.01 yuan).
    Propose {
        plan: String,
        #[serde(default)]
        compensation_fen: u64,
    },
    /// Ask a supervisor although the policy does not.
    RequestApproval {},
    /// Agree with what was asked.
    Approve {},
    /// Disagree.
    Reject { reason: String },
    /// What was proposed is done. Where the policy wants approval by now, that is asked for first.
    Resolve {},
    /// Tell the customer something on the way.
    Respond { text: String },
    /// Tell the customer the result.
    GiveFeedback { text: String },
    /// Record what the customer wrote or said.
    Reply { text: String },
    /// The customer is satisfied. Staff who record it note how they know.
    Confirm {},
    /// The customer is not.
    Dispute { reason: String },
    /// Record how the customer found it.
    FollowUp { score: Option<u8>, text: Option<String> },
    /// Be done with it. The reason is needed where the customer has not confirmed and the time to reply is not over.
    Close { reason: Option<String> },
    /// The customer takes it back. Staff who record it note how they know.
    Withdraw { reason: String },
    /// Go on in another ticket; that one gets an `Absorb`.
    Merge { into: Number },
    /// Take in another ticket; that one gets a `Merge`.
    Absorb { from: Number },
    /// Begin again.
    Reopen { reason: String },
    /// Hand it to another department.
    Transfer { department: String, cause: Cause, reason: String },
    /// Give it back to whoever dispatches (退单).
    Bounce { suggested: Option<String>, reason: String },
    /// Note that another complaint has to do with it.
    Link { other: Number, relation: Relation },
    /// Write something.
    Comment { text: String, visibility: Visibility },
    /// Add a file that is stored already.
    Attach { evidence: Evidence },
    /// Say which label is right.
    CorrectLabel { head: Head, from: Option<String>, to: Option<String> },
    /// Make it more or less urgent.
    ChangePriority { to: String, reason: String },
    /// Make it a member of an incident, at least as urgent as that.
    JoinIncident { incident: String, priority: String },
}

impl Action {
    /// The same with everything that somebody wrote passed through a function: the mask.
    pub fn map_texts(mut self, map: impl Fn(&str) -> String) -> Self {
        let text = match &mut self {
            Action::Investigate { findings: text }
            | Action::Wait { reason: text, .. }
            | Action::Suspend { reason: text, .. }
            | Action::Propose { plan: text, .. }
            | Action::Reject { reason: text }
            | Action::Respond { text }
            | Action::GiveFeedback { text }
            | Action::Reply { text }
            | Action::Dispute { reason: text }
            | Action::Withdraw { reason: text }
            | Action::Reopen { reason: text }
            | Action::Transfer { reason: text, .. }
            | Action::Bounce { reason: text, .. }
            | Action::Comment { text, .. }
            | Action::ChangePriority { reason: text, .. } => Some(text),
            Action::FollowUp { text, .. } | Action::Close { reason: text } => text.as_mut(),
            Action::Accept {}
            | Action::Assign { .. }
            | Action::Start {}
            | Action::Resume {}
            | Action::RequestApproval {}
            | Action::Approve {}
            | Action::Resolve {}
            | Action::Confirm {}
            | Action::Merge { .. }
            | Action::Absorb { .. }
            | Action::Link { .. }
            | Action::Attach { .. }
            | Action::CorrectLabel { .. }
            | Action::JoinIncident { .. } => None,
        };
        if let Some(text) = text {
            *text = map(text);
        }
        self
    }
}
