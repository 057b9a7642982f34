//! `POST /v1/classify/batch`

use crate::{
    Complaint, Decision,
    desk::access::Permission,
    request,
    serve::{
        State,
        batcher::Answer,
        body::{BatchBody, Length},
        caller::Caller,
        observe::with_timing,
        problem::{Problem, Refusal},
        query::Wishes,
        refused::{Refused, RefusedBody},
    },
    taxonomy::Language,
};
use axum::{
    Extension, Json,
    extract::State as Shared,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};
use utoipa::ToSchema;

/// Many complaints at once.
#[derive(Deserialize, ToSchema)]
#[allow(dead_code, reason = "the form of a request, for the document; `request::batch` reads it")]
#[serde(deny_unknown_fields)]
pub(super) struct Batch {
    /// At most 256.
    #[schema(min_items = 1, max_items = 256)]
    complaints: Vec<Complaint>,
}

/// One outcome a complaint, in the order in which they were sent.
#[derive(Serialize, Deserialize, ToSchema)]
pub(super) struct BatchAnswer {
    results: Vec<Outcome>,
}

/// What became of one complaint: a decision or a problem.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Outcome {
    Decision(Box<Decision>),
    Problem(Problem),
}

/// Decide about up to 256 complaints
///
/// A complaint that cannot be read gets its own problem and does not harm the others.
#[utoipa::path(
    post, path = "/v1/classify/batch", tag = "classify", request_body = Batch,
    params(
        ("lang" = Option<Language>, Query, description = "Language of names and reasons, `zh` or `en`; `zh` without it"),
        ("receipt" = Option<bool>, Query, description = "Whether to add `receipt` to every decision; false without it"),
    ),
    responses(
        Refused, RefusedBody,
        (status = 200, description = "One outcome a complaint, order kept", body = BatchAnswer),
        (status = 422, description = "The batch itself does not fit the form", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "The queue has no room for all of them; try again after Retry-After", body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "A fault on our side", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Shutting down", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn batch(
    Shared(state): Shared<State>,
    caller: Caller,
    wishes: Wishes,
    BatchBody(body): BatchBody,
) -> Result<Response, (Extension<Length>, Refusal)> {
    let length = Extension(Length(body.len()));
    let refuse = |error: crate::Error| (length, Refusal::from(error));
    caller.require(Permission::Classify).map_err(refuse)?;
    let mut outcomes = Vec::new();
    let mut complaints = Vec::new();
    for item in request::batch(&body, state.settings().batch).map_err(refuse)? {
        outcomes.push(item.map(|complaint| complaints.push(wishes.of(complaint))));
    }
    let answers = state.batcher().decide_many(complaints).await.map_err(refuse)?;
    let times = times(&answers);
    let mut answers = answers.into_iter();
    let results = outcomes.into_iter().map(|outcome| {
        let result = outcome.and_then(|()| answers.next().expect("one answer a complaint that was sent").result);
        match result {
            Ok(decision) => Outcome::Decision(Box::new(decision)),
            Err(error) => {
                let refusal = Refusal::from(error);
                refusal.log();
                Outcome::Problem(refusal.problem())
            }
        }
    });
    let mut response = (length, Json(BatchAnswer { results: results.collect() })).into_response();
    with_timing(&mut response, &times);
    Ok(response)
}

/// The longest wait, and the model's time over all portions that had a part in it.
fn times(answers: &[Answer]) -> [(&'static str, Duration); 3] {
    let portions: BTreeMap<_, _> = answers.iter().map(|answer| (answer.portion, answer.timings)).collect();
    [
        ("queue", answers.iter().map(|answer| answer.queued).max().unwrap_or_default()),
        ("tokenise", portions.values().map(|timings| timings.tokenise).sum()),
        ("infer", portions.values().map(|timings| timings.infer).sum()),
    ]
}
