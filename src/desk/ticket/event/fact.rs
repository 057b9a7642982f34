//! The kinds of events and what each says.

use super::parts::{
    ApprovalReason, Cause, Ending, Evidence, Head, Party, PriorityCause, Relation, Subject, Visibility,
};
use crate::{desk::ticket::Number, taxonomy::Name};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What happened. All texts are masked. The name of each kind in snake case is stored and never changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "facts", deny_unknown_fields)]
pub enum Fact {
    /// The complaint came in.
    Opened {
        number: Number,
        channel: Option<String>,
        /// The id of the customer; none for an anonymous complaint.
        customer: Option<String>,
        /// How urgent it is, by id.
        priority: String,
        /// What the classifier said, by head.
        labels: BTreeMap<Head, BTreeSet<String>>,
    },
    /// The engine has read it. Heads that people corrected before keep what they said.
    Classified { priority: String, labels: BTreeMap<Head, BTreeSet<String>> },
    /// It was registered (受理).
    Accepted,
    /// A department got it, and perhaps a group of it or a person.
    Assigned { department: String, group: Option<String>, agent: Option<String> },
    /// Somebody began to work on it.
    Started,
    /// What happened is known (调查).
    Investigated { findings: String },
    /// Somebody else has to act first. What the customer is asked for is public.
    Waiting { on: Party, reason: String, until: Option<Timestamp> },
    /// The customer wrote or called.
    CustomerReplied { text: String },
    /// Work was put aside.
    Suspended { reason: String, until: Option<Timestamp> },
    /// Work goes on.
    Resumed,
    /// There is a plan.
    Proposed { plan: String, compensation_fen: u64 },
    /// A supervisor was asked.
    ApprovalRequested { subject: Subject, reasons: Vec<ApprovalReason>, closing: Option<String> },
    /// The supervisor agreed.
    Approved { subject: Subject },
    /// The supervisor did not.
    Rejected { subject: Subject, reason: String },
    /// It is solved.
    Resolved,
    /// The customer heard from us on the way.
    Responded { text: String },
    /// The customer was told the result (反馈).
    FeedbackGiven { text: String },
    /// The result satisfies.
    CustomerConfirmed,
    /// It does not.
    CustomerDissatisfied { reason: String },
    /// The customer was asked how it went (回访).
    FollowedUp {
        /// From 1, bad, to 5, good.
        score: Option<u8>,
        text: Option<String>,
    },
    /// It is done with (归档).
    Closed { how: Ending, reason: Option<String> },
    /// The customer takes the complaint back.
    Withdrawn { reason: String },
    /// It goes on in another.
    Merged { into: Number },
    /// Another goes on in it.
    Absorbed { from: Number },
    /// It begins again.
    Reopened { reason: String },
    /// A department handed it to another, with what happened so far.
    Transferred { from: String, to: String, cause: Cause, reason: String, summary: Name },
    /// A department gave it back (退单).
    Bounced { from: String, suggested: Option<String>, reason: String },
    /// It was about to go between the same departments once more; a supervisor decides instead.
    PingPongStopped { from: String, to: String, reason: Option<String> },
    /// It has to do with another.
    Linked { other: Number, relation: Relation },
    /// Somebody wrote something.
    Commented { text: String, visibility: Visibility },
    /// Somebody brought a file.
    EvidenceAttached { evidence: Evidence },
    /// A prediction was wrong: none before adds a label, none after takes one away.
    LabelCorrected { head: Head, from: Option<String>, to: Option<String> },
    /// It is more or less urgent than before.
    PriorityChanged { from: String, to: String, cause: PriorityCause },
    /// It belongs to an incident that many complain about.
    IncidentJoined { incident: String },
}

impl Fact {
    /// The names of all kinds.
    pub const KINDS: [&str; 34] = [
        "opened",
        "classified",
        "accepted",
        "assigned",
        "started",
        "investigated",
        "waiting",
        "customer_replied",
        "suspended",
        "resumed",
        "proposed",
        "approval_requested",
        "approved",
        "rejected",
        "resolved",
        "responded",
        "feedback_given",
        "customer_confirmed",
        "customer_dissatisfied",
        "followed_up",
        "closed",
        "withdrawn",
        "merged",
        "absorbed",
        "reopened",
        "transferred",
        "bounced",
        "ping_pong_stopped",
        "linked",
        "commented",
        "evidence_attached",
        "label_corrected",
        "priority_changed",
        "incident_joined",
    ];

    /// The name of its kind, as it is stored.
    pub fn kind(&self) -> &'static str {
        match self {
            Fact::Opened { .. } => "opened",
            Fact::Classified { .. } => "classified",
            Fact::Accepted => "accepted",
            Fact::Assigned { .. } => "assigned",
            Fact::Started => "started",
            Fact::Investigated { .. } => "investigated",
            Fact::Waiting { .. } => "waiting",
            Fact::CustomerReplied { .. } => "customer_replied",
            Fact::Suspended { .. } => "suspended",
            Fact::Resumed => "resumed",
            Fact::Proposed { .. } => "proposed",
            Fact::ApprovalRequested { .. } => "approval_requested",
            Fact::Approved { .. } => "approved",
            Fact::Rejected { .. } => "rejected",
            Fact::Resolved => "resolved",
            Fact::Responded { .. } => "responded",
            Fact::FeedbackGiven { .. } => "feedback_given",
            Fact::CustomerConfirmed => "customer_confirmed",
            Fact::CustomerDissatisfied { .. } => "customer_dissatisfied",
            Fact::FollowedUp { .. } => "followed_up",
            Fact::Closed { .. } => "closed",
            Fact::Withdrawn { .. } => "withdrawn",
            Fact::Merged { .. } => "merged",
            Fact::Absorbed { .. } => "absorbed",
            Fact::Reopened { .. } => "reopened",
            Fact::Transferred { .. } => "transferred",
            Fact::Bounced { .. } => "bounced",
            Fact::PingPongStopped { .. } => "ping_pong_stopped",
            Fact::Linked { .. } => "linked",
            Fact::Commented { .. } => "commented",
            Fact::EvidenceAttached { .. } => "evidence_attached",
            Fact::LabelCorrected { .. } => "label_corrected",
            Fact::PriorityChanged { .. } => "priority_changed",
            Fact::IncidentJoined { .. } => "incident_joined",
        }
    }
}
