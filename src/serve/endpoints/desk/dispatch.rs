//! `GET /v1/feedback/dispatch`

use super::front;
use crate::{
    desk::{access::Permission, feedback::DispatchReport},
    serve::{State, caller::Caller, problem::Refusal, query::Given, refused::Refused},
};
use axum::{Json, extract::State as Shared};
use jiff::Timestamp;

/// How well tickets were dispatched: first dispatches that were right, who gave back to whom, what went to and fro
#[utoipa::path(
    get, path = "/v1/feedback/dispatch", tag = "reports",
    params(
        ("since" = Option<String>, Query, format = DateTime, description = "Of tickets opened from here on (RFC 3339)"),
        ("until" = Option<String>, Query, format = DateTime, description = "Of tickets opened before this (RFC 3339)"),
    ),
    responses(
        (status = 200, description = "The figures", body = DispatchReport),
        Refused,
    )
)]
pub(super) async fn dispatch(
    Shared(state): Shared<State>,
    caller: Caller,
    given: Given,
) -> Result<Json<DispatchReport>, Refusal> {
    let front = front(&state)?;
    let [since, until] = given.only(["since", "until"], "since, until")?;
    caller.0.require_everywhere(Permission::ReportsRead)?;
    let since = instant("since", since.as_deref())?;
    let until = instant("until", until.as_deref())?;
    Ok(Json(front.desk.dispatch_report(since, until).await?))
}

fn instant(name: &'static str, value: Option<&str>) -> Result<Option<Timestamp>, Refusal> {
    let Some(value) = value else { return Ok(None) };
    let reason = "must be a time with its offset, as in 2026-11-25T09:30:00+08:00 (RFC 3339)";
    value.parse().map(Some).map_err(|_| Refusal::InvalidParameter { name, reason })
}
