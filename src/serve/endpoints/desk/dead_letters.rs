//! `GET /v1/dead-letters`

use super::{List, front};
use crate::{
    desk::{
        access::Permission,
        browse::PAGE_LIMIT,
        store::{instant, queue},
    },
    serve::{State, caller::Caller, problem::Refusal, query::Given, refused::Refused},
};
use axum::{Json, extract::State as Shared};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Work that failed too often.
#[derive(Serialize, Deserialize, ToSchema)]
pub(super) struct DeadLetter {
    id: String,
    /// `classify`, `tick`, `assign`, `deliver` …
    kind: String,
    /// The id of what it is about.
    subject: String,
    attempts: i64,
    /// The stable code of the last fault.
    fault: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: jiff::Timestamp,
}

/// List work that failed too often, oldest first
#[utoipa::path(
    get, path = "/v1/dead-letters", tag = "operate",
    responses(
        (status = 200, description = "At most 200", body = List<DeadLetter>),
        Refused,
    )
)]
pub(super) async fn list_dead_letters(
    Shared(state): Shared<State>,
    caller: Caller,
    given: Given,
) -> Result<Json<List<DeadLetter>>, Refusal> {
    let front = front(&state)?;
    given.none()?;
    caller.0.require_everywhere(Permission::QueueManage)?;
    let rows = queue::dead(front.desk.store().read(), PAGE_LIMIT).await?;
    let letter = |row: crate::desk::store::entity::job::Model| DeadLetter {
        id: row.id,
        kind: row.kind,
        subject: row.subject,
        attempts: row.attempts,
        fault: row.fault,
        created_at: instant(row.created_at),
    };
    Ok(Json(List { items: rows.into_iter().map(letter).collect(), next: None }))
}
