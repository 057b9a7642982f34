//! Where a webhook goes.

use std::fmt;
use url::{Host, Position, Url};

/// A URL that a guard let pass. Its path and query are secrets with some receivers: `Debug` shows neither.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint(Url);

impl Endpoint {
    pub(in crate::desk::notify::deliver) fn new(url: Url) -> Self {
        Endpoint(url)
    }

    /// The URL in its normal form, as it is to be stored.
    pub fn url(&self) -> &str {
        self.0.as_str()
    }

    /// The host's name, or its address without brackets.
    pub fn host(&self) -> String {
        match self.0.host() {
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            Some(Host::Domain(name)) => name.to_owned(),
            None => String::new(),
        }
    }

    pub(super) fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or(443)
    }

    pub(super) fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The header `host`.
    pub(super) fn authority(&self) -> &str {
        &self.0[Position::BeforeHost..Position::AfterPort]
    }

    /// Path and query.
    pub(super) fn target(&self) -> &str {
        &self.0[Position::BeforePath..Position::AfterQuery]
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({}…)", &self.0[..Position::BeforePath])
    }
}
