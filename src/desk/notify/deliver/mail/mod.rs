//! E-mail over SMTP, as plain text in UTF-8.
//!
//! Each attempt has a connection of its own. lettre's pool would keep them, but asynchronous lettre limits the time of
//! connecting only, and its pool takes back a connection whose dialogue was given up halfway: the next message would read the
//! answer to the last one.

mod settings;

use super::{Channel, Outcome, Outgoing, Sending};
use crate::{Error, Result};
use jiff::Timestamp;
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{
        Mailbox as NamedMailbox,
        header::{ContentType, Header, HeaderName, HeaderValue},
    },
    transport::smtp::Error as SmtpError,
};
use std::{
    fmt,
    str::FromStr,
    time::{Duration, SystemTime},
};
use tokio::time::timeout;

pub use settings::{MailSecurity, MailSettings};

/// The address of a person. `Debug` does not show it, and no error quotes it.
#[derive(Clone, PartialEq, Eq)]
pub struct Mailbox(Address);

impl FromStr for Mailbox {
    type Err = Error;

    /// # Errors
    /// [`Error::MailAddress`], which does not quote it.
    fn from_str(text: &str) -> Result<Self> {
        let fault = |reason: &str| Error::MailAddress { reason: reason.into() };
        // RFC 5321, section 4.5.3.1.3: 256 with the angle brackets.
        if text.len() > 254 {
            return Err(fault("it has more than 254 bytes"));
        }
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(fault("it has spaces or control characters in it"));
        }
        text.parse().map(Mailbox).map_err(|_| fault("the form is name@domain"))
    }
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mailbox(…)")
    }
}

/// A mail server that takes our mail.
#[derive(Clone)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: NamedMailbox,
    timeout: Duration,
}

impl Mailer {
    /// Checks the settings; connects only when something is sent.
    ///
    /// # Errors
    /// [`Error::MailAddress`] and [`Error::MailSettings`].
    pub fn new(settings: &MailSettings) -> Result<Self> {
        let from = settings.from.parse::<Mailbox>()?.0;
        let name = settings.from_name.as_deref().map(one_line).filter(|name| !name.is_empty());
        let (transport, timeout) = (settings.transport()?, Duration::from_secs(settings.timeout_seconds.into()));
        Ok(Mailer { transport, from: NamedMailbox::new(name, from), timeout })
    }

    /// The way to a mailbox.
    pub fn channel(&self, to: Mailbox) -> Mail {
        Mail { mailer: self.clone(), to }
    }
}

/// The way to one mailbox.
pub struct Mail {
    mailer: Mailer,
    to: Mailbox,
}

impl Mail {
    /// The message. Its Message-ID is the notice's id, so that an attempt that was repeated although it had come through is
    /// known as the same message.
    fn message(&self, message: Outgoing<'_>) -> Result<Message, &'static str> {
        let text = message.rendered.ok_or("there is no text for a person to read")?;
        let id = format!("<{}@{}>", message.notice.id, self.mailer.from.email.domain());
        // Mail has no dates before 1970.
        let since_1970 = Duration::try_from(message.at.duration_since(Timestamp::UNIX_EPOCH)).unwrap_or_default();
        Message::builder()
            .from(self.mailer.from.clone())
            .to(NamedMailbox::new(None, self.to.0.clone()))
            .subject(one_line(&text.subject))
            .date(SystemTime::UNIX_EPOCH + since_1970)
            .message_id(Some(id))
            .header(AutoSubmitted)
            .header(ContentType::TEXT_PLAIN)
            .body(text.body.clone())
            .map_err(|_| "no message can be made of it")
    }

    async fn attempt(&self, message: Outgoing<'_>) -> Outcome {
        let message = match self.message(message) {
            Ok(message) => message,
            Err(reason) => return Outcome::refused(reason),
        };
        match timeout(self.mailer.timeout, self.mailer.transport.send(message)).await {
            Ok(Ok(_)) => Outcome::Delivered,
            Ok(Err(error)) => outcome(&error),
            Err(_) => Outcome::retry(LATE),
        }
    }
}

impl Channel for Mail {
    fn send<'a>(&'a self, message: Outgoing<'a>) -> Sending<'a> {
        Box::pin(self.attempt(message))
    }
}

const LATE: &str = "the mail server did not answer in time";

/// What a failure means. The server's words often quote the address, so only its code is told.
fn outcome(error: &SmtpError) -> Outcome {
    let Some(code) = error.status() else {
        return Outcome::retry(match error {
            error if error.is_timeout() => LATE,
            error if error.is_tls() => "TLS with the mail server failed",
            error if error.is_response() => "the mail server's answer is not SMTP",
            error if error.is_client() => {
                "the mail server does not offer what is needed: login, TLS or UTF-8 addresses"
            }
            _ => "no connection to the mail server, or it was lost",
        });
    };
    let reason = format!("the mail server answered {code}");
    match u16::from(code) {
        // A login that fails is ours to repair, and no fault of this message (RFC 4954, section 6).
        530 | 534 | 535 | 538 => Outcome::retry(format!("{reason}: it does not accept the login")),
        _ if error.is_permanent() => Outcome::refused(reason),
        _ => Outcome::retry(reason),
    }
}

/// A value for a header: whatever it holds, no line ends in it.
fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_control() || c.is_whitespace())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Tells out-of-office replies to keep quiet (RFC 3834, section 5).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(AutoSubmitted)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".into())
    }
}
