//! `POST /v1/progress/{token}/actions`

use super::{action::Wanted, front};
use crate::{
    desk::{customer::Progress, ticket::Command},
    serve::{
        State,
        body::SingleBody,
        problem::{Problem, Refusal},
        query::{Given, Id},
        refused::{RefusedBody, RefusedProgress},
    },
};
use axum::{Json, extract::State as Shared};

/// Say something to a complaint, as its customer: reply, confirm, dispute, rate, take it back or open it again
#[utoipa::path(
    post, path = "/v1/progress/{token}/actions", tag = "progress", request_body = Wanted, params(("token" = String, Path)),
    responses(
        (status = 200, description = "Where it is after it", body = Progress),
        (status = 403, description = "Nothing that a customer does", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Not possible where it stands", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "No such action, or a part of it that does not fit", body = Problem, content_type = "application/problem+json"),
        RefusedProgress, RefusedBody,
    )
)]
pub(super) async fn act_as_customer(
    Shared(state): Shared<State>,
    given: Given,
    Id(token): Id,
    SingleBody(body): SingleBody,
) -> Result<Json<Progress>, Refusal> {
    let front = front(&state)?;
    given.none()?;
    let Wanted { action, note } = super::read(&body, "an action")?;
    let command = Command { note, ..Command::new(action) };
    Ok(Json(front.desk.act_as_customer(&token, command).await?))
}
