//! Real connections on loopback: receivers that fail, dawdle and lie, and a mail server that records what came.

mod mail;
mod mail_server;
mod receiver;
mod tls;
mod webhooks;

use crate::desk::notify::message::{Audience, Facts, Kind, Masked, Notice};

fn notice() -> Notice {
    Notice {
        id: "0198c0de-0000-7000-8000-000000000001".parse().unwrap(),
        kind: Kind::TicketResolved,
        at: "2026-11-26T09:00:00Z".parse().unwrap(),
        audience: Audience::System,
        facts: Facts {
            number: Some("20261126-000123-4".into()),
            text: Some(Masked::new("三日内退款")),
            ..Facts::default()
        },
    }
}

/// Runs a test on a runtime of its own.
fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}
