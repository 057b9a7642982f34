//! What somebody is to be told: facts, not sentences. [`Templates`](super::Templates) make sentences of them.

mod kind;
#[cfg(test)]
mod tests;

use crate::taxonomy::Name;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

pub use kind::{Audience, Kind};

/// Something that somebody is to be told. Its JSON is what the outbox keeps and what webhooks carry, in the form that
/// Standard Webhooks recommends: `type`, `timestamp`, `data`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// Version 7, given by whoever writes it into the outbox; the same in every attempt, so that a receiver knows a repetition.
    pub id: Uuid,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// When it happened.
    #[serde(rename = "timestamp")]
    pub at: Timestamp,
    /// Whom it is written for.
    pub audience: Audience,
    /// What templates may tell of it.
    #[serde(rename = "data")]
    pub facts: Facts,
}

/// What is known of what happened. What does not apply is none; a template leaves out the line that needs it. Nothing here
/// may be a customer's name, a contact or a text that was not masked, and no link that opens a ticket to whoever holds it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Facts {
    /// The complaint number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// What the complaint is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<Name>,
    /// Its priority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<Name>,
    /// The department that has it now; for a customer, the public name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<Name>,
    /// The department that had it before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Name>,
    /// Who works on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<Agent>,
    /// The stage that it is at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<Name>,
    /// What was said, asked, summed up or decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<Masked>,
    /// By when the customer was promised an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promised: Option<Timestamp>,
    /// Which deadline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock: Option<Name>,
    /// When it is due, or was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// How much of its time is left, in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percent_left: Option<u8>,
    /// The level of the escalation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<u8>,
    /// The incident's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incident: Option<String>,
    /// How many complaints or deadlines it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// The deadlines of a digest, the worst first; fewer than `count` where they are too many for a message.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<Item>,
}

/// Who works on a ticket: its owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    /// The id, which never changes.
    pub id: String,
    /// What colleagues call this person.
    pub name: String,
}

/// One deadline of a digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Warning, breach or escalation.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// The complaint number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Which deadline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<Name>,
    /// When it is due, or was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
}

/// A text in which personal data was masked. It is still a customer's or an agent's text: `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Masked(String);

impl Masked {
    /// Takes the caller's word that the text was masked.
    pub fn new(masked: impl Into<String>) -> Self {
        Masked(masked.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Masked({} characters)", self.0.chars().count())
    }
}
