//! `GET /v1/staff`

use super::{List, front};
use crate::{
    desk::{access::Permission, people::Person},
    serve::{State, caller::Caller, problem::Refusal, query::Given, refused::Refused},
};
use axum::{Json, extract::State as Shared};

/// List who works at the desk
#[utoipa::path(
    get, path = "/v1/staff", tag = "staff",
    responses(
        (status = 200, description = "Everybody, by id", body = List<Person>),
        Refused,
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
