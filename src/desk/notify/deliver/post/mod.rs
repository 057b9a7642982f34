//! Webhooks over HTTP/1.1: one guarded connection for each attempt, one request, no redirects.
//!
//! On hyper itself rather than on a client with a pool: the address that the guard admitted is the one that is connected to,
//! with nothing in between that could resolve, redirect or take a proxy from the environment.

mod connect;
mod endpoint;
mod exchange;

use super::{Channel, Outcome, Outgoing, Sending, guard::Guard, tls};
use crate::desk::notify::webhook::{Secret, sign};
use connect::System;
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;
use tokio_rustls::TlsConnector;

pub(super) use connect::Resolve;
#[cfg(test)]
pub(super) use connect::Resolving;
pub use endpoint::Endpoint;

/// How long an attempt may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Until there is a connection: DNS, TCP and TLS. Below `total`.
    pub connect: Duration,
    /// The whole attempt, as far as the status of the answer; what follows it is read for two seconds more at most.
    pub total: Duration,
}

impl Default for Timeouts {
    /// 5 and 20 seconds; Standard Webhooks asks for 15 to 30.
    fn default() -> Self {
        Timeouts { connect: Duration::from_secs(5), total: Duration::from_secs(20) }
    }
}

/// What all webhooks share: the guard, TLS, time limits. One for the process; clones share it.
#[derive(Clone)]
pub struct Webhooks {
    shared: Arc<Shared>,
}

struct Shared {
    guard: Guard,
    timeouts: Timeouts,
    tls: TlsConnector,
    resolver: Box<dyn Resolve>,
}

impl Webhooks {
    /// With the resolver of the system.
    pub fn new(guard: Guard, timeouts: Timeouts) -> Self {
        Self::with(guard, timeouts, Box::new(System), tls::connector(tls::public_roots()))
    }

    pub(super) fn with(guard: Guard, timeouts: Timeouts, resolver: Box<dyn Resolve>, tls: TlsConnector) -> Self {
        Webhooks { shared: Arc::new(Shared { guard, timeouts, tls, resolver }) }
    }

    /// What may be reached.
    pub fn guard(&self) -> &Guard {
        &self.shared.guard
    }

    /// The way to an endpoint; signed with every secret, so that they can rotate.
    pub fn channel(&self, endpoint: Endpoint, secrets: Vec<Secret>) -> Webhook {
        Webhook { shared: self.shared.clone(), endpoint, secrets }
    }
}

/// The way to one endpoint.
pub struct Webhook {
    shared: Arc<Shared>,
    endpoint: Endpoint,
    secrets: Vec<Secret>,
}

impl Webhook {
    async fn attempt(&self, message: Outgoing<'_>) -> Outcome {
        let body = match serde_json::to_vec(message.notice) {
            Ok(body) => body,
            Err(error) => return Outcome::refused(format!("the notice makes no JSON: {error}")),
        };
        let signed = sign(&message.notice.id.to_string(), message.at, &body, &self.secrets);
        let deadline = Instant::now() + self.shared.timeouts.total;
        match connect::connect(&self.shared, &self.endpoint).await {
            Ok(stream) => exchange::exchange(stream, &self.endpoint, (&signed, body), message.at, deadline).await,
            Err(outcome) => outcome,
        }
    }
}

impl Channel for Webhook {
    fn send<'a>(&'a self, message: Outgoing<'a>) -> Sending<'a> {
        Box::pin(self.attempt(message))
    }
}
