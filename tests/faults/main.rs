//! What a desk has to survive: processes that are killed, databases that go away, disks that are full, receivers of
//! webhooks that are slow, broken or mean. Whatever was acknowledged is there afterwards, once, and all goes on by itself.
//!
//! Everything runs on SQLite; what is about PostgreSQL runs where FENZHEN_TEST_POSTGRES has the URL of one (two servers), and
//! where one is installed that may be stopped (the outage). FENZHEN_TEST_INTAKES says how many complaints are handed in.
//! The wide run, on both stores, as the one test command makes it:
//! `FENZHEN_TEST_INTAKES=2000 tests/postgres run cargo test --test faults killed`.
#![cfg(unix)]

mod account;
mod bundle;
mod callers;
mod client;
mod database;
mod full_disk;
mod killed;
mod outage;
mod receiver;
#[path = "../service/mod.rs"]
mod service;
mod webhooks;
