//! `GET /v1/bundles`

use crate::serve::{
    State,
    problem::{Problem, Refusal},
};
use axum::{Json, extract::State as Shared};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The bundles that this server answers with.
#[derive(Serialize, Deserialize, ToSchema)]
pub(super) struct Bundles {
    items: Vec<Bundle>,
    /// Where the next page begins; null on the last.
    next: Option<String>,
}

/// One bundle and what goes with it.
#[derive(Serialize, Deserialize, ToSchema)]
pub(super) struct Bundle {
    /// Name and version, as in a decision's `versions`.
    #[schema(example = "retail@1.0.0")]
    id: String,
    taxonomy: String,
    policy: String,
    /// What it answers: category, department, priority and so on.
    heads: Vec<String>,
}

/// Which bundles answer here
#[utoipa::path(
    get, path = "/v1/bundles", tag = "about",
    responses(
        (status = 200, description = "The bundles", body = Bundles),
        (status = 503, description = "Not ready yet", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn bundles(Shared(state): Shared<State>) -> Result<Json<Bundles>, Refusal> {
    let versions = state.versions().ok_or(Refusal::NotReady)?;
    let taxonomy = state.decide().taxonomy();
    let heads = crate::classify::Head::ALL.into_iter().filter(|head| head.width(taxonomy) > 0);
    let bundle = Bundle {
        id: versions.bundle.clone(),
        taxonomy: versions.taxonomy.clone(),
        policy: versions.policy.clone(),
        heads: heads.map(|head| head.name().to_owned()).collect(),
    };
    Ok(Json(Bundles { items: vec![bundle], next: None }))
}
