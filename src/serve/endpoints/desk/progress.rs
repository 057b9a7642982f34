//! `GET /v1/progress/{token}`

use super::front;
use crate::{
    desk::customer::Progress,
    serve::{
        State,
        problem::Refusal,
        query::{Given, Id},
        refused::RefusedProgress,
    },
};
use axum::{Json, extract::State as Shared};

/// Follow a complaint, as its customer
///
/// Whoever has the path is the customer: it came with the complaint's acceptance and nobody else knows it.
#[utoipa::path(
    get, path = "/v1/progress/{token}", tag = "progress", params(("token" = String, Path)),
    responses(
        (status = 200, description = "Where it is", body = Progress),
        RefusedProgress,
    )
)]
pub(super) async fn progress(
    Shared(state): Shared<State>,
    given: Given,
    Id(token): Id,
) -> Result<Json<Progress>, Refusal> {
    let front = front(&state)?;
    given.none()?;
    Ok(Json(front.desk.progress(&token).await?))
}
