//! What happened to a ticket. Events are only ever added; everything else is computed from them.

mod fact;
mod parts;
#[cfg(test)]
mod tests;

pub use fact::Fact;
pub use parts::{ApprovalReason, Cause, Ending, Evidence, Head, Party, PriorityCause, Relation, Subject, Visibility};

use super::By;
use crate::{Error, Result};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};

/// One entry of a ticket's history.
///
/// As JSON: `{"sequence": 3, "at": "…", "actor": {"role": "agent", "id": "a7"}, "kind": "bounced", "facts": {…}, "note": "…"}`.
/// Read it with [`Event::from_json`] or, from columns, [`Event::from_parts`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Event {
    /// The place in the history, from 1; after it the ticket is at the version of the same number.
    pub sequence: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    #[serde(rename = "actor")]
    pub by: By,
    /// What.
    #[serde(flatten)]
    pub fact: Fact,
    /// What whoever did it wrote beside it, for staff only; masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The frame around the facts, which are read when their kind is known.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Frame {
    sequence: u64,
    at: Timestamp,
    actor: By,
    kind: String,
    #[serde(default)]
    facts: Option<Box<RawValue>>,
    #[serde(default)]
    note: Option<String>,
}

impl Event {
    /// Reads a stored event.
    ///
    /// # Errors
    /// [`Error::UnknownEventKind`] with the kind; [`Error::TicketHistory`] where the form is not an event's.
    pub fn from_json(json: &str) -> Result<Self> {
        let frame: Frame = serde_json::from_str(json).map_err(|fault| {
            // The message of `fault` may quote what is stored, the place does not.
            let reason = format!("line {}, column {} is not the form of an event", fault.line(), fault.column());
            Error::TicketHistory { sequence: sequence_of(json), reason }
        })?;
        let facts = frame.facts.as_deref().map(RawValue::get);
        Event::from_parts(frame.sequence, frame.at, frame.actor, &frame.kind, facts, frame.note)
    }

    /// Puts a stored event together from columns; `facts` is JSON, none for kinds without facts.
    ///
    /// # Errors
    /// As [`Event::from_json`].
    pub fn from_parts(
        sequence: u64,
        at: Timestamp,
        by: By,
        kind: &str,
        facts: Option<&str>,
        note: Option<String>,
    ) -> Result<Self> {
        if !Fact::KINDS.contains(&kind) {
            return Err(Error::UnknownEventKind { sequence, kind: kind.chars().take(64).collect() });
        }
        let unfit =
            || Error::TicketHistory { sequence, reason: format!("the facts are not those of the kind `{kind}`") };
        let mut tagged = serde_json::Map::from_iter([("kind".to_owned(), Value::from(kind))]);
        if let Some(facts) = facts {
            tagged.insert("facts".into(), serde_json::from_str(facts).map_err(|_| unfit())?);
        }
        let fact = serde_json::from_value(Value::Object(tagged)).map_err(|_| unfit())?;
        Ok(Event { sequence, at, by, fact, note })
    }

    /// The facts as JSON, for a column of their own; none for kinds without.
    pub fn facts(&self) -> Option<String> {
        let mut tagged =
            serde_json::to_value(&self.fact).expect("facts are texts, numbers and lists: all of them JSON");
        tagged.get_mut("facts").map(Value::take).map(|facts| facts.to_string())
    }
}

/// The place of an event that cannot be read as a whole; 0 where not even that can be told.
fn sequence_of(json: &str) -> u64 {
    serde_json::from_str::<Value>(json).ok().and_then(|event| event.get("sequence")?.as_u64()).unwrap_or(0)
}
