//! `GET /v1/tickets/{id}`

use super::front;
use crate::{
    desk::{access::Permission, ticket::etag, view::TicketView},
    serve::{
        State,
        caller::Caller,
        problem::{Problem, Refusal},
        query::{Given, Id, language},
        refused::Refused,
    },
    taxonomy::Language,
};
use axum::{
    Json,
    extract::State as Shared,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

/// Read a ticket: its state, its clocks with their reasons, why it is where it is, and what can be done now
#[utoipa::path(
    get, path = "/v1/tickets/{id}", tag = "tickets",
    params(
        ("id" = String, Path, description = "The id, or the complaint number"),
        ("lang" = Option<Language>, Query, description = "Language of reasons, `zh` or `en`; `zh` without it"),
        ("If-None-Match" = Option<String>, Header, description = "The ETag of what is known already"),
    ),
    responses(
        (status = 200, description = "The ticket; its ETag is for If-Match", body = TicketView),
        (status = 304, description = "It is as it was"),
        (status = 404, description = "There is none", body = Problem, content_type = "application/problem+json"),
        Refused,
    )
)]
pub(super) async fn ticket(
    Shared(state): Shared<State>,
    caller: Caller,
    given: Given,
    headers: HeaderMap,
    Id(id): Id,
) -> Result<Response, Refusal> {
    let front = front(&state)?;
    let [lang] = given.only(["lang"], "lang")?;
    caller.require(Permission::TicketsRead)?;
    let id = front.desk.ticket_id(&id).await?;
    let view = front.desk.ticket(&id, &caller.actor(), language(lang.as_deref())?.unwrap_or_default()).await?;
    caller.0.require_in(Permission::TicketsRead, view.state.department.as_deref())?;
    let tag = etag(view.state.version);
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    if known.is_some_and(|known| known.split(',').any(|one| one.trim() == tag)) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    Ok(([(header::ETAG, tag)], Json(view)).into_response())
}
