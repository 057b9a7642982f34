//! `GET /metrics`

use crate::{
    desk::store::queue::{self, Work},
    serve::State,
};
use axum::{extract::State as Shared, http::header, response::IntoResponse};

/// Numbers for Prometheus
#[utoipa::path(
    get, path = "/metrics", tag = "operate",
    responses((status = 200, description = "Prometheus text", body = String, content_type = "text/plain"))
)]
pub(super) async fn metrics(Shared(state): Shared<State>) -> impl IntoResponse {
    state.metrics().waiting(state.batcher().waiting());
    if let Some(front) = state.front() {
        for work in Work::ALL {
            // What cannot be counted now is counted the next time.
            if let Ok((waiting, dead)) = queue::depth(front.desk.store().read(), work).await {
                state.metrics().jobs(work.id(), waiting, dead);
            }
        }
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], state.metrics().render())
}
