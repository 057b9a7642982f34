//! A connection to an address that the guard admits.

use super::{Endpoint, Outcome, Shared};
use std::{
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::rustls::pki_types::ServerName;

/// The addresses of a host, or why there are none.
pub(in crate::desk::notify::deliver) type Resolving<'a> =
    Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>>;

/// Where addresses come from.
pub(in crate::desk::notify::deliver) trait Resolve: Send + Sync {
    /// Every address of a host, asked anew each time.
    fn resolve<'a>(&'a self, host: &'a str) -> Resolving<'a>;
}

/// The resolver of the operating system.
pub(super) struct System;

impl Resolve for System {
    fn resolve<'a>(&'a self, host: &'a str) -> Resolving<'a> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect()) })
    }
}

/// A connection, plain or not.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Connects to the endpoint within the time limit.
pub(super) async fn connect(shared: &Shared, endpoint: &Endpoint) -> Result<Box<dyn Stream>, Outcome> {
    let limit = shared.timeouts.connect;
    let late = || Outcome::retry(format!("no connection within {} s", limit.as_secs_f64()));
    timeout(limit, connected(shared, endpoint)).await.unwrap_or_else(|_| Err(late()))
}

async fn connected(shared: &Shared, endpoint: &Endpoint) -> Result<Box<dyn Stream>, Outcome> {
    let host = endpoint.host();
    let found = match host.parse() {
        Ok(address) => vec![address],
        Err(_) => shared.resolver.resolve(&host).await.map_err(|_| Outcome::retry("the host's name has no address"))?,
    };
    let admitted: Vec<IpAddr> = found.iter().copied().filter(|address| shared.guard.admits(&host, *address)).collect();
    match (admitted.as_slice(), found.as_slice()) {
        ([], []) => return Err(Outcome::retry("the host's name has no address")),
        ([], _) => {
            let reason = "the host's address is not public, and the operator does not allow it";
            return Err(Outcome::refused(reason));
        }
        _ => {}
    }
    let stream = first(&admitted, endpoint.port()).await?;
    if !endpoint.is_https() {
        return Ok(Box::new(stream));
    }
    let name = ServerName::try_from(host).map_err(|_| Outcome::refused("the host's name is none that TLS knows"))?;
    let encrypted = shared.tls.connect(name, stream).await;
    encrypted.map(|stream| Box::new(stream) as _).map_err(|error| Outcome::retry(format!("TLS failed: {error}")))
}

/// The first address that answers.
async fn first(addresses: &[IpAddr], port: u16) -> Result<TcpStream, Outcome> {
    let mut fault = None;
    for address in addresses {
        match TcpStream::connect(SocketAddr::new(*address, port)).await {
            Ok(stream) => return Ok(stream),
            Err(error) => fault = Some(error.kind()),
        }
    }
    let fault = fault.map_or_else(String::new, |kind| format!(": {kind}"));
    Err(Outcome::retry(format!("no connection{fault}")))
}
