//! `GET /v1/notices`

use super::{List, front};
use crate::{
    desk::{
        access::Permission,
        browse::{Cursor, PAGE_LIMIT},
        notices::{NoticeFilter, Told},
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

/// Look through what was told, newest first: deadlines, escalations, incidents, and whatever somebody subscribed to
#[utoipa::path(
    get, path = "/v1/notices", tag = "notices",
    params(
        ("kind" = Option<String>, Query, description = "As in `deadline.breached`"),
        ("ticket" = Option<String>, Query, description = "Of this ticket, by id or complaint number"),
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 200, description = "50 without it"),
        ("cursor" = Option<String>, Query, description = "The `next` of the part before"),
    ),
    responses(
        (status = 200, description = "A part of the list", body = List<Told>),
        (status = 404, description = "There is no ticket of this number", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A kind that there is not, or no cursor of ours", body = Problem, content_type = "application/problem+json"),
        Refused,
    )
)]
pub(super) async fn notices(
    Shared(state): Shared<State>,
    caller: Caller,
    given: Given,
) -> Result<Json<List<Told>>, Refusal> {
    let front = front(&state)?;
    let [kind, ticket, limit, cursor] =
        given.only(["kind", "ticket", "limit", "cursor"], "kind, ticket, limit, cursor")?;
    caller.require(Permission::TicketsRead)?;
    let limit = query::number("limit", limit.as_deref(), 1..=PAGE_LIMIT)?.unwrap_or(50);
    let from = cursor.map(|cursor| Cursor::parse(&cursor)).transpose()?;
    let ticket = match ticket {
        Some(given) => Some(front.desk.ticket_id(&given).await?),
        None => None,
    };
    let filter = NoticeFilter { kind, ticket, within: caller.departments() };
    let page = front.desk.notices(&filter, limit, from.as_ref()).await?;
    Ok(Json(List { items: page.items, next: page.next }))
}
