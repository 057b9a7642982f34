//! `GET /readyz`

use crate::{
    Error,
    decision::Versions,
    serve::{
        State,
        problem::{Problem, Refusal},
    },
};
use axum::{Json, extract::State as Shared};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Ready, and what answers.
#[derive(Serialize, Deserialize, ToSchema)]
pub(super) struct Ready {
    #[schema(example = "ready")]
    status: String,
    versions: Versions,
}

/// Whether complaints may be sent: the model has answered a real one
#[utoipa::path(
    get, path = "/readyz", tag = "operate",
    responses(
        (status = 200, description = "Ready", body = Ready),
        (status = 503, description = "Not ready yet, the database out of reach, or shutting down", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(super) async fn ready(Shared(state): Shared<State>) -> Result<Json<Ready>, Refusal> {
    if state.leaving() {
        return Err(Error::ShuttingDown.into());
    }
    if let Some(front) = state.front() {
        front.desk.store().ping().await?;
    }
    let versions = state.versions().ok_or(Refusal::NotReady)?.clone();
    Ok(Json(Ready { status: "ready".into(), versions }))
}
