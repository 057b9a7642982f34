//! `GET /v1/complaints/{id}/attachments`

use super::{List, front};
use crate::{
    desk::{access::Permission, attachments::AttachmentView},
    serve::{
        State,
        caller::Caller,
        problem::{Problem, Refusal},
        query::{Given, Id},
        refused::Refused,
    },
};
use axum::{Json, extract::State as Shared};

/// List the files of a complaint: those that came with it, and those that were added to its ticket
///
/// What they are, how large, and who brought them; not their names, which may name people.
#[utoipa::path(
    get, path = "/v1/complaints/{id}/attachments", tag = "complaints",
    params(("id" = String, Path, description = "The id, or the complaint number")),
    responses(
        (status = 200, description = "All of them, oldest first", body = List<AttachmentView>),
        (status = 404, description = "There is no such complaint", body = Problem, content_type = "application/problem+json"),
        Refused,
    )
)]
pub(super) async fn attachments(
    Shared(state): Shared<State>,
    caller: Caller,
    given: Given,
    Id(id): Id,
) -> Result<Json<List<AttachmentView>>, Refusal> {
    let front = front(&state)?;
    given.none()?;
    caller.require(Permission::ComplaintsRead)?;
    let complaint = front.complaint_for(&id, Permission::ComplaintsRead, &caller.0).await?;
    Ok(Json(List { items: front.desk.attachments(&complaint).await?, next: None }))
}
