//! `GET /v1/audit`

use super::{List, front};
use crate::{
    desk::{access::Permission, browse::PAGE_LIMIT},
    serve::{
        State,
        caller::Caller,
        problem::Refusal,
        query::{self, Given},
        refused::Refused,
    },
};
use axum::{Json, extract::State as Shared};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// An entry as it is chained: its hash is of the hash before it and of the entry's own bytes.
#[derive(Serialize, ToSchema)]
pub(super) struct AuditLine {
    sequence: u64,
    /// Who did what to which ids, when, and what for.
    #[schema(value_type = Object)]
    entry: Box<RawValue>,
    hash: String,
}

/// Read the audit log, newest first; that is noted in it too
#[utoipa::path(
    get, path = "/v1/audit", tag = "operate",
    params(
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 200, description = "50 without it"),
        ("cursor" = Option<u64>, Query, minimum = 1, description = "The `next` of the part before"),
    ),
    responses(
        (status = 200, description = "A part of the log", body = List<AuditLine>),
        Refused,
    )
)]
pub(super) async fn audit(
    Shared(state): Shared<State>,
    caller: Caller,
    given: Given,
) -> Result<Json<List<AuditLine>>, Refusal> {
    let front = front(&state)?;
    let [limit, cursor] = given.only(["limit", "cursor"], "limit, cursor")?;
    caller.0.require_everywhere(Permission::AuditRead)?;
    let limit = query::number("limit", limit.as_deref(), 1..=PAGE_LIMIT)?.unwrap_or(50);
    let before = query::number("cursor", cursor.as_deref(), 1..=i64::MAX as u64)?;
    let links = front.desk.audit_log(&caller.0, limit, before).await?;
    let full = links.len() as u64 == limit;
    let next = links.last().filter(|last| full && last.sequence > 1).map(|last| last.sequence.to_string());
    let line = |link: crate::desk::access::audit::Link| AuditLine {
        sequence: link.sequence,
        entry: RawValue::from_string(link.entry).unwrap_or_default(),
        hash: link.hash,
    };
    Ok(Json(List { items: links.into_iter().map(line).collect(), next }))
}
