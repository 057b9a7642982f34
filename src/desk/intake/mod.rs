//! Intake: a complaint comes in, gets its number, and is on the disk before it is acknowledged.
//!
//! 1. [`Submission`] is what a channel sends.
//! 2. `accept` writes it down with its ticket and the work that is to come, all together or not at all.
//! 3. `line` lets those who come at the same time share one write.
//! 4. [`offline`] takes files of what was written down elsewhere.

mod accept;
mod line;
mod number;
pub mod offline;
mod submission;

pub(in crate::desk) use accept::place;
pub use line::Line;
pub use submission::Submission;

use super::ticket::Number;
use jiff::Timestamp;

/// A request as the intake sees it.
#[derive(Clone)]
pub struct Request {
    /// What was sent.
    pub submission: Submission,
    /// The caller's Idempotency-Key, made unique to the caller: whoever sends the same again gets the same answer.
    pub key: Option<String>,
}

/// A complaint that is on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The complaint's id.
    pub id: String,
    /// The number for customer and staff.
    pub number: Number,
    /// The ticket's id.
    pub ticket: String,
    /// When it came in.
    pub received_at: Timestamp,
    /// The secret with which the customer follows it.
    pub token: String,
    /// Whether it is new; otherwise it was here already.
    pub fresh: bool,
}
