//! `POST /v1/complaints`

use super::front;
use crate::{
    Decision, Error,
    desk::{
        access::Permission,
        intake::{Accepted, Request, Submission},
    },
    serve::{
        Front, State,
        body::SingleBody,
        caller::Caller,
        multipart::{self, is_multipart},
        problem::{Problem, Refusal},
        query::{self, Given},
        refused::{Refused, RefusedBodyOrFiles},
    },
};
use axum::{
    Json,
    extract::{FromRequest, Request as HttpRequest, State as Shared},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::time::Duration;
use utoipa::ToSchema;

/// The longest time in milliseconds that a caller may wait for the decision.
const LONGEST_WAIT: u64 = 30_000;

/// A complaint as it is handed in.
#[derive(Deserialize, ToSchema)]
#[allow(dead_code, reason = "the form of a request, for the document; `Submission::from_json` reads it")]
#[serde(deny_unknown_fields)]
pub(super) struct Handed {
    /// The customer's words.
    #[schema(min_length = 1, example = "快递三天没动静，客服一直不接电话，第三次投诉了")]
    text: String,
    /// Where it came from: phone, app, web, mini-program, wechat, weibo, douyin, email, chat, store.
    #[schema(pattern = "^[a-z0-9._-]{1,64}$", example = "app")]
    channel: Option<String>,
    /// The channel's own id of it: the same again is the same complaint.
    #[schema(min_length = 1, max_length = 256, pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]+$")]
    external_id: Option<String>,
    /// Leave it out for an anonymous complaint.
    customer: Option<HandedCustomer>,
    /// How to reach the customer; stored sealed.
    #[schema(min_length = 1, max_length = 256, pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]+$")]
    contact: Option<String>,
    order: Option<HandedOrder>,
    #[schema(min_length = 1, max_length = 1000, pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]+$")]
    product: Option<String>,
    #[schema(min_length = 1, max_length = 1000, pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]+$")]
    region: Option<String>,
    /// What the customer wants to happen.
    #[schema(max_length = 1000)]
    wish: Option<String>,
    /// When it came in (RFC 3339).
    #[schema(format = DateTime)]
    received_at: Option<String>,
}

/// A complaint with files.
#[derive(Deserialize, ToSchema)]
#[allow(dead_code, reason = "the form of a request, for the document; `multipart::taken` reads it")]
#[serde(deny_unknown_fields)]
pub(super) struct HandedWithFiles {
    /// The same as in the JSON body.
    complaint: Handed,
    /// Up to three images (JPEG, PNG, WebP, GIF, HEIC; 10 MiB each) or recordings (MP3, WAV, M4A, OGG, AMR; 20 MiB each), told
    /// by their first bytes.
    #[schema(max_items = 3, value_type = Vec<String>, format = Binary, required = false)]
    attachment: Option<Vec<Vec<u8>>>,
}

/// Who complains.
#[derive(Deserialize, ToSchema)]
#[allow(dead_code, reason = "the form of a request, for the document")]
#[serde(deny_unknown_fields)]
pub(super) struct HandedCustomer {
    #[schema(min_length = 1, max_length = 256, pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]+$")]
    id: Option<String>,
    /// Membership tier in the shop's own words.
    #[schema(min_length = 1, max_length = 1000, pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]+$")]
    tier: Option<String>,
}

/// The order it is about.
#[derive(Deserialize, ToSchema)]
#[allow(dead_code, reason = "the form of a request, for the document")]
#[serde(deny_unknown_fields)]
pub(super) struct HandedOrder {
    #[schema(min_length = 1, max_length = 256, pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]+$")]
    id: Option<String>,
    /// In yuan.
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    amount: Option<f64>,
}

/// A complaint that is on the disk.
#[derive(Serialize, Deserialize, ToSchema)]
pub(super) struct Taken {
    id: String,
    #[schema(example = "C20261126-000123-6")]
    number: String,
    /// The id of its ticket.
    ticket: String,
    #[schema(value_type = String, format = DateTime)]
    received_at: jiff::Timestamp,
    /// Whether it is new; otherwise it was here already, by its key or its external id.
    fresh: bool,
    /// Where a program follows it for the customer: whoever has this path is the customer.
    progress: String,
    /// The same as a page for the customer to open in a browser.
    #[schema(example = "/progress/…")]
    page: String,
    /// What the engine said, where the caller waited for it and it came in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Decision>)]
    decision: Option<Box<RawValue>>,
}

impl From<Accepted> for Taken {
    fn from(accepted: Accepted) -> Self {
        Taken {
            id: accepted.id,
            number: accepted.number.to_string(),
            ticket: accepted.ticket,
            received_at: accepted.received_at,
            fresh: accepted.fresh,
            progress: format!("/v1/progress/{}", accepted.token),
            page: format!("/progress/{}", accepted.token),
            decision: None,
        }
    }
}

/// Hand in a complaint
///
/// When this answers, the complaint is on the disk with its number and its ticket; the engine decides about it right after,
/// also if the server stops in between. With `wait` the answer comes with the decision, if that is there in time.
///
/// With files it is multipart: the part `complaint` is the JSON, the parts `attachment` are the files, in any order.
///
/// With an `Idempotency-Key` it can be sent again until it is answered: it is taken once. Keys are remembered for seven days.
#[utoipa::path(
    post, path = "/v1/complaints", tag = "complaints",
    request_body(content((Handed = "application/json"), (HandedWithFiles = "multipart/form-data"))),
    params(
        ("wait" = Option<u64>, Query, maximum = 30_000, description = "Milliseconds to wait for the decision; 0 without it"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 characters, new for every new complaint"),
    ),
    responses(
        Refused, RefusedBodyOrFiles,
        (status = 201, description = "Taken", body = Taken),
        (status = 200, description = "It was here already", body = Taken),
        (status = 409, description = "The external id came with another text before", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Nothing to read, a field that does not fit, or a key of another request", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too much at once", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database or the store of attachments is out of reach, or the server is shutting down", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn intake(
    Shared(state): Shared<State>,
    caller: Caller,
    given: Given,
    request: HttpRequest,
) -> Result<Response, Refusal> {
    let front = front(&state)?;
    caller.require(Permission::ComplaintsCreate)?;
    let [wait] = given.only(["wait"], "wait")?;
    let wait = query::number("wait", wait.as_deref(), 0..=LONGEST_WAIT)?.unwrap_or(0);
    let key = key(request.headers(), &caller)?;
    let accepted = match is_multipart(request.headers()) {
        true => with_files(&state, front, key, request).await?,
        false => {
            let SingleBody(body) = SingleBody::from_request(request, &state).await?;
            front.line.submit(Request { submission: Submission::from_json(&body)?, key }).await?
        }
    };
    let (status, id) = (if accepted.fresh { StatusCode::CREATED } else { StatusCode::OK }, accepted.id.clone());
    let mut taken = Taken::from(accepted);
    if wait > 0 {
        let patience = Duration::from_millis(wait);
        // It is taken, whatever becomes of the wait.
        if let Ok(Ok(view)) = tokio::time::timeout(patience, front.desk.decided(&id)).await {
            taken.decision = view.decision;
        }
    }
    let place = format!("/v1/complaints/{id}");
    Ok((status, [(header::LOCATION, place)], Json(taken)).into_response())
}

/// The files are on the disk before the complaint is.
async fn with_files(
    state: &State,
    front: &Front,
    key: Option<String>,
    request: HttpRequest,
) -> Result<Accepted, Refusal> {
    let missing = || Error::InvalidRequest { what: "complaint".into(), reason: "is missing among the parts".into() };
    multipart::taken(request, state, &front.desk, ["complaint"], async |form| {
        let [complaint] = form.texts;
        let submission = Submission::from_json(&complaint.ok_or_else(missing)?)?;
        let submission = Submission { attachments: form.files, ..submission };
        front.line.submit(Request { submission, key }).await
    })
    .await
}

/// The caller's key, made unique to the caller: nobody meets somebody else's.
fn key(headers: &HeaderMap, caller: &Caller) -> Result<Option<String>, Refusal> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let key = key.to_str().unwrap_or_default().trim();
    if key.is_empty() || key.len() > 255 {
        let reason = "must have 1 to 255 visible ASCII characters".into();
        return Err(Error::InvalidRequest { what: "Idempotency-Key".into(), reason }.into());
    }
    Ok(Some(format!("{}/{key}", caller.0.id)))
}
