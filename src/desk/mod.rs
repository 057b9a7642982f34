//! The complaint desk: what happens after a decision. So far its rules, as pure functions of snapshots and histories; the
//! store, the queue and the endpoints that they will drive are not here yet.
//!
//! 1. [`ticket`] is a complaint's way from acceptance to the archive, as a history of events.
//! 2. [`assign`] says where a ticket goes, and who works on it.
//! 3. [`clock`] says when what is due.

pub mod assign;
pub mod clock;
pub mod ticket;
