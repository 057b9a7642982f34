//! `GET /v1/staff`

use super::{List, front};
use crate::{
    desk::{access::Permission, people::Person},
    serve::{
        State,
        caller::Caller,
        problem::{Problem, Refusal},
        query::Given,
    },
};
use axum::{Json, extract::State as Shared};

/// List who works at the desk
#[utoipa::path(
    get, path = "/v1/staff", tag = "staff",
    responses(
        (status = 200, description = "Everybody, by id", body = List<Person>),
        (status = 400, description = "A query parameter that does not fit", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No API key, or one that is not good", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not for this role", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn staff(
    Shared(state): Shared<State>,
    caller: Caller,
    given: Given,
) -> Result<Json<List<Person>>, Refusal> {
    let front = front(&state)?;
    given.none()?;
    caller.require(Permission::StaffRead)?;
    Ok(Json(List { items: front.desk.people().await?, next: None }))
}
