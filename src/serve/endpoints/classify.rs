//! `POST /v1/classify`

use crate::{
    Complaint, Decision,
    desk::access::Permission,
    serve::{
        State,
        body::{Length, SingleBody},
        caller::Caller,
        observe::with_timing,
        problem::{Problem, Refusal},
        query::SingleWishes,
        refused::{Refused, RefusedBody},
    },
    taxonomy::Language,
};
use axum::{
    Extension, Json,
    extract::State as Shared,
    response::{IntoResponse, Response},
};

/// Decide about one complaint
///
/// With `explain=true` the decision also says which words drove the answers, proved by deleting them. That costs about
/// twenty times a decision; the `Server-Timing` header tells it as `explain`.
///
/// With `receipt=true` it brings what `fenzhen replay` needs to take the same decision again: bit for bit where the bundle answers
/// in bytes, as the shipped one does.
#[utoipa::path(
    post, path = "/v1/classify", tag = "classify", request_body = Complaint,
    params(
        ("explain" = Option<bool>, Query, description = "Whether to add `explanation`; false without it"),
        ("lang" = Option<Language>, Query, description = "Language of names and reasons, `zh` or `en`; `zh` without it"),
        ("receipt" = Option<bool>, Query, description = "Whether to add `receipt`: every probability, rule and version behind the decision, and no word of the text; false without it"),
    ),
    responses(
        Refused, RefusedBody,
        (status = 200, description = "The decision", body = Decision),
        (status = 422, description = "No text to read, or a field that does not fit", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "The queue is full; try again after Retry-After", body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "A fault on our side", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Shutting down", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn classify(
    Shared(state): Shared<State>,
    caller: Caller,
    wishes: SingleWishes,
    SingleBody(body): SingleBody,
) -> Result<Response, (Extension<Length>, Refusal)> {
    let length = Extension(Length(body.len()));
    let refuse = |error: crate::Error| (length, Refusal::from(error));
    caller.require(Permission::Classify).map_err(refuse)?;
    let complaint = wishes.others.of(Complaint::from_json(&body).map_err(refuse)?);
    let answer = state.batcher().decide(complaint, wishes.explain).await.map_err(refuse)?;
    let decision = answer.result.map_err(refuse)?;
    let mut response = (length, Json(decision)).into_response();
    let times = answer.timings;
    let mut parts = vec![("queue", answer.queued), ("tokenise", times.tokenise), ("infer", times.infer)];
    parts.extend(answer.explained.map(|took| ("explain", took)));
    with_timing(&mut response, &parts);
    Ok(response)
}
