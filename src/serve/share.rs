//! How much of the server a caller may have: so many requests a minute for every API key, and for every address without one.
//! The headers say what is left (draft-ietf-httpapi-ratelimit-headers).

use super::{State, caller::Peer, problem::Refusal};
use crate::desk::access::{
    key::Key,
    rate::{Client, Limit, Limiter},
};
use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use jiff::{SignedDuration, Timestamp};
use std::net::{IpAddr, Ipv4Addr};

/// So many callers are told apart.
const CALLERS: usize = 10_000;

/// The limiter of a server; none where the quota is 0.
pub(super) fn limiter(a_minute: u32) -> Option<Limiter> {
    let limit = Limit::new("requests", a_minute, SignedDuration::from_mins(1)).ok()?;
    Some(Limiter::new(limit, CALLERS))
}

/// Takes every request under /v1 from its caller's share.
pub(super) async fn share(
    axum::extract::State(state): axum::extract::State<State>,
    request: Request,
    next: Next,
) -> Response {
    let Some(limiter) = state.limiter().filter(|_| request.uri().path().starts_with("/v1/")) else {
        return next.run(request).await;
    };
    let share = limiter.take(client(&request), 1, Timestamp::now());
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

/// Whose share: the key's, if the request has what could be one, else the address's. Whether the key is good is asked later; 256
/// random bits are not guessed, however many buckets somebody opens.
fn client(request: &Request) -> Client {
    let sent = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    match sent.and_then(|sent| Key::from_authorization(sent).ok()) {
        Some(key) => Client::Principal(key.id().to_owned()),
        None => {
            let peer = request.extensions().get::<Peer>();
            Client::Source(peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.0.ip()).into())
        }
    }
}
