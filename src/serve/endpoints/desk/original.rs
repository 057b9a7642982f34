//! `GET /v1/complaints/{id}/original`

use super::front;
use crate::{
    Error,
    desk::{access::Permission, access::audit::Purpose},
    serve::{
        State,
        caller::{Caller, RequestId},
        problem::{Problem, Refusal},
        query::{Given, Id},
        refused::Refused,
    },
};
use axum::{Extension, Json, extract::State as Shared};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the customer sent, unmasked.
#[derive(Serialize, Deserialize, ToSchema)]
pub(super) struct OriginalView {
    text: String,
    contact: Option<String>,
}

/// Read the original text and the contact
///
/// Every time is noted in the audit log: who, when, and what for.
#[utoipa::path(
    get, path = "/v1/complaints/{id}/original", tag = "complaints",
    params(("id" = String, Path, description = "The id, or the complaint number"), ("purpose" = String, Query, description = "What it is needed for: 1 to 200 characters on one line",
            min_length = 1, max_length = 200, pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]+$")),
    responses(
        (status = 200, description = "What was sent", body = OriginalView),
        (status = 404, description = "There is none", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "No purpose", body = Problem, content_type = "application/problem+json"),
        Refused,
    )
)]
pub(super) async fn original(
    Shared(state): Shared<State>,
    caller: Caller,
    given: Given,
    request: Option<Extension<RequestId>>,
    Id(id): Id,
) -> Result<Json<OriginalView>, Refusal> {
    let front = front(&state)?;
    let [purpose] = given.only(["purpose"], "purpose")?;
    caller.require(Permission::ComplaintsReadOriginal)?;
    let purpose = self::purpose(purpose, "original")?;
    let id = front.complaint_for(&id, Permission::ComplaintsReadOriginal, &caller.0).await?;
    let request = request.map(|Extension(RequestId(id))| id);
    let original = front.desk.original(&id, &caller.0, purpose, request).await?;
    Ok(Json(OriginalView { text: original.text, contact: original.contact }))
}

/// What somebody says that a thing is needed for.
pub(super) fn purpose(said: Option<String>, thing: &str) -> Result<Purpose, Error> {
    let missing = || Error::InvalidRequest {
        what: "purpose".into(),
        reason: format!("is missing: say what the {thing} is needed for"),
    };
    Purpose::try_from(said.ok_or_else(missing)?)
}
