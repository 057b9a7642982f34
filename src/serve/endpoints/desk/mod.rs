//! The paths of the desk, one file each.

mod account;
mod account_password;
mod accounts;
mod action;
mod attachment;
mod attachments;
mod audit;
mod complaint;
mod complaints;
mod customer;
mod dead_letter;
mod dead_letters;
mod dispatch;
mod evidence;
mod incident;
mod incident_close;
mod incident_reply;
mod incidents;
mod intake;
mod intake_batch;
mod notices;
mod original;
mod person;
mod progress;
mod progress_action;
mod progress_evidence;
mod session_password;
mod sessions;
mod staff;
mod ticket;
mod tickets;
mod timeline;
mod webhook;
mod webhooks;

use crate::{
    Error,
    request::Fault,
    serve::{Front, State, in_time::in_time, problem::Refusal},
};
use axum::middleware;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// All of them.
pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(intake::intake, complaints::complaints))
        .routes(routes!(intake_batch::intake_batch))
        .routes(routes!(complaint::complaint))
        .routes(routes!(original::original))
        .routes(routes!(customer::customer))
        .routes(routes!(attachments::attachments))
        .routes(routes!(attachment::attachment))
        .routes(routes!(tickets::tickets))
        .routes(routes!(ticket::ticket))
        .routes(routes!(action::act_on_ticket))
        .routes(routes!(evidence::attach))
        .routes(routes!(timeline::timeline))
        .routes(routes!(progress::progress))
        .routes(routes!(progress_action::act_as_customer))
        .routes(routes!(progress_evidence::attach_as_customer))
        .routes(routes!(staff::staff))
        .routes(routes!(person::put_person))
        .routes(routes!(webhooks::list_webhooks, webhooks::add_webhook))
        .routes(routes!(webhook::remove_webhook))
        .routes(routes!(dead_letters::list_dead_letters))
        .routes(routes!(dead_letter::retry_dead_letter))
        .routes(routes!(audit::audit))
        .routes(routes!(sessions::sign_in, sessions::sign_out))
        .routes(routes!(accounts::list_accounts, accounts::create_account))
        .routes(routes!(account::change_account))
        .routes(routes!(account_password::set_password))
        .routes(routes!(session_password::change_password))
        .routes(routes!(notices::notices))
        .routes(routes!(dispatch::dispatch))
        .routes(routes!(incidents::incidents))
        .routes(routes!(incident::incident))
        .routes(routes!(incident_reply::reply_to_incident))
        .routes(routes!(incident_close::close_incident))
        .layer(middleware::from_fn(|request, next| in_time(LONGEST, request, next)))
}

/// The longest that a caller waits for the desk, whatever becomes of its database: as long as a caller may ask for, and as
/// long again.
const LONGEST: Duration = Duration::from_secs(60);

/// A part of a list; `next` is the cursor of the part that comes after, null where there is none.
#[derive(Serialize, Deserialize, ToSchema)]
pub(super) struct List<T> {
    items: Vec<T>,
    next: Option<String>,
}

/// Reads a body into a form. Messages name the place and never quote what was sent.
fn read<T: serde::de::DeserializeOwned>(body: &[u8], what: &str) -> Result<T, Refusal> {
    let fault = match serde_json::from_slice(body) {
        Ok(read) => return Ok(read),
        Err(fault) => fault,
    };
    let (line, column) = (fault.line(), fault.column());
    Err(Error::from(match fault.is_data() {
        true => Fault::InvalidValue {
            field: "the request".into(),
            reason: format!("does not have the form of {what} (line {line}, column {column}); see /openapi.json"),
        },
        false => Fault::NotJson { reason: "it cannot be read".into(), line, column },
    })
    .into())
}

/// Refuses a body that is about something else than the path.
fn same_id(said: &str, path: &str) -> Result<(), Refusal> {
    match said == path {
        true => Ok(()),
        false => {
            let reason = "is not the one of the path".into();
            Err(Error::from(Fault::InvalidValue { field: "id".into(), reason }).into())
        }
    }
}

/// The desk of a server; without one these paths lead nowhere.
fn front(state: &State) -> Result<&Front, Refusal> {
    state.front().ok_or(Refusal::NotFound)
}
