//! What a house leaves to agents, and how long it waits: a TOML text, versioned apart from everything else.

mod parse;
#[cfg(test)]
mod tests;

use crate::{
    Error, Result,
    taxonomy::{Label, Name, Taxonomy},
};
use jiff::{SignedDuration, Timestamp};
use std::{collections::BTreeMap, path::Path};

/// When a supervisor has to decide.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApprovalRule {
    /// A compensation above this, in fen; none: never because of the sum.
    pub compensation_above_fen: Option<u64>,
    /// Resolutions of tickets of these priorities, by id.
    pub priorities: Vec<String>,
    /// Closing although the customer has not confirmed, unless the time to reply is over.
    pub closing_unconfirmed: bool,
    /// Whether one who asks may not decide.
    pub four_eyes: bool,
}

/// A checked policy of tickets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketPolicy {
    /// Its name.
    pub id: String,
    /// Its version.
    pub version: String,
    /// When a supervisor has to decide.
    pub approval: ApprovalRule,
    /// Days (24 hours each) after the customer confirmed, until a ticket closes by itself.
    pub close_after_confirmation_days: u16,
    /// Days after the customer was told the result, without a word, until a ticket closes by itself; none: never.
    pub close_without_reply_days: Option<u16>,
    /// Days after its end within which customers and agents may reopen a ticket. Supervisors always may.
    pub reopen_days: u16,
    /// How often a ticket is sent between the same two departments by mistake before a supervisor decides.
    pub ping_pong_moves: usize,
    /// What customers read instead of the taxonomy's name of a department.
    public_departments: BTreeMap<String, Name>,
}

impl TicketPolicy {
    /// The policy for retail, a model for one's own.
    pub const RETAIL: &str = include_str!("retail.toml");
    /// The one without labels.
    pub const PLAIN: &str = include_str!("plain.toml");

    /// Reads a policy and checks it against the taxonomy whose labels it names; `path` is only for messages.
    ///
    /// # Errors
    /// [`Error::TicketPolicy`] with the line at fault: unknown keys, priorities or departments, numbers out of range.
    pub fn parse(text: &str, path: &Path, taxonomy: &Taxonomy) -> Result<Self> {
        parse::policy(text, taxonomy)
            .map_err(|fault| Error::TicketPolicy { path: path.to_owned(), reason: fault.tell(text) })
    }

    /// The built-in policy that fits a taxonomy: the retail one where its labels are the retail ones, else one without labels.
    pub fn default_for(taxonomy: &Taxonomy) -> Self {
        parse::policy(Self::RETAIL, taxonomy)
            .or_else(|_| parse::policy(Self::PLAIN, taxonomy))
            .expect("the plain policy names no label, so it fits every taxonomy")
    }

    /// What customers call a department; an unknown one is the desk as a whole.
    pub fn public_name(&self, taxonomy: &Taxonomy, department: &str) -> Name {
        let own = self.public_departments.get(department);
        let known = || find(&taxonomy.departments, department).map(|label| &label.name);
        own.or_else(known).cloned().unwrap_or_else(|| Name { zh: "客服".into(), en: "Customer service".into() })
    }
}

/// A label by its id.
pub(super) fn find<'t>(labels: &'t [Label], id: &str) -> Option<&'t Label> {
    labels.iter().find(|label| label.id == id)
}

/// So many days of 24 hours later; the end of time where that is beyond it.
pub(super) fn days_after(at: Timestamp, days: u16) -> Timestamp {
    at.checked_add(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MAX)
}
