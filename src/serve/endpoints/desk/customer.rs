//! `GET /v1/customers/{id}`

use super::front;
use crate::{
    desk::{access::Permission, customers::CustomerView},
    serve::{
        State,
        caller::Caller,
        problem::{Problem, Refusal},
        query::{Given, Id},
        refused::Refused,
    },
};
use axum::{Json, extract::State as Shared};

/// Read what is known of a customer across all channels
#[utoipa::path(
    get, path = "/v1/customers/{id}", tag = "complaints", params(("id" = String, Path, description = "The id that channels sent")),
    responses(
        (status = 200, description = "The customer", body = CustomerView),
        (status = 404, description = "There is none, or nothing that the caller may see", body = Problem, content_type = "application/problem+json"),
        Refused,
    )
)]
pub(super) async fn customer(
    Shared(state): Shared<State>,
    caller: Caller,
    given: Given,
    Id(id): Id,
) -> Result<Json<CustomerView>, Refusal> {
    let front = front(&state)?;
    given.none()?;
    caller.require(Permission::ComplaintsRead)?;
    caller.require(Permission::TicketsRead)?;
    Ok(Json(front.desk.customer(&id, caller.departments().as_deref()).await?))
}
