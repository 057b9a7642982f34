//! `GET /v1/tickets`

use super::{List, front};
use crate::{
    desk::{
        access::Permission,
        browse::{Cursor, PAGE_LIMIT, TicketFilter},
        view::TicketSummary,
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

/// Look through tickets, newest first
#[utoipa::path(
    get, path = "/v1/tickets", tag = "tickets",
    params(
        ("q" = Option<String>, Query, description = "Words that the complaint has, all of them"),
        ("status" = Option<String>, Query), ("department" = Option<String>, Query), ("agent" = Option<String>, Query),
        ("priority" = Option<String>, Query),
        ("category" = Option<String>, Query, description = "A category, or the first part of its id"),
        ("channel" = Option<String>, Query), ("region" = Option<String>, Query), ("product" = Option<String>, Query),
        ("customer" = Option<String>, Query), ("incident" = Option<String>, Query),
        ("triage" = Option<bool>, Query, description = "Whether a person has to say where it belongs"),
        ("breached" = Option<bool>, Query, description = "Whether one of its clocks ran out"),
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 200, description = "50 without it"),
        ("cursor" = Option<String>, Query, description = "The `next` of the part before"),
    ),
    responses(
        (status = 200, description = "A part of the list", body = List<TicketSummary>),
        (status = 422, description = "No word to look for, or no cursor of ours", body = Problem, content_type = "application/problem+json"),
        Refused,
    )
)]
pub(super) async fn tickets(
    Shared(state): Shared<State>,
    caller: Caller,
    given: Given,
) -> Result<Json<List<TicketSummary>>, Refusal> {
    let front = front(&state)?;
    caller.require(Permission::TicketsRead)?;
    let names = [
        "q",
        "status",
        "department",
        "agent",
        "priority",
        "category",
        "channel",
        "region",
        "product",
        "customer",
        "incident",
        "triage",
        "breached",
        "limit",
        "cursor",
    ];
    let known = "q, status, department, agent, priority, category, channel, region, product, customer, incident, triage, \
                 breached, limit, cursor";
    let [
        words,
        status,
        department,
        agent,
        priority,
        category,
        channel,
        region,
        product,
        customer,
        incident,
        triage,
        breached,
        limit,
        cursor,
    ] = given.only(names, known)?;
    let filter = TicketFilter {
        status,
        department,
        agent,
        priority,
        category,
        channel,
        region,
        product,
        customer,
        incident,
        triage: query::flag("triage", triage.as_deref())?,
        breached: query::flag("breached", breached.as_deref())?,
        words,
        within: caller.departments(),
    };
    let limit = query::number("limit", limit.as_deref(), 1..=PAGE_LIMIT)?.unwrap_or(50);
    let from = cursor.map(|cursor| Cursor::parse(&cursor)).transpose()?;
    let page = front.desk.tickets(&filter, limit, from.as_ref()).await?;
    Ok(Json(List { items: page.items.into_iter().map(TicketSummary::from).collect(), next: page.next }))
}
