//! One request, one answer.

use super::{Endpoint, Outcome, connect::Stream};
use crate::{ENGINE, desk::notify::webhook::Signed};
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response, StatusCode,
    body::{Bytes, Incoming},
    client::conn::http1,
    header,
};
use hyper_util::rt::TokioIo;
use jiff::{Timestamp, fmt::rfc2822};
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};

/// How much of an answer's body is read, in bytes, and for how long. It is thrown away: the status says it all, and reading
/// only lets the receiver finish in peace.
const MOST_BODY: usize = 64 * 1024;
const LONGEST_BODY: Duration = Duration::from_secs(2);
/// How large the head of an answer may be.
const MOST_HEAD: usize = 64 * 1024;

/// Sends the signed body, waits for the head of the answer until the deadline, and says what it means at an instant.
pub(super) async fn exchange(
    stream: Box<dyn Stream>,
    endpoint: &Endpoint,
    (signed, body): (&Signed, Vec<u8>),
    at: Timestamp,
    deadline: Instant,
) -> Outcome {
    let handshake = http1::Builder::new().max_buf_size(MOST_HEAD).handshake(TokioIo::new(stream)).await;
    let Ok((mut sender, connection)) = handshake else { return Outcome::retry("the connection was lost") };
    let request = match request(endpoint, signed, body) {
        Ok(request) => request,
        Err(error) => return Outcome::refused(format!("no request can be made of it: {error}")),
    };
    let ask = async move {
        let response = match timeout_at(deadline, sender.send_request(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) if error.is_parse() => return Outcome::retry("the answer is not HTTP"),
            Ok(Err(_)) => return Outcome::retry("the connection was lost before the answer"),
            Err(_) => return Outcome::retry("no answer in time"),
        };
        let outcome = meaning(&response, at);
        // However this ends, the answer is known.
        let _ = timeout(LONGEST_BODY, drain(response.into_body())).await;
        outcome
    };
    // Both in this task: when the attempt is dropped, so is its connection.
    tokio::pin!(ask);
    tokio::select! {
        biased;
        outcome = &mut ask => outcome,
        // The connection may end first, with the answer complete.
        _ = connection => ask.await,
    }
}

fn request(endpoint: &Endpoint, signed: &Signed, body: Vec<u8>) -> hyper::http::Result<Request<Full<Bytes>>> {
    let mut request = Request::post(endpoint.target())
        .header(header::HOST, endpoint.authority())
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::USER_AGENT, format!("fenzhen/{ENGINE}"))
        .header(header::CONNECTION, "close");
    for (name, value) in signed.headers() {
        request = request.header(name, value);
    }
    request.body(Full::new(body.into()))
}

/// Only 2xx is a success; a redirect is an answer like any other. Whoever repairs an endpoint within the schedule gets what
/// it missed, so no status but 410 is final.
fn meaning(response: &Response<Incoming>, at: Timestamp) -> Outcome {
    let status = response.status();
    if status.is_success() {
        return Outcome::Delivered;
    }
    if status == StatusCode::GONE {
        return Outcome::Gone;
    }
    let after = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    let redirect = if status.is_redirection() { "; redirects are not followed" } else { "" };
    let reason = format!("answered {}{redirect}", status.as_u16());
    Outcome::Retry { reason, after: after.and_then(|after| retry_after(after.trim(), at)) }
}

/// Both forms of the header (RFC 9110, section 10.2.3): seconds, or the date at which the wait is over.
fn retry_after(text: &str, at: Timestamp) -> Option<Duration> {
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = rfc2822::parse(text).ok()?.timestamp();
    until.duration_since(at).try_into().ok()
}

async fn drain(mut body: Incoming) {
    let mut read = 0;
    while let Some(Ok(frame)) = body.frame().await {
        read += frame.data_ref().map_or(0, Bytes::len);
        if read >= MOST_BODY {
            return;
        }
    }
}
