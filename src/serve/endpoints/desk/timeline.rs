//! `GET /v1/tickets/{id}/timeline`

use super::front;
use crate::{
    Error,
    desk::{access::Permission, record::Record, ticket::StaffLine},
    serve::{
        State,
        caller::Caller,
        problem::{Problem, Refusal},
        query::{Given, Id},
        refused::Refused,
    },
};
use axum::{Json, extract::State as Shared};
use serde::Serialize;
use utoipa::ToSchema;

/// Everything that happened, oldest first.
#[derive(Serialize, ToSchema)]
pub(super) struct Timeline {
    /// Who did what when, in Chinese and English.
    #[schema(value_type = Vec<Object>)]
    items: Vec<StaffLine>,
}

/// Read a ticket's whole history, for staff
#[utoipa::path(
    get, path = "/v1/tickets/{id}/timeline", tag = "tickets",
    params(("id" = String, Path, description = "The id, or the complaint number")),
    responses(
        (status = 200, description = "The history", body = Timeline),
        (status = 404, description = "There is none", body = Problem, content_type = "application/problem+json"),
        Refused,
    )
)]
pub(super) async fn timeline(
    Shared(state): Shared<State>,
    caller: Caller,
    given: Given,
    Id(id): Id,
) -> Result<Json<Timeline>, Refusal> {
    let front = front(&state)?;
    given.none()?;
    caller.require(Permission::TicketsRead)?;
    let id = front.desk.ticket_id(&id).await?;
    let record = Record::read(front.desk.store(), &id).await?.ok_or(Error::NoSuchTicket)?;
    caller.0.require_in(Permission::TicketsRead, record.ticket.department.as_deref())?;
    Ok(Json(Timeline { items: front.desk.house().rules().staff_timeline(&record.history)? }))
}
