//! The body of a request: JSON, within a size, within a time.

use super::{State, problem::Refusal};
use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, HeaderName, header},
};
use std::time::Duration;

/// The body of a single request.
pub(super) struct SingleBody(pub Bytes);
/// The body of a batch request, which may be larger.
pub(super) struct BatchBody(pub Bytes);

impl FromRequest<State> for SingleBody {
    type Rejection = Refusal;
    async fn from_request(request: Request, state: &State) -> Result<Self, Refusal> {
        read(request, state, state.settings().body).await.map(SingleBody)
    }
}

impl FromRequest<State> for BatchBody {
    type Rejection = Refusal;
    async fn from_request(request: Request, state: &State) -> Result<Self, Refusal> {
        read(request, state, state.settings().batch_body).await.map(BatchBody)
    }
}

/// How many bytes the body of a request had, for the log: an extension of the answer.
#[derive(Clone, Copy)]
pub(super) struct Length(pub usize);

async fn read(request: Request, state: &State, limit: usize) -> Result<Bytes, Refusal> {
    if !is_json(request.headers()) {
        return Err(Refusal::UnsupportedMediaType);
    }
    if announces_more(request.headers(), limit) {
        return Err(Refusal::BodyTooLarge { limit });
    }
    within(state.settings().body_patience, async {
        axum::body::to_bytes(request.into_body(), limit).await.map_err(|error| match is_too_large(&error) {
            true => Refusal::BodyTooLarge { limit },
            false => Refusal::BodyBroken,
        })
    })
    .await
}

/// Whether a body says of itself that it has more bytes than it may.
pub(super) fn announces_more(headers: &HeaderMap, limit: usize) -> bool {
    text(headers, header::CONTENT_LENGTH).parse::<u64>().is_ok_and(|length| length > limit as u64)
}

/// Whether a body comes as it is, not compressed.
pub(super) fn is_plain(headers: &HeaderMap) -> bool {
    matches!(text(headers, header::CONTENT_ENCODING).as_str(), "" | "identity")
}

/// What comes of reading a body, within a time.
pub(super) async fn within<T>(
    patience: Duration,
    read: impl Future<Output = Result<T, Refusal>>,
) -> Result<T, Refusal> {
    let slow = |_| Refusal::BodyTooSlow { seconds: patience.as_secs() };
    tokio::time::timeout(patience, read).await.map_err(slow)?
}

/// A header in small letters; nothing where it is not there or no text.
pub(super) fn text(headers: &HeaderMap, name: HeaderName) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_ascii_lowercase()
}

fn is_too_large(error: &axum::Error) -> bool {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        if error.is::<http_body_util::LengthLimitError>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// `application/json` or a `+json` kind, UTF-8 where a charset is named, and no compression.
fn is_json(headers: &HeaderMap) -> bool {
    let full = text(headers, header::CONTENT_TYPE);
    let mut parts = full.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default();
    let json = kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"));
    let charset =
        parts.filter_map(|p| p.strip_prefix("charset=")).all(|c| matches!(c.trim_matches('"'), "utf-8" | "utf8"));
    json && charset && is_plain(headers)
}
