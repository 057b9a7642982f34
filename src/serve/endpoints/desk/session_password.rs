//! `PUT /v1/sessions/password`

use super::front;
use crate::serve::{
    State,
    body::SingleBody,
    caller::{Caller, Door},
    problem::{Problem, Refusal},
    query::Given,
    refused::{Refused, RefusedBody},
};
use axum::{extract::State as Shared, http::StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;

/// The own password, before and from now on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OwnPassword {
    #[schema(max_length = 1024)]
    old: String,
    /// 10 characters at least.
    #[schema(min_length = 10, max_length = 256)]
    new: String,
}

/// Change one's own password
///
/// All sessions of the account end, this one too: sign in with the new one.
#[utoipa::path(
    put, path = "/v1/sessions/password", tag = "access", request_body = OwnPassword,
    responses(
        (status = 204, description = "It is changed"),
        (status = 422, description = "A weak password, or nobody who signed in with one", body = Problem, content_type = "application/problem+json"),
        Refused, RefusedBody,
    )
)]
pub(super) async fn change_password(
    Shared(state): Shared<State>,
    caller: Caller,
    given: Given,
    door: Door,
    SingleBody(body): SingleBody,
) -> Result<StatusCode, Refusal> {
    let front = front(&state)?;
    given.none()?;
    let OwnPassword { old, new } = super::read(&body, "a change of password")?;
    front.desk.change_password(&caller.0, &old, &new, door.address).await?;
    Ok(StatusCode::NO_CONTENT)
}
