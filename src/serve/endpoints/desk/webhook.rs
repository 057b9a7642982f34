//! `DELETE /v1/webhooks/{id}`

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

/// Tell somebody nothing more
#[utoipa::path(
    delete, path = "/v1/webhooks/{id}", tag = "notices", params(("id" = String, Path)),
    responses(
        (status = 204, description = "It is told nothing more"),
        (status = 404, description = "There is none", body = Problem, content_type = "application/problem+json"),
        Refused,
    )
)]
pub(super) async fn remove_webhook(
    Shared(state): Shared<State>,
    caller: Caller,
    given: Given,
    Id(id): Id,
) -> Result<StatusCode, Refusal> {
    let front = front(&state)?;
    given.none()?;
    caller.0.require_everywhere(Permission::WebhooksManage)?;
    match front.desk.remove_webhook(&id, &caller.0).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Refusal::NotFound),
    }
}
