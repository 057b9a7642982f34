//! The service as a caller meets it. Most tests send requests to `app(state)` without a socket; those of `socket.rs` and
//! `process.rs` go through a real one.

mod attachments;
mod bad_input;
mod batch;
mod classify;
mod desk;
mod document;
mod explain;
mod lists;
mod operate;
mod pages;
mod privacy;
mod process;
mod progress;
mod queue;
mod receipt;
mod schema;
mod server;
#[path = "../service/mod.rs"]
mod service;
mod socket;
mod stand_in;
