//! `GET /v1/incidents`

use super::{List, front};
use crate::{
    desk::{
        access::Permission,
        browse::{Cursor, PAGE_LIMIT},
        incidents::Sight,
    },
    serve::{
        State,
        caller::Caller,
        problem::{Problem, Refusal},
        query::{self, Given},
        refused::Refused,
    },
};
use axum::{Json, extract::State as Shared};

/// List what many complain about, the latest first
#[utoipa::path(
    get, path = "/v1/incidents", tag = "incidents",
    params(
        ("closed" = Option<bool>, Query, description = "Only those that are over, or are not"),
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 200, description = "50 without it"),
        ("cursor" = Option<String>, Query, description = "The `next` of the part before"),
    ),
    responses(
        (status = 200, description = "A part of the list", body = List<Sight>),
        (status = 422, description = "No cursor of ours", body = Problem, content_type = "application/problem+json"),
        Refused,
    )
)]
pub(super) async fn incidents(
    Shared(state): Shared<State>,
    caller: Caller,
    given: Given,
) -> Result<Json<List<Sight>>, Refusal> {
    let front = front(&state)?;
    let [closed, limit, cursor] = given.only(["closed", "limit", "cursor"], "closed, limit, cursor")?;
    caller.require(Permission::TicketsRead)?;
    let closed = query::flag("closed", closed.as_deref())?;
    let limit = query::number("limit", limit.as_deref(), 1..=PAGE_LIMIT)?.unwrap_or(50);
    let from = cursor.map(|cursor| Cursor::parse(&cursor)).transpose()?;
    let page = front.desk.incidents(closed, limit, from.as_ref()).await?;
    Ok(Json(List { items: page.items, next: page.next }))
}
