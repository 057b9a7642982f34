//! The outermost layer: gives every request its id, measures it, writes its line to the log and completes problems.
//! What it notes is how a request went, never what was in it.

use super::{
    State,
    body::Length,
    caller::RequestId,
    metrics::method_name,
    problem::{Problem, Refusal},
};
use crate::Error;
use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::time::{Duration, Instant};
use tracing::Instrument;

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
static SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

pub(super) async fn observe(
    axum::extract::State(state): axum::extract::State<State>,
    request: Request,
    next: Next,
) -> Response {
    let since = Instant::now();
    let id = request_id(request.headers());
    let mut request = request;
    request.extensions_mut().insert(RequestId(id.clone()));
    let method = request.method().clone();
    // The path itself may hold anything; the router's pattern cannot.
    let path = request.extensions().get::<MatchedPath>().map_or("(none)", MatchedPath::as_str).to_owned();
    let caller = Gone { state: &state, method: &method, path: &path, id: &id, since };
    // What is logged on the way carries the id.
    let span = tracing::error_span!("request", id);
    let mut response = next.run(request).instrument(span).await;
    std::mem::forget(caller);

    Problem::complete(&mut response, &id);
    let took = since.elapsed();
    let status = response.status().as_u16();
    let length = response.extensions().get::<Length>().map(|l| l.0);
    let problem = response.extensions_mut().remove::<Problem>();
    let code = problem.as_ref().map(|p| p.code.as_str());
    state.metrics().request(&method, &path, status, code, took);
    tracing::info!(
        method = method_name(&method),
        path,
        status,
        code,
        ms = milliseconds(took),
        request_id = id,
        length,
        "answered"
    );
    let headers = response.headers_mut();
    headers.append(SERVER_TIMING.clone(), timing(&[("total", took)]));
    headers.insert(REQUEST_ID.clone(), HeaderValue::from_str(&id).expect("an id is checked or made here"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    // Answers may hold personal data: nobody on the way keeps them.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Notes a request whose caller went away before the answer: then the future is dropped, and this with it.
struct Gone<'a> {
    state: &'a State,
    method: &'a axum::http::Method,
    path: &'a str,
    id: &'a str,
    since: Instant,
}

impl Drop for Gone<'_> {
    fn drop(&mut self) {
        let took = self.since.elapsed();
        self.state.metrics().request(self.method, self.path, 499, None, took);
        let (method, path, request_id) = (method_name(self.method), self.path, self.id);
        tracing::info!(method, path, status = 499, ms = milliseconds(took), request_id, "the caller went away");
    }
}

/// The answer to a panic in a handler. Its message may quote a complaint, so it is dropped.
pub(super) fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    Refusal::Engine(Error::Internal("a handler panicked".into())).into_response()
}

/// A `Server-Timing` value; durations in milliseconds.
pub(super) fn timing(parts: &[(&str, Duration)]) -> HeaderValue {
    let text: Vec<_> = parts.iter().map(|(name, took)| format!("{name};dur={}", milliseconds(*took))).collect();
    HeaderValue::from_str(&text.join(", ")).expect("names and numbers are ASCII")
}

/// Adds the queue's and the model's times to an answer.
pub(super) fn with_timing(response: &mut Response, parts: &[(&str, Duration)]) {
    response.headers_mut().append(SERVER_TIMING.clone(), timing(parts));
}

/// Milliseconds, to the microsecond.
fn milliseconds(took: Duration) -> f64 {
    took.as_micros() as f64 / 1_000.0
}

/// The caller's `x-request-id` if it is a sane name (up to 64 letters, digits, `-`, `_`, `.`), otherwise a new UUID v7,
/// which sorts by time.
fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get(&REQUEST_ID).and_then(|v| v.to_str().ok());
    let sane = |id: &&str| {
        (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    given.filter(sane).map_or_else(|| uuid::Uuid::now_v7().to_string(), str::to_owned)
}
