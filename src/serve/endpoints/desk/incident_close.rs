//! `POST /v1/incidents/{id}/close`

use super::front;
use crate::{
    desk::incidents::Sight,
    serve::{
        State,
        caller::Caller,
        problem::{Problem, Refusal},
        query::{Given, Id},
        refused::Refused,
    },
};
use axum::{Json, extract::State as Shared};

/// Close an incident: the next complaints begin another
#[utoipa::path(
    post, path = "/v1/incidents/{id}/close", tag = "incidents", params(("id" = String, Path)),
    responses(
        (status = 200, description = "The incident; one that was closed before stays as it was", body = Sight),
        (status = 404, description = "There is none", body = Problem, content_type = "application/problem+json"),
        Refused,
    )
)]
pub(super) async fn close_incident(
    Shared(state): Shared<State>,
    caller: Caller,
    given: Given,
    Id(id): Id,
) -> Result<Json<Sight>, Refusal> {
    let front = front(&state)?;
    given.none()?;
    Ok(Json(front.desk.close_incident(&id, &caller.0).await?))
}
