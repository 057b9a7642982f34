//! `GET /progress/{token}`: the page behind a customer's link. The page itself is the same for everybody and holds nothing of
//! a complaint: its script asks `/v1/progress/{token}` and shows what that says.

use super::{HTML, page};
use crate::{
    Error,
    serve::{State, problem::Refusal, query::Id},
};
use axum::{
    extract::State as Shared,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use std::time::Duration;

const PROGRESS: &str = include_str!("progress.html");
const MISSING: &str = include_str!("missing.html");

/// The longest that a person looks at an empty window because the database does not answer.
const LONGEST: Duration = Duration::from_secs(10);

/// The page of a token; of a wrong one the page that says so. Where it cannot be known, the page comes with the status of the
/// fault: its script asks again and tells the reason.
pub(super) async fn progress(Shared(state): Shared<State>, token: Result<Id, Refusal>) -> Response {
    let known = tokio::time::timeout(LONGEST, known(&state, token)).await;
    let late = || Err(Error::StoreUnavailable { reason: "it did not answer in time".into() }.into());
    match known.unwrap_or_else(|_| late()) {
        Ok(()) => private(StatusCode::OK, PROGRESS),
        Err(refusal) => {
            refusal.log();
            match refusal.status().0 {
                StatusCode::NOT_FOUND => private(StatusCode::NOT_FOUND, MISSING),
                status => private(status, PROGRESS),
            }
        }
    }
}

/// A link that lost its token on the way.
pub(super) async fn missing() -> Response {
    private(StatusCode::NOT_FOUND, MISSING)
}

async fn known(state: &State, token: Result<Id, Refusal>) -> Result<(), Refusal> {
    let front = state.front().ok_or(Refusal::NotFound)?;
    front.desk.progress(&token?.0).await?;
    Ok(())
}

/// A page whose address is a secret: kept by nobody, found by no search engine, told to no other server.
fn private(status: StatusCode, content: &'static str) -> Response {
    let headers: [(HeaderName, HeaderValue); 3] = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex, nofollow")),
    ];
    (status, headers, page(HTML, content)).into_response()
}
