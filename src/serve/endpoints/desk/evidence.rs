//! `POST /v1/tickets/{id}/attachments`

use super::front;
use crate::{
    Error,
    desk::{
        access::Permission,
        attachments::AttachmentView,
        ticket::{Visibility, etag},
    },
    serve::{
        State,
        caller::Caller,
        multipart::{self, Form},
        problem::{Problem, Refusal},
        query::{Given, Id},
        refused::{Refused, RefusedFiles},
    },
};
use axum::{
    Json,
    extract::{Request, State as Shared},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Files for a ticket.
#[derive(Deserialize, ToSchema)]
#[allow(dead_code, reason = "the form of a request, for the document; `multipart::taken` reads it")]
#[serde(deny_unknown_fields)]
pub(super) struct HandedEvidence {
    /// One to three images or recordings.
    #[schema(min_items = 1, max_items = 3, value_type = Vec<String>, format = Binary)]
    attachment: Vec<Vec<u8>>,
    /// `public` where the customer is to see in the history that there is one; `internal` without it.
    #[schema(pattern = "^(internal|public)$", value_type = String, required = false)]
    visibility: Option<String>,
}

/// What the ticket has now of what was sent, in its order.
#[derive(Serialize, Deserialize, ToSchema)]
pub(super) struct Attached {
    items: Vec<AttachmentView>,
}

/// Add up to three files to a ticket, as evidence
///
/// Each is an event of its history, which says what it is and how large, not its name. A file that the ticket has already is
/// not added again.
#[utoipa::path(
    post, path = "/v1/tickets/{id}/attachments", tag = "tickets",
    request_body(content = HandedEvidence, content_type = "multipart/form-data"),
    params(("id" = String, Path, description = "The id, or the complaint number")),
    responses(
        (status = 201, description = "Added; the ETag is the ticket's", body = Attached),
        (status = 200, description = "It had all of them already", body = Attached),
        (status = 404, description = "There is no such ticket", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Not possible where it stands", body = Problem, content_type = "application/problem+json"),
        Refused, RefusedFiles,
    )
)]
pub(super) async fn attach(
    Shared(state): Shared<State>,
    caller: Caller,
    given: Given,
    Id(id): Id,
    request: Request,
) -> Result<Response, Refusal> {
    let front = front(&state)?;
    given.none()?;
    caller.require(Permission::TicketsAct)?;
    let id = front.desk.ticket_id(&id).await?;
    let department = front.desk.department_of(&id).await?;
    caller.0.require_in(Permission::TicketsAct, department.as_deref())?;
    let actor = caller.actor();
    front.desk.check_attach(&id, &actor).await?;
    let attach = async |form: Form<1>| {
        let [said] = form.texts;
        let visibility = visibility(said.as_deref())?;
        some(&form.files)?;
        front.desk.attach(&id, &form.files, visibility, &actor).await
    };
    let (record, files) = multipart::taken(request, &state, &front.desk, ["visibility"], attach).await?;
    let fresh = files.iter().any(|(_, fresh)| *fresh);
    let status = if fresh { StatusCode::CREATED } else { StatusCode::OK };
    let items = files.into_iter().map(|(view, _)| view).collect();
    Ok((status, [(header::ETAG, etag(record.ticket.version))], Json(Attached { items })).into_response())
}

/// Refuses a request without files.
pub(super) fn some<T>(files: &[T]) -> Result<(), Error> {
    match files.is_empty() {
        true => {
            Err(Error::InvalidRequest { what: "attachment".into(), reason: "is missing: send one to three".into() })
        }
        false => Ok(()),
    }
}

fn visibility(said: Option<&[u8]>) -> Result<Visibility, Error> {
    match said {
        None | Some(b"internal") => Ok(Visibility::Internal),
        Some(b"public") => Ok(Visibility::Public),
        Some(_) => {
            Err(Error::InvalidRequest { what: "visibility".into(), reason: "must be internal or public".into() })
        }
    }
}
