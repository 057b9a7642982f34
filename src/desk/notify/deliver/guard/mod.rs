//! Where webhooks may lead. Who registers one must not be able to make this server talk to its own network (SSRF,
//! server-side request forgery).
//!
//! URLs are checked when they are registered ([`Guard::endpoint`]), addresses at every connection ([`Guard::admits`]): the
//! address that is connected to is the one that was checked, so an answer of DNS that changes in between does not matter.

mod address;
mod allowed;
#[cfg(test)]
mod tests;

use super::Endpoint;
use crate::{Error, Result};
use serde::Deserialize;
use std::{collections::BTreeSet, net::IpAddr};
use url::{Host, Url};

use address::is_public;
pub use allowed::Allowed;

/// No URL is longer, in bytes.
const MOST_URL: usize = 2048;

/// What the operator allows. The default: https to port 443 of public addresses.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Guard {
    /// Whether plain http is allowed too. What is sent can then be read on the way.
    pub http: bool,
    /// The ports that may be used. Others could be no web servers at all.
    pub ports: BTreeSet<u16>,
    /// Networks and hosts that may be reached although their addresses are not public.
    pub allow: Vec<Allowed>,
}

impl Default for Guard {
    fn default() -> Self {
        Guard { http: false, ports: [443].into(), allow: Vec::new() }
    }
}

impl Guard {
    /// Reads the URL of a webhook and holds it against the rules, as far as that is possible without DNS.
    ///
    /// # Errors
    /// [`Error::WebhookUrl`], which quotes neither path nor query: they may hold secrets.
    pub fn endpoint(&self, url: &str) -> Result<Endpoint> {
        self.checked(url).map(Endpoint::new).map_err(|reason| Error::WebhookUrl { reason })
    }

    fn checked(&self, url: &str) -> Result<Url, String> {
        if url.len() > MOST_URL {
            return Err(format!("it has {} bytes; the limit is {MOST_URL}", url.len()));
        }
        if url.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err("it has spaces or control characters in it".into());
        }
        let url = Url::parse(url).map_err(|error| error.to_string())?;
        match url.scheme() {
            "https" => {}
            "http" if self.http => {}
            "http" => return Err("http can be read on the way; use https, or let the operator allow http".into()),
            other => return Err(format!("`{other}` is no scheme of webhooks; use https")),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("it has a user or a password in it; the signature says who sends".into());
        }
        if url.fragment().is_some() {
            return Err("it has a fragment (#…), which is never sent".into());
        }
        let port = url.port_or_known_default().ok_or("it has no port")?;
        if !self.ports.contains(&port) {
            let ports: Vec<String> = self.ports.iter().map(u16::to_string).collect();
            return Err(format!("port {port} is not allowed; allowed: {}", ports.join(", ")));
        }
        let host = url.host_str().ok_or("it has no host")?;
        let address = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            _ => None,
        };
        match address {
            Some(address) if !self.admits(host, address) => {
                Err(format!("{address} is not a public address, and the operator does not allow it"))
            }
            _ => Ok(url),
        }
    }

    /// Whether a host may be reached at an address.
    pub fn admits(&self, host: &str, address: IpAddr) -> bool {
        is_public(address) || self.allow.iter().any(|allowed| allowed.covers(host, address))
    }
}
