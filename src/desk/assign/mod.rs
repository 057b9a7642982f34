//! Where a ticket goes, and who works on it.
//!
//! [`route`] holds the facts of a ticket against a table of rules: the first rule that fits says which department, group
//! and skill, or sends it to the human triage queue. [`staff`] then finds the agent inside the group, or leaves the
//! ticket queued and says what an agent who frees up takes. [`examples`] runs the tickets that analysts wrote down with
//! their expected destinations; [`presets`] are four tables to begin with.
//!
//! All of it is pure: snapshots go in, decisions with their reasons come out, nothing reads a clock or a store. Claiming
//! what was decided, so that no ticket is given out twice, is the store's part.

pub mod examples;
pub mod presets;
pub mod route;
pub mod staff;
