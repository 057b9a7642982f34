//! `GET /v1/accounts` and `POST /v1/accounts`

use super::{List, front};
use crate::{
    desk::{access::Permission, accounts::Account},
    serve::{
        State,
        body::SingleBody,
        caller::Caller,
        problem::{Problem, Refusal},
        query::Given,
        refused::{Refused, RefusedBody},
    },
};
use axum::{
    Json,
    extract::State as Shared,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// An account with its first password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewAccount {
    account: Account,
    /// 10 characters at least.
    #[schema(min_length = 10, max_length = 256)]
    password: String,
}

/// List who may sign in
#[utoipa::path(
    get, path = "/v1/accounts", tag = "access",
    responses(
        (status = 200, description = "All accounts, by id", body = List<Account>),
        Refused,
    )
)]
pub(super) async fn list_accounts(
    Shared(state): Shared<State>,
    caller: Caller,
    given: Given,
) -> Result<Json<List<Account>>, Refusal> {
    let front = front(&state)?;
    given.none()?;
    caller.require(Permission::StaffManage)?;
    Ok(Json(List { items: front.desk.accounts().await?, next: None }))
}

/// Let somebody sign in
#[utoipa::path(
    post, path = "/v1/accounts", tag = "access", request_body = NewAccount,
    responses(
        (status = 201, description = "The account", body = Account),
        (status = 422, description = "A name that is taken, a weak password, a field that does not fit", body = Problem, content_type = "application/problem+json"),
        Refused, RefusedBody,
    )
)]
pub(super) async fn create_account(
    Shared(state): Shared<State>,
    caller: Caller,
    given: Given,
    SingleBody(body): SingleBody,
) -> Result<Response, Refusal> {
    let front = front(&state)?;
    given.none()?;
    caller.require(Permission::StaffManage)?;
    let NewAccount { account, password } = super::read(&body, "an account")?;
    front.desk.create_account(&account, &password, &caller.0).await?;
    Ok((StatusCode::CREATED, Json(account)).into_response())
}
