//! `PUT /v1/staff/{id}`

use super::front;
use crate::{
    desk::{access::Permission, people::Person},
    serve::{
        State,
        body::SingleBody,
        caller::Caller,
        problem::{Problem, Refusal},
        query::{Given, Id},
        refused::{Refused, RefusedBody},
    },
};
use axum::{Json, extract::State as Shared};

/// Add a person to the desk, or say what has changed: departments, skills, room, presence
///
/// Who is there and has room gets what waits.
#[utoipa::path(
    put, path = "/v1/staff/{id}", tag = "staff", request_body = Person, params(("id" = String, Path)),
    responses(
        (status = 200, description = "The person, the e-mail address masked", body = Person),
        (status = 404, description = "An id that nobody can have", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field that does not fit", body = Problem, content_type = "application/problem+json"),
        Refused, RefusedBody,
    )
)]
pub(super) async fn put_person(
    Shared(state): Shared<State>,
    caller: Caller,
    given: Given,
    Id(id): Id,
    SingleBody(body): SingleBody,
) -> Result<Json<Person>, Refusal> {
    let front = front(&state)?;
    given.none()?;
    caller.require(Permission::StaffManage)?;
    let person: Person = super::read(&body, "a person")?;
    super::same_id(&person.id, &id)?;
    Ok(Json(front.desk.put_person(&person, &caller.0).await?))
}
