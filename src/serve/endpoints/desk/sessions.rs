//! `POST /v1/sessions` and `DELETE /v1/sessions`

use super::front;
use crate::{
    Error,
    desk::access::session::{SessionPolicy, ended_cookie},
    serve::{
        State,
        body::SingleBody,
        caller::{Door, session_token},
        problem::{Problem, Refusal},
        query::Given,
        refused::RefusedBody,
    },
};
use axum::{
    Json,
    extract::State as Shared,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Name and password of an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SignIn {
    #[schema(max_length = 64)]
    name: String,
    #[schema(max_length = 1024)]
    password: String,
}

/// Who signed in.
#[derive(Serialize, Deserialize, ToSchema)]
pub(super) struct SignedInView {
    id: String,
    role: String,
    /// For the header `X-CSRF-Token` of every request of this session that changes something.
    csrf: String,
}

/// Sign in with name and password
///
/// The session is in a cookie that scripts cannot read. Guessing is slowed down, by account and by address.
#[utoipa::path(
    post, path = "/v1/sessions", tag = "access", request_body = SignIn,
    responses(
        (status = 201, description = "Signed in; the cookie is the session", body = SignedInView),
        (status = 400, description = "Not JSON, or a query parameter that does not fit", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "Name and password do not fit", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field that does not fit", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many failed tries", body = Problem, content_type = "application/problem+json"),
        RefusedBody,
    )
)]
pub(super) async fn sign_in(
    Shared(state): Shared<State>,
    given: Given,
    door: Door,
    SingleBody(body): SingleBody,
) -> Result<Response, Refusal> {
    let front = front(&state)?;
    given.none()?;
    let SignIn { name, password } = super::read(&body, "a sign-in")?;
    let signed = front.desk.sign_in(&name, &password, door.address).await?;
    let cookie = signed.token.cookie(&SessionPolicy::default(), door.secure);
    let mut cookie = HeaderValue::from_str(&cookie).map_err(|_| Error::Internal("a cookie is no header".into()))?;
    cookie.set_sensitive(true);
    let view = SignedInView {
        id: signed.principal.id.clone(),
        role: signed.principal.role.id().into(),
        csrf: signed.token.csrf(),
    };
    Ok((StatusCode::CREATED, [(header::SET_COOKIE, cookie)], Json(view)).into_response())
}

/// Sign out: the session of the cookie ends
#[utoipa::path(
    delete, path = "/v1/sessions", tag = "access",
    responses(
        (status = 204, description = "There is no session any more"),
        (status = 400, description = "A query parameter that does not fit", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not from our own page", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn sign_out(
    Shared(state): Shared<State>,
    given: Given,
    door: Door,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let front = front(&state)?;
    given.none()?;
    if let Some(token) = session_token(&headers) {
        token.check_csrf(headers.get("x-csrf-token").and_then(|value| value.to_str().ok()))?;
        front.desk.sign_out(&token).await?;
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, ended_cookie(door.secure))]).into_response())
}
