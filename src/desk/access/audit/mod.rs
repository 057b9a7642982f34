//! The audit log: who saw what is not for everyone, and who changed the desk.
//!
//! Entries are only added. Each is stored as the canonical JSON that [`Head::append`] gives (RFC 8785: members in their
//! order, no spaces) with a hash: the SHA-256 of the hash before it, 32 bytes, and the JSON. So [`verify`] finds the first
//! entry that was changed, taken out or put in. Whoever can write all of the table could make a new chain: note the head
//! elsewhere now and then (the server's log is a good place), and compare.
//!
//! Write the entry before what it is about is shown or done, in the same transaction where there is one.

mod chain;
mod entry;

pub use chain::{Head, Link, verify};
pub use entry::{AuditAction, Entry, Purpose, Who};
