//! On which addresses the server may answer, and who needs no credentials.

use super::Principal;
use crate::{Error, Result};
use std::net::{IpAddr, SocketAddr};

/// Refuses to listen where others can reach the server before there is anybody who could sign in. `administrators` counts
/// accounts and keys of the role admin that are good now.
///
/// # Errors
/// [`Error::PublicAddress`] with the first address that is not loopback.
pub fn check(addresses: &[SocketAddr], administrators: usize) -> Result<()> {
    match addresses.iter().find(|address| !loopback(address.ip())) {
        Some(address) if administrators == 0 => Err(Error::PublicAddress { address: address.to_string() }),
        _ => Ok(()),
    }
}

/// What of a request says where it comes from.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a> {
    /// The other end of the connection.
    pub peer: IpAddr,
    /// The `Host` header.
    pub host: Option<&'a str>,
    /// The `Origin` header, which browsers send with whatever changes something or crosses sites.
    pub origin: Option<&'a str>,
    /// Whether there is a `Forwarded`, `X-Forwarded-For` or `X-Real-IP` header: a proxy stands between.
    pub forwarded: bool,
}

/// Who a request without credentials comes from: whoever sits at the machine, as long as there are no credentials at all,
/// and nobody once there are.
///
/// A browser at the machine must not lend its place to the pages in it: the name asked for must be one of the machine's own
/// (a foreign name that leads to loopback is DNS rebinding), and the page must come from there too.
pub fn local(caller: Caller, administrators: usize) -> Option<Principal> {
    let own = |authority: &str| {
        let host = authority
            .rsplit_once(':')
            .filter(|(_, port)| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()));
        let host = host.map_or(authority, |(host, _)| host);
        let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        host.eq_ignore_ascii_case("localhost") || address.parse::<IpAddr>().is_ok_and(loopback)
    };
    let page = |origin: &str| {
        let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        // The same server, and not another one at the machine.
        authority.is_some_and(|authority| own(authority) && caller.host == Some(authority))
    };
    let here = administrators == 0
        && loopback(caller.peer)
        && !caller.forwarded
        && caller.host.is_none_or(own)
        && caller.origin.is_none_or(page);
    here.then(Principal::local)
}

/// Whether an address is reached from the machine itself only, however it is written.
fn loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_loopback_somebody_must_be_able_to_sign_in() {
        for (addresses, public) in [
            (&["127.0.0.1:8080"][..], false),
            (&["127.8.8.8:8080", "[::1]:8080"], false),
            (&["[::ffff:127.0.0.1]:8080"], false),
            (&[], false),
            (&["0.0.0.0:8080"], true),
            (&["[::]:8080"], true),
            (&["192.168.1.5:8080"], true),
            (&["[fe80::1]:8080"], true),
            (&["[::ffff:10.0.0.1]:8080"], true),
            (&["127.0.0.1:8080", "10.0.0.1:8080"], true),
        ] {
            let addresses: Vec<SocketAddr> = addresses.iter().map(|address| address.parse().unwrap()).collect();
            assert_eq!(check(&addresses, 0).is_err(), public, "{addresses:?}");
            assert!(check(&addresses, 1).is_ok(), "{addresses:?}");
        }
        let told = check(&["0.0.0.0:80".parse().unwrap()], 0).unwrap_err().to_string();
        assert!(told.starts_with("0.0.0.0:80 can be reached from other machines"), "{told}");
    }

    #[test]
    fn only_who_sits_at_the_machine_needs_no_credentials() {
        let here = Caller { peer: [127, 0, 0, 1].into(), host: None, origin: None, forwarded: false };
        for host in
            [None, Some("localhost:8080"), Some("LOCALHOST"), Some("127.0.0.1:8080"), Some("[::1]:80"), Some("[::1]")]
        {
            let caller = Caller { host, ..here };
            assert_eq!(local(caller, 0), Some(Principal::local()), "{host:?}");
            assert_eq!(local(caller, 1), None, "there are credentials: they are asked for");
            assert_eq!(local(Caller { peer: [10, 0, 0, 1].into(), ..caller }, 0), None);
            assert_eq!(local(Caller { forwarded: true, ..caller }, 0), None);
        }
        for host in
            ["evil.example", "evil.example:8080", "localhost.evil.example", "", "10.0.0.1", "localhost:x", "[", "::1:"]
        {
            assert_eq!(local(Caller { host: Some(host), ..here }, 0), None, "{host}");
        }
        let host = Some("localhost:8080");
        assert!(local(Caller { host, origin: Some("http://localhost:8080"), ..here }, 0).is_some());
        for origin in ["http://evil.example", "http://localhost:3000", "null", "", "localhost:8080"] {
            assert_eq!(local(Caller { host, origin: Some(origin), ..here }, 0), None, "{origin}");
        }
    }
}
