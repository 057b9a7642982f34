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
    params(("id" = String, Path, description = "The id, or the complaint number"), ("purpose" = String, Query, description = "What it is needed for: 1 to 200 characters on one line")),
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
    let purpose = purpose.ok_or_else(|| Error::InvalidRequest {
        what: "purpose".into(),
        reason: "is missing: say what the original is needed for".into(),
    })?;
    let purpose = Purpose::try_from(purpose)?;
    let (id, department) = front.desk.complaint_in(&id).await?;
    caller.0.require_in(Permission::ComplaintsReadOriginal, department.as_deref())?;
    let request = request.map(|Extension(RequestId(id))| id);
    let original = front.desk.original(&id, &caller.0, purpose, request).await?;
    Ok(Json(OriginalView { text: original.text, contact: original.contact }))
}
