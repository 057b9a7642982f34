//! `POST /v1/incidents/{id}/reply`

use super::front;
use crate::{
    desk::{access::Permission, incidents::Replied, ticket::Number},
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
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One answer for all.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReplyToAll {
    #[schema(min_length = 1, max_length = 5000)]
    text: String,
}

/// What came of it, by complaint number.
#[derive(Serialize, Deserialize, ToSchema)]
pub(super) struct ReplyView {
    /// Whose tickets have it now.
    sent: Vec<String>,
    /// Whose tickets had it before.
    before: Vec<String>,
    /// Whose tickets do not take it.
    refused: Vec<NotTaken>,
    /// How many tickets it is not for: closed ones, those that go on in others, those of other departments.
    left_out: usize,
}

/// A ticket that does not take an answer.
#[derive(Serialize, Deserialize, ToSchema)]
pub(super) struct NotTaken {
    number: String,
    /// The stable code of why.
    #[schema(example = "ticket_transition")]
    code: String,
}

impl From<Replied> for ReplyView {
    fn from(replied: Replied) -> Self {
        let numbers = |all: Vec<Number>| all.iter().map(ToString::to_string).collect();
        ReplyView {
            sent: numbers(replied.sent),
            before: numbers(replied.before),
            refused: replied.refused.iter().map(NotTaken::from).collect(),
            left_out: replied.left_out.len() + replied.elsewhere,
        }
    }
}

impl From<&(Number, &'static str)> for NotTaken {
    fn from((number, code): &(Number, &'static str)) -> Self {
        NotTaken { number: number.to_string(), code: (*code).to_owned() }
    }
}

/// Give one answer to all whose complaints are one matter
///
/// The same answer again reaches only those that have not got it.
#[utoipa::path(
    post, path = "/v1/incidents/{id}/reply", tag = "incidents", request_body = ReplyToAll, params(("id" = String, Path)),
    responses(
        (status = 200, description = "Who has it", body = ReplyView),
        (status = 404, description = "There is none", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "An empty answer, or nobody to answer", body = Problem, content_type = "application/problem+json"),
        Refused, RefusedBody,
    )
)]
pub(super) async fn reply_to_incident(
    Shared(state): Shared<State>,
    caller: Caller,
    given: Given,
    Id(id): Id,
    SingleBody(body): SingleBody,
) -> Result<Json<ReplyView>, Refusal> {
    let front = front(&state)?;
    given.none()?;
    caller.require(Permission::TicketsAssign)?;
    caller.require(Permission::TicketsAct)?;
    let ReplyToAll { text } = super::read(&body, "an answer")?;
    Ok(Json(front.desk.reply_to_all(&id, &text, &caller.actor()).await?.into()))
}
