//! What lists show of a ticket.

use crate::desk::{
    House,
    clock::{Deadline, State},
    store::{entity::ticket, micros},
    ticket::{Head, PauseKind, Ticket},
};

/// Brings a row up to the ticket.
pub(super) fn complete(row: &mut ticket::Model, ticket: &Ticket, house: &House, deadlines: &[Deadline]) {
    let due =
        deadlines.iter().filter(|deadline| deadline.is_open()).filter_map(|deadline| Some((deadline.due?, deadline)));
    let next = due.min_by_key(|(due, deadline)| (*due, deadline.clock));
    row.version = ticket.version as i64;
    row.node = ticket.node.id().into();
    row.status = ticket.status().id().into();
    row.pause = ticket.pause.as_ref().map(|pause| pause_id(pause.kind).into());
    row.held = ticket.held.is_some();
    row.classified = ticket.classified;
    // People look at what has no department, whether or not the engine has read it, and at what departments quarrel about.
    row.triage = ticket.end.is_none() && (ticket.department.is_none() || ticket.held.is_some());
    if row.department.is_some() && row.department != ticket.department {
        // What the first rule asked of an agent was asked for that department.
        row.skills = "[]".into();
    }
    row.department = ticket.department.clone();
    row.team = ticket.group.clone();
    row.agent = ticket.agent.clone();
    row.priority = ticket.priority.clone();
    row.urgency = house.rules().urgency(&ticket.priority) as i64;
    row.category = ticket.labels.get(&Head::Category).and_then(|labels| labels.first().cloned());
    row.customer_id = ticket.customer.clone();
    row.channel = ticket.channel.clone();
    row.incident_id = ticket.incidents.last().cloned();
    row.merged_into = ticket.merged_into().map(|number| number.to_string());
    row.changed_at = micros(ticket.changed_at);
    row.due_at = next.map(|(due, _)| micros(due));
    row.due_clock = next.map(|(_, deadline)| deadline.clock.id().into());
    row.breached = deadlines.iter().any(|deadline| deadline.state == State::Breached);
    row.ended_at = ticket.end.as_ref().map(|(_, at)| micros(*at));
}

fn pause_id(kind: PauseKind) -> &'static str {
    match kind {
        PauseKind::WaitingForCustomer => "waiting_for_customer",
        PauseKind::WaitingForThirdParty => "waiting_for_third_party",
        PauseKind::Suspended => "suspended",
    }
}
