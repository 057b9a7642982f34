//! `PUT /v1/accounts/{id}`

use super::front;
use crate::{
    desk::{access::Permission, accounts::Account},
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

/// Change an account: name, role, departments, whether it may sign in
///
/// Its sessions end where its role changes or it may not sign in any more; other departments hold from the next request on.
/// The last administrator stays one.
#[utoipa::path(
    put, path = "/v1/accounts/{id}", tag = "access", request_body = Account, params(("id" = String, Path)),
    responses(
        (status = 200, description = "The account", body = Account),
        (status = 404, description = "There is none", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field that does not fit", body = Problem, content_type = "application/problem+json"),
        Refused, RefusedBody,
    )
)]
pub(super) async fn change_account(
    Shared(state): Shared<State>,
    caller: Caller,
    given: Given,
    Id(id): Id,
    SingleBody(body): SingleBody,
) -> Result<Json<Account>, Refusal> {
    let front = front(&state)?;
    given.none()?;
    caller.require(Permission::StaffManage)?;
    let account: Account = super::read(&body, "an account")?;
    super::same_id(&account.id, &id)?;
    front.desk.change_account(&account, &caller.0).await?;
    Ok(Json(account))
}
