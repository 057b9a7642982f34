//! What an operator allows beyond public addresses.

use ipnet::IpNet;
use serde::{Deserialize, de};
use std::net::IpAddr;

/// A network (`10.1.0.0/16`, `10.1.2.3`) or a host by its name (`hooks.internal`), wherever that leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowed {
    /// Every address in it.
    Network(IpNet),
    /// Every address that this name, in lower case, resolves to.
    Host(String),
}

impl Allowed {
    /// Reads one.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Ok(network) = text.parse::<IpNet>() {
            return match network == network.trunc() {
                true => Ok(Allowed::Network(network)),
                false => Err(format!("`{text}` has bits behind its prefix; the network is {}", network.trunc())),
            };
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Allowed::Network(address.into()));
        }
        match url::Host::parse(text) {
            // Digits that make an address in some other way of writing are no name.
            Ok(url::Host::Domain(name)) if !text.contains('/') => Ok(Allowed::Host(without_dot(&name).to_owned())),
            _ => Err(format!("`{text}` is neither a network, as in 10.1.0.0/16, nor the name of a host")),
        }
    }

    pub(super) fn covers(&self, host: &str, address: IpAddr) -> bool {
        match self {
            Allowed::Network(network) => network.contains(&address),
            Allowed::Host(name) => without_dot(host).eq_ignore_ascii_case(name),
        }
    }
}

/// The dot at the end of a full name changes nothing.
fn without_dot(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

impl<'de> Deserialize<'de> for Allowed {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Allowed::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}
