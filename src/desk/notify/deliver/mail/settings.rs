//! Which mail server, and how.

use crate::{Error, Result};
use lettre::{
    AsyncSmtpTransport, Tokio1Executor,
    transport::smtp::{
        authentication::Credentials,
        client::{Tls, TlsParameters},
        extension::ClientId,
    },
};
use serde::Deserialize;
use std::fmt;

/// How the connection is protected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailSecurity {
    /// TLS from the first byte (RFC 8314), port 465.
    #[default]
    Tls,
    /// TLS by STARTTLS, or nothing is sent; port 587.
    Starttls,
    /// None: for a relay on the same machine, and never with a login; port 25.
    None,
}

/// The mail server and the sender.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailSettings {
    /// The server's name or address.
    pub host: String,
    /// Its port; by default the one of the security.
    #[serde(default)]
    pub port: Option<u16>,
    /// How the connection is protected.
    #[serde(default)]
    pub security: MailSecurity,
    /// The account, where the server asks for one.
    #[serde(default)]
    pub user: Option<String>,
    /// Its password: from the environment or a file, never from a file that is kept with the code.
    #[serde(default)]
    pub password: Option<String>,
    /// The sender's address.
    pub from: String,
    /// The sender's name as readers see it.
    #[serde(default)]
    pub from_name: Option<String>,
    /// How long an attempt may take, in seconds, 35 at most.
    #[serde(default = "default_timeout")]
    pub timeout_seconds: u16,
}

fn default_timeout() -> u16 {
    30
}

impl MailSettings {
    /// A transport that connects when it is needed.
    pub(super) fn transport(&self) -> Result<AsyncSmtpTransport<Tokio1Executor>> {
        let fault = |reason: &str| Error::MailSettings { reason: reason.into() };
        let tls = || TlsParameters::new(self.host.clone()).map_err(|_| fault("`host` is none that TLS knows"));
        let (tls, port) = match self.security {
            MailSecurity::Tls => (Tls::Wrapper(tls()?), 465),
            MailSecurity::Starttls => (Tls::Required(tls()?), 587),
            MailSecurity::None => (Tls::None, 25),
        };
        if self.host.is_empty() || self.host.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(fault("`host` is the name or the address of a mail server"));
        }
        if !(1..=35).contains(&self.timeout_seconds) {
            // Whoever takes longer would be tried a second time while the first try is under way.
            return Err(fault("`timeout_seconds` is 1 to 35"));
        }
        // What we call ourselves in EHLO: an address literal needs no name of this machine, and gives none away.
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(self.host.clone())
            .hello_name(ClientId::default())
            .tls(tls)
            .port(self.port.unwrap_or(port));
        match (&self.user, &self.password) {
            (Some(_), Some(_)) if self.security == MailSecurity::None => {
                return Err(fault("a login without TLS can be read on the way; set `security` to tls or starttls"));
            }
            (Some(user), Some(password)) => {
                builder = builder.credentials(Credentials::new(user.clone(), password.clone()));
            }
            (None, None) => {}
            _ => return Err(fault("`user` and `password` go together")),
        }
        Ok(builder.build())
    }
}

impl fmt::Debug for MailSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let login = if self.user.is_some() { "with a login" } else { "without a login" };
        write!(f, "MailSettings({} by {:?}, {login})", self.host, self.security)
    }
}
