//! `GET /v1/complaints/{id}`

use super::front;
use crate::{
    desk::{access::Permission, view::ComplaintView},
    serve::{
        State,
        caller::Caller,
        problem::{Problem, Refusal},
        query::Given,
    },
};
use axum::{
    Json,
    extract::{Path, State as Shared},
};

/// Read a complaint, masked, with what the engine said
#[utoipa::path(
    get, path = "/v1/complaints/{id}", tag = "complaints", params(("id" = String, Path)),
    responses(
        (status = 200, description = "The complaint", body = ComplaintView),
        (status = 400, description = "A query parameter that does not fit", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No API key, or one that is not good", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not for this role, or another department's", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is none", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn complaint(
    Shared(state): Shared<State>,
    caller: Caller,
    given: Given,
    Path(id): Path<String>,
) -> Result<Json<ComplaintView>, Refusal> {
    let front = front(&state)?;
    given.none()?;
    caller.require(Permission::ComplaintsRead)?;
    let view = front.desk.complaint(&id).await?;
    let department = front.desk.department_of(&view.ticket).await?;
    caller.0.require_in(Permission::ComplaintsRead, department.as_deref())?;
    Ok(Json(view))
}
