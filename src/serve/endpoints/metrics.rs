//! `GET /metrics`

use crate::{
    desk::store::queue::{self, Work},
    serve::State,
};
use axum::{extract::State as Shared, http::header, response::IntoResponse};
use std::time::Duration;

/// How long counting may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// Numbers for Prometheus
#[utoipa::path(
    get, path = "/metrics", tag = "operate",
    responses((status = 200, description = "Prometheus text", body = String, content_type = "text/plain"))
)]
pub(super) async fn metrics(Shared(state): Shared<State>) -> impl IntoResponse {
    state.metrics().waiting(state.batcher().waiting());
    if let Some(front) = state.front() {
        let count = async {
            for work in Work::ALL {
                if let Ok((waiting, dead)) = queue::depth(front.desk.store().read(), work).await {
                    state.metrics().jobs(work.id(), waiting, dead);
                }
            }
        };
        // What cannot be counted now is counted the next time; the other numbers are not held up.
        let _ = tokio::time::timeout(PATIENCE, count).await;
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], state.metrics().render())
}
