//! `GET /v1/webhooks` and `POST /v1/webhooks`

use super::{List, front};
use crate::{
    desk::{access::Permission, webhooks::Registered},
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
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A receiver of notices.
#[derive(Serialize, Deserialize, ToSchema)]
pub(super) struct WebhookView {
    id: String,
    url: String,
    /// The kinds of notices that it wants; empty: all.
    kinds: Vec<String>,
    /// Whether it is told; one that answered 410 is told no more.
    enabled: bool,
    fault: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: jiff::Timestamp,
    /// Signs what it gets (Standard Webhooks); shown this once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl From<Registered> for WebhookView {
    fn from(one: Registered) -> Self {
        let Registered { id, url, kinds, enabled, fault, created_at } = one;
        WebhookView { id, url, kinds, enabled, fault, created_at, secret: None }
    }
}

/// Who wants to be told of what.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewWebhook {
    #[schema(example = "https://crm.example.com/fenzhen")]
    url: String,
    /// As in `ticket.resolved`, `deadline.breached`; all without it.
    #[serde(default)]
    kinds: Vec<String>,
    /// A secret of one's own, `whsec_…`; a new one without it.
    secret: Option<String>,
}

/// List who is told of what happens
#[utoipa::path(
    get, path = "/v1/webhooks", tag = "notices",
    responses(
        (status = 200, description = "Everyone who is told", body = List<WebhookView>),
        Refused,
    )
)]
pub(super) async fn list_webhooks(
    Shared(state): Shared<State>,
    caller: Caller,
    given: Given,
) -> Result<Json<List<WebhookView>>, Refusal> {
    let front = front(&state)?;
    given.none()?;
    caller.0.require_everywhere(Permission::WebhooksManage)?;
    let items = front.desk.webhooks_registered().await?.into_iter().map(WebhookView::from).collect();
    Ok(Json(List { items, next: None }))
}

/// Tell somebody of what happens, by signed requests (Standard Webhooks)
#[utoipa::path(
    post, path = "/v1/webhooks", tag = "notices", request_body = NewWebhook,
    responses(
        (status = 201, description = "It is told from now on", body = WebhookView),
        (status = 422, description = "A URL, secret or kind that does not fit", body = Problem, content_type = "application/problem+json"),
        Refused, RefusedBody,
    )
)]
pub(super) async fn add_webhook(
    Shared(state): Shared<State>,
    caller: Caller,
    given: Given,
    SingleBody(body): SingleBody,
) -> Result<Response, Refusal> {
    let front = front(&state)?;
    given.none()?;
    caller.0.require_everywhere(Permission::WebhooksManage)?;
    let wanted: NewWebhook = super::read(&body, "a webhook")?;
    let (one, secret) = front.desk.add_webhook(&wanted.url, &wanted.kinds, wanted.secret.as_deref(), &caller.0).await?;
    let place = format!("/v1/webhooks/{}", one.id);
    let view = WebhookView { secret: Some(secret), ..one.into() };
    Ok((StatusCode::CREATED, [(header::LOCATION, place)], Json(view)).into_response())
}
