//! The body of a request: JSON, within a size, within a time.

use super::{State, problem::Refusal};
use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
};

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
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(Refusal::BodyTooLarge { limit });
    }
    let patience = state.settings().body_patience;
    match tokio::time::timeout(patience, axum::body::to_bytes(request.into_body(), limit)).await {
        Err(_) => Err(Refusal::BodyTooSlow { seconds: patience.as_secs() }),
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) if is_too_large(&error) => Err(Refusal::BodyTooLarge { limit }),
        Ok(Err(_)) => Err(Refusal::BodyBroken),
    }
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
    let text = |name| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
    let full = text(header::CONTENT_TYPE);
    let mut parts = full.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default();
    let json = kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"));
    let charset =
        parts.filter_map(|p| p.strip_prefix("charset=")).all(|c| matches!(c.trim_matches('"'), "utf-8" | "utf8"));
    let coding = text(header::CONTENT_ENCODING);
    json && charset && (coding.is_empty() || coding == "identity")
}
