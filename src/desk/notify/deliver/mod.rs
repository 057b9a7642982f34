//! From a message to its receiver: one seam, behind which every way of delivery stands.

pub mod guard;
mod mail;
mod post;
#[cfg(test)]
mod tests;
mod tls;

use super::{message::Notice, templates::Rendered};
use jiff::Timestamp;
use std::{pin::Pin, time::Duration};

pub use mail::{Mail, MailSecurity, MailSettings, Mailbox, Mailer};
pub use post::{Endpoint, Timeouts, Webhook, Webhooks};

/// One attempt to deliver a message.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// What happened.
    pub notice: &'a Notice,
    /// What a person reads of it. Webhooks carry the notice instead.
    pub rendered: Option<&'a Rendered>,
    /// When the attempt is made.
    pub at: Timestamp,
}

/// What came of an attempt. Reasons are for the operator: they name no person and quote no text that was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver has it.
    Delivered,
    /// Not now; perhaps later.
    Retry {
        /// What went wrong.
        reason: String,
        /// How long the receiver asked to be left alone.
        after: Option<Duration>,
    },
    /// Never in this form: a person has to look at it.
    Refused {
        /// What is wrong.
        reason: String,
    },
    /// The receiver wants nothing more, ever (410): its endpoint is to be disabled.
    Gone,
}

impl Outcome {
    /// A failure that may pass.
    pub(super) fn retry(reason: impl Into<String>) -> Self {
        Outcome::Retry { reason: reason.into(), after: None }
    }

    /// A failure that stays.
    pub(super) fn refused(reason: impl Into<String>) -> Self {
        Outcome::Refused { reason: reason.into() }
    }
}

/// The future of [`Channel::send`].
pub type Sending<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// A way to one receiver: an endpoint, a mailbox; later a chat robot, a telephone. It holds address and secrets; the worker
/// that claims deliveries knows only this.
pub trait Channel: Send + Sync {
    /// Makes one attempt, and ends within the time limits of the channel. Never panics; a fault of any kind is an outcome.
    /// Dropping the future gives the attempt up: the receiver may or may not have it.
    fn send<'a>(&'a self, message: Outgoing<'a>) -> Sending<'a>;
}
