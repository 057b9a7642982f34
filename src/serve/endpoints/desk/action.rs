//! `POST /v1/tickets/{id}/actions`

use super::front;
use crate::{
    desk::{
        access::Permission,
        ticket::{Action, ActionKind, Command, etag},
        view::TicketView,
    },
    serve::{
        State,
        body::SingleBody,
        caller::{Caller, expected},
        problem::{Problem, Refusal},
        query::{Given, Id, language},
        refused::{Refused, RefusedBody},
    },
    taxonomy::Language,
};
use axum::{
    Json,
    extract::State as Shared,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// What somebody wants to do.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// `{"kind": "…"}` with what belongs to it; a ticket's `actions` says which kinds it takes now.
    #[schema(value_type = Object, example = json!({"kind": "transfer", "department": "logistics", "cause": "misrouted", "reason": "快递问题"}))]
    pub action: Action,
    /// For staff; kept in the history.
    pub note: Option<String>,
}

/// Do something to a ticket
///
/// With `If-Match` only if it is still at that version.
#[utoipa::path(
    post, path = "/v1/tickets/{id}/actions", tag = "tickets", request_body = Wanted,
    params(
        ("id" = String, Path, description = "The id, or the complaint number"),
        ("lang" = Option<Language>, Query, description = "Language of reasons, `zh` or `en`; `zh` without it"),
        ("If-Match" = Option<String>, Header, description = "The ETag of the version that it is meant for"),
    ),
    responses(
        (status = 200, description = "The ticket after it", body = TicketView),
        (status = 404, description = "There is none", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Not possible where it stands", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "It has changed since", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "No such action, or a part of it that does not fit", body = Problem, content_type = "application/problem+json"),
        Refused, RefusedBody,
    )
)]
pub(super) async fn act_on_ticket(
    Shared(state): Shared<State>,
    caller: Caller,
    given: Given,
    headers: HeaderMap,
    Id(id): Id,
    SingleBody(body): SingleBody,
) -> Result<Response, Refusal> {
    let front = front(&state)?;
    let [lang] = given.only(["lang"], "lang")?;
    let language = language(lang.as_deref())?.unwrap_or_default();
    let Wanted { action, note } = super::read(&body, "an action")?;
    caller.require(needed(action.kind()))?;
    let id = front.desk.ticket_id(&id).await?;
    let command = Command { action, expected: expected(&headers)?, note };
    let record = front.desk.act(&id, command, &caller.actor()).await?;
    let view = front.desk.ticket_view(record, &caller.actor(), language).await?;
    Ok(([(header::ETAG, etag(view.state.version))], Json(view)).into_response())
}

fn needed(kind: ActionKind) -> Permission {
    match kind {
        ActionKind::Approve | ActionKind::Reject => Permission::TicketsApprove,
        ActionKind::Assign => Permission::TicketsAssign,
        ActionKind::CorrectLabel => Permission::FeedbackCreate,
        _ => Permission::TicketsAct,
    }
}
