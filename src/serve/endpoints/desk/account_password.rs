//! `PUT /v1/accounts/{id}/password`

use super::front;
use crate::{
    desk::access::Permission,
    serve::{
        State,
        body::SingleBody,
        caller::Caller,
        problem::{Problem, Refusal},
        query::{Given, Id},
        refused::{Refused, RefusedBody},
    },
};
use axum::{extract::State as Shared, http::StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;

/// A password that is set for somebody.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPassword {
    /// 10 characters at least.
    #[schema(min_length = 10, max_length = 256)]
    password: String,
}

/// Give somebody else a new password
///
/// All sessions of the account end, and who was locked out may try it at once.
#[utoipa::path(
    put, path = "/v1/accounts/{id}/password", tag = "access", request_body = NewPassword, params(("id" = String, Path)),
    responses(
        (status = 204, description = "It is set"),
        (status = 404, description = "There is no such account", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A weak password, or one's own account", body = Problem, content_type = "application/problem+json"),
        Refused, RefusedBody,
    )
)]
pub(super) async fn set_password(
    Shared(state): Shared<State>,
    caller: Caller,
    given: Given,
    Id(id): Id,
    SingleBody(body): SingleBody,
) -> Result<StatusCode, Refusal> {
    let front = front(&state)?;
    given.none()?;
    caller.require(Permission::StaffManage)?;
    let NewPassword { password } = super::read(&body, "a password")?;
    front.desk.set_password(&id, &password, &caller.0).await?;
    Ok(StatusCode::NO_CONTENT)
}
