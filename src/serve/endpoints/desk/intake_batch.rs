//! `POST /v1/complaints/batch`

use super::{front, intake::Handed, intake::Taken};
use crate::{
    desk::{
        access::Permission,
        intake::{Request, Submission},
    },
    serve::{
        State,
        body::BatchBody,
        caller::Caller,
        problem::{Problem, Refusal},
        query::Given,
        refused::{Refused, RefusedBody},
    },
};
use axum::{Json, extract::State as Shared};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Many complaints at once.
#[derive(Deserialize, ToSchema)]
#[allow(dead_code, reason = "the form of a request, for the document; `Submission::batch` reads it")]
#[serde(deny_unknown_fields)]
pub(super) struct HandedBatch {
    /// At most 256.
    #[schema(min_items = 1, max_items = 256)]
    complaints: Vec<Handed>,
}

/// One outcome a complaint, in the order in which they were sent.
#[derive(Serialize, Deserialize, ToSchema)]
pub(super) struct TakenBatch {
    results: Vec<Intaken>,
}

/// What became of one complaint: taken, or a problem.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Intaken {
    Complaint(Box<Taken>),
    Problem(Problem),
}

/// Hand in up to 256 complaints
///
/// One that cannot be read gets its own problem and does not harm the others. For sending again without harm every complaint
/// has its `channel` and `external_id`.
#[utoipa::path(
    post, path = "/v1/complaints/batch", tag = "complaints", request_body = HandedBatch,
    responses(
        (status = 200, description = "One outcome a complaint, order kept", body = TakenBatch),
        (status = 422, description = "The batch itself does not fit the form", body = Problem, content_type = "application/problem+json"),
        Refused, RefusedBody,
    )
)]
pub(super) async fn intake_batch(
    Shared(state): Shared<State>,
    caller: Caller,
    given: Given,
    BatchBody(body): BatchBody,
) -> Result<Json<TakenBatch>, Refusal> {
    let front = front(&state)?;
    caller.require(Permission::ComplaintsCreate)?;
    given.none()?;
    let mut outcomes = Vec::new();
    let mut requests = Vec::new();
    for item in Submission::batch(&body, state.settings().batch)? {
        outcomes.push(item.map(|submission| requests.push(Request { submission, key: None })));
    }
    let mut accepted = front.desk.accept(&requests).await?.into_iter();
    let results = outcomes.into_iter().map(|outcome| {
        match outcome.and_then(|()| accepted.next().expect("one result a complaint that was read")) {
            Ok(accepted) => Intaken::Complaint(Box::new(accepted.into())),
            Err(error) => {
                let refusal = Refusal::from(error);
                refusal.log();
                Intaken::Problem(refusal.problem())
            }
        }
    });
    Ok(Json(TakenBatch { results: results.collect() }))
}
