//! Who asks: the principal behind a request, by its API key, by a session, or by sitting at the machine while there is no
//! administrator yet.

use super::{Front, State, problem::Refusal};
use crate::{
    Error, Result,
    desk::{
        access::{Permission, Principal, key::Key, listen, session::Token},
        ticket::Actor,
    },
};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The other end of the connection: an extension of the request.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// The id of the request: an extension of it.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// Whoever stands behind a request. A server without a desk knows nobody, and lets everybody ask.
pub(super) struct Caller(pub Principal);

impl Caller {
    /// Refuses what the caller may not.
    pub fn require(&self, permission: Permission) -> Result<()> {
        self.0.require(permission)
    }

    /// The departments that lists are held to; none: all.
    pub fn departments(&self) -> Option<Vec<String>> {
        self.0.departments.ids().map(|ids| ids.iter().cloned().collect())
    }

    /// Who that is to a ticket.
    pub fn actor(&self) -> Actor {
        self.0.actor()
    }
}

impl FromRequestParts<State> for Caller {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Refusal> {
        match state.front() {
            None => Ok(Caller(Principal::local())),
            Some(front) => Ok(Caller(principal(parts, front).await?)),
        }
    }
}

async fn principal(parts: &Parts, front: &Front) -> Result<Principal> {
    if let Some(sent) = parts.headers.get(header::AUTHORIZATION) {
        let sent = sent.to_str().unwrap_or_default();
        return front.desk.principal(&Key::from_authorization(sent)?).await;
    }
    if let Some(token) = session_token(&parts.headers) {
        if !parts.method.is_safe() {
            token.check_csrf(parts.headers.get("x-csrf-token").and_then(|value| value.to_str().ok()))?;
        }
        return front.desk.session(&token).await;
    }
    let (peer, forwarded) = (peer(parts), forwarded(&parts.headers));
    let text = |name| parts.headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let caller = listen::Caller { peer, host: text(header::HOST), origin: text(header::ORIGIN), forwarded };
    let administrators = usize::try_from(front.administrators().await?).unwrap_or(usize::MAX);
    listen::local(caller, administrators).ok_or_else(|| {
        let reason = match administrators {
            0 => "without an API key this server answers only at the machine itself, under its own name",
            _ => "there is no API key in the request",
        };
        Error::Unauthenticated { reason: reason.into() }
    })
}

/// The session's token among the cookies, under either of its names.
pub(super) fn session_token(headers: &HeaderMap) -> Option<Token> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    Token::from_cookies(cookies, true).or_else(|| Token::from_cookies(cookies, false))
}

/// Where a request comes in: from which address, and whether its cookies may only travel under TLS.
pub(super) struct Door {
    pub address: IpAddr,
    pub secure: bool,
}

impl FromRequestParts<State> for Door {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Refusal> {
        let address = peer(parts);
        Ok(Door { address, secure: !address.to_canonical().is_loopback() || forwarded(&parts.headers) })
    }
}

/// The other end of the connection; a call inside of the process has none, and is here.
fn peer(parts: &Parts) -> IpAddr {
    parts.extensions.get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.0.ip())
}

/// Whether a proxy stands between.
fn forwarded(headers: &HeaderMap) -> bool {
    ["forwarded", "x-forwarded-for", "x-real-ip"].iter().any(|name| headers.contains_key(*name))
}

/// The value of `If-Match`; without one, any version.
pub(super) fn expected(headers: &HeaderMap) -> Result<crate::desk::ticket::Expected> {
    match headers.get(header::IF_MATCH) {
        None => Ok(crate::desk::ticket::Expected::Any),
        Some(value) => crate::desk::ticket::Expected::from_if_match(value.to_str().unwrap_or_default()),
    }
}
