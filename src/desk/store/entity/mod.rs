//! The tables, one file each, as the migrations make them. `tests` hold every column against the database.

pub mod account;
pub mod api_key;
pub mod attachment;
pub mod audit;
pub mod complaint;
pub mod day_count;
pub mod decision;
pub mod delivery;
pub mod fingerprint;
pub mod idempotency;
pub mod incident;
pub mod incident_member;
pub mod job;
pub mod notice;
pub mod recipient;
pub mod session;
pub mod setting;
pub mod sign_in;
pub mod staff;
pub mod ticket;
pub mod ticket_event;
pub mod upload;
pub mod webhook;
