//! `GET /v1/incidents/{id}`

use super::front;
use crate::{
    desk::{access::Permission, incidents::Sight, view::TicketSummary},
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

/// An incident with its tickets.
#[derive(Serialize, ToSchema)]
pub(super) struct IncidentView {
    #[serde(flatten)]
    incident: Sight,
    /// Those that the caller may see, by number.
    tickets: Vec<TicketSummary>,
}

/// Read an incident with the tickets that belong to it
#[utoipa::path(
    get, path = "/v1/incidents/{id}", tag = "incidents", params(("id" = String, Path)),
    responses(
        (status = 200, description = "The incident", body = IncidentView),
        (status = 404, description = "There is none", body = Problem, content_type = "application/problem+json"),
        Refused,
    )
)]
pub(super) async fn incident(
    Shared(state): Shared<State>,
    caller: Caller,
    given: Given,
    Id(id): Id,
) -> Result<Json<IncidentView>, Refusal> {
    let front = front(&state)?;
    given.none()?;
    caller.require(Permission::TicketsRead)?;
    let (incident, members) = front.desk.incident(&id).await?;
    let seen = |row: &crate::desk::store::entity::ticket::Model| caller.0.departments.sees(row.department.as_deref());
    let tickets = members.into_iter().filter(seen).map(TicketSummary::from).collect();
    Ok(Json(IncidentView { incident, tickets }))
}
