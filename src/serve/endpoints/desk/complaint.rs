//! `GET /v1/complaints/{id}`

use super::front;
use crate::{
    desk::{access::Permission, view::ComplaintView},
    serve::{
        State,
        caller::Caller,
        problem::{Problem, Refusal},
        query::{Given, Id},
        refused::Refused,
    },
};
use axum::{Json, extract::State as Shared};

/// Read a complaint, masked, with what the engine said
#[utoipa::path(
    get, path = "/v1/complaints/{id}", tag = "complaints", params(("id" = String, Path, description = "The id, or the complaint number")),
    responses(
        (status = 200, description = "The complaint", body = ComplaintView),
        (status = 404, description = "There is none", body = Problem, content_type = "application/problem+json"),
        Refused,
    )
)]
pub(super) async fn complaint(
    Shared(state): Shared<State>,
    caller: Caller,
    given: Given,
    Id(id): Id,
) -> Result<Json<ComplaintView>, Refusal> {
    let front = front(&state)?;
    given.none()?;
    caller.require(Permission::ComplaintsRead)?;
    let id = front.complaint_for(&id, Permission::ComplaintsRead, &caller.0).await?;
    Ok(Json(front.desk.complaint(&id).await?))
}
