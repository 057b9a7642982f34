//! `GET /v1/complaints`

use super::{List, front};
use crate::{
    desk::{
        access::Permission,
        browse::{ComplaintFilter, Cursor, PAGE_LIMIT},
        view::ComplaintView,
    },
    serve::{
        State,
        caller::Caller,
        problem::{Problem, Refusal},
        query::{self, Given},
        refused::Refused,
    },
};
use axum::{Json, extract::State as Shared};

/// Look through complaints, newest first
#[utoipa::path(
    get, path = "/v1/complaints", tag = "complaints",
    params(
        ("q" = Option<String>, Query, description = "Words that the masked text has, all of them"),
        ("channel" = Option<String>, Query), ("customer" = Option<String>, Query), ("order" = Option<String>, Query),
        ("product" = Option<String>, Query), ("region" = Option<String>, Query),
        ("contact" = Option<String>, Query, description = "A phone number or address, however it is written"),
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 200, description = "50 without it"),
        ("cursor" = Option<String>, Query, description = "The `next` of the part before"),
    ),
    responses(
        (status = 200, description = "A part of the list", body = List<ComplaintView>),
        (status = 422, description = "No word to look for, or no cursor of ours", body = Problem, content_type = "application/problem+json"),
        Refused,
    )
)]
pub(super) async fn complaints(
    Shared(state): Shared<State>,
    caller: Caller,
    given: Given,
) -> Result<Json<List<ComplaintView>>, Refusal> {
    let front = front(&state)?;
    caller.require(Permission::ComplaintsRead)?;
    let names = ["q", "channel", "customer", "order", "product", "region", "contact", "limit", "cursor"];
    let [words, channel, customer, order, product, region, contact, limit, cursor] =
        given.only(names, "q, channel, customer, order, product, region, contact, limit, cursor")?;
    let within = caller.departments();
    let filter = ComplaintFilter { channel, customer, order, product, region, contact, words, within };
    let limit = query::number("limit", limit.as_deref(), 1..=PAGE_LIMIT)?.unwrap_or(50);
    let from = cursor.map(|cursor| Cursor::parse(&cursor)).transpose()?;
    let page = front.desk.complaints(&filter, limit, from.as_ref()).await?;
    Ok(Json(List { items: front.desk.complaint_views(page.items).await?, next: page.next }))
}
