//! `POST /v1/dead-letters/{id}/retry`

use super::front;
use crate::{
    desk::access::Permission,
    serve::{
        State,
        caller::Caller,
        problem::{Problem, Refusal},
        query::{Given, Id},
        refused::Refused,
    },
};
use axum::{extract::State as Shared, http::StatusCode};

/// Let work that failed too often try again
#[utoipa::path(
    post, path = "/v1/dead-letters/{id}/retry", tag = "operate", params(("id" = String, Path)),
    responses(
        (status = 204, description = "It is in the queue again"),
        (status = 404, description = "There is none", body = Problem, content_type = "application/problem+json"),
        Refused,
    )
)]
pub(super) async fn retry_dead_letter(
    Shared(state): Shared<State>,
    caller: Caller,
    given: Given,
    Id(id): Id,
) -> Result<StatusCode, Refusal> {
    let front = front(&state)?;
    given.none()?;
    caller.0.require_everywhere(Permission::QueueManage)?;
    match front.desk.revive(&id, &caller.0).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Refusal::NotFound),
    }
}
