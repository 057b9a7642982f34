//! `POST /v1/progress/{token}/attachments`

use super::{evidence, front};
use crate::{
    desk::customer::Progress,
    serve::{
        State,
        multipart::{self, Form},
        problem::{Problem, Refusal},
        query::{Given, Id},
        refused::RefusedFiles,
    },
};
use axum::{
    Json,
    extract::{Request, State as Shared},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// Files of a customer.
#[derive(Deserialize, ToSchema)]
#[allow(dead_code, reason = "the form of a request, for the document; `multipart::taken` reads it")]
#[serde(deny_unknown_fields)]
pub(super) struct HandedFiles {
    /// One to three images or recordings.
    #[schema(min_items = 1, max_items = 3, value_type = Vec<String>, format = Binary)]
    attachment: Vec<Vec<u8>>,
}

/// Add up to three files to a complaint, as its customer, while it is open
///
/// A file that is there already is not added again.
#[utoipa::path(
    post, path = "/v1/progress/{token}/attachments", tag = "progress",
    request_body(content = HandedFiles, content_type = "multipart/form-data"),
    params(("token" = String, Path)),
    responses(
        (status = 200, description = "Where it is after it", body = Progress),
        (status = 404, description = "There is none", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Not possible where it stands", body = Problem, content_type = "application/problem+json"),
        RefusedFiles,
    )
)]
pub(super) async fn attach_as_customer(
    Shared(state): Shared<State>,
    given: Given,
    Id(token): Id,
    request: Request,
) -> Result<Json<Progress>, Refusal> {
    let front = front(&state)?;
    given.none()?;
    // Before anything is read: nobody but a customer sends files here, and only where they are of use.
    front.desk.check_attach_as_customer(&token).await?;
    let attach = async |form: Form<0>| {
        evidence::some(&form.files)?;
        front.desk.attach_as_customer(&token, &form.files).await
    };
    Ok(Json(multipart::taken(request, &state, &front.desk, [], attach).await?))
}
