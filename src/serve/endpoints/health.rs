//! `GET /healthz`

use crate::ENGINE;
use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Alive.
#[derive(Serialize, Deserialize, ToSchema)]
pub(super) struct Health {
    #[schema(example = "ok")]
    status: String,
    /// The engine's version.
    engine: String,
}

/// Whether the process lives
#[utoipa::path(get, path = "/healthz", tag = "operate", responses((status = 200, description = "It lives", body = Health)))]
pub(super) async fn health() -> Json<Health> {
    Json(Health { status: "ok".into(), engine: ENGINE.into() })
}
