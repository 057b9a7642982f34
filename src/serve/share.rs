//! How much of the server a caller may have: so many requests a minute for every address and for every API key.
//! The headers say what is left (draft-ietf-httpapi-ratelimit-headers).

use super::{State, caller::Peer, problem::Refusal};
use crate::{
    bundle::hex,
    desk::access::{
        key::Key,
        rate::{Client, Limit, Limiter},
    },
};
use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use std::net::{IpAddr, Ipv4Addr};

/// So many callers are told apart.
const CALLERS: usize = 10_000;

/// The limiter of a server; none where the quota is 0.
pub(super) fn limiter(a_minute: u32) -> Option<Limiter> {
    let limit = Limit::new("requests", a_minute, SignedDuration::from_mins(1)).ok()?;
    Some(Limiter::new(limit, CALLERS))
}

/// Takes every request that asks the model or the database from its caller's share.
pub(super) async fn share(
    axum::extract::State(state): axum::extract::State<State>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    let asks = ["/v1/", "/progress/"].iter().any(|begin| path.starts_with(begin));
    let Some(limiter) = state.limiter().filter(|_| asks) else {
        return next.run(request).await;
    };
    let now = Timestamp::now();
    let mut share = limiter.take(source(&request), 1, now);
    if share.retry_after.is_none()
        && let Some(key) = key(&request)
    {
        let own = limiter.take(key, 1, now);
        // The headers tell of the one that ends sooner.
        if own.retry_after.is_some() || own.remaining <= share.remaining {
            share = own;
        }
    }
    let mut response = match share.check() {
        Ok(()) => next.run(request).await,
        Err(error) => Refusal::from(error).into_response(),
    };
    for (name, value) in share.headers() {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

/// The address's share. Whoever has a key takes from it too, or keys that are made up would each have a share of their own.
fn source(request: &Request) -> Client {
    let peer = request.extensions().get::<Peer>();
    Client::Source(peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.0.ip()).into())
}

/// The key's share, by the whole of it: who knows only its public id cannot use it up.
fn key(request: &Request) -> Option<Client> {
    let sent = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let key = Key::from_authorization(sent).ok()?;
    Some(Client::Principal(hex(&Sha256::digest(key.reveal()))))
}
