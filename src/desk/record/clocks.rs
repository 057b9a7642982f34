//! A ticket's history as the clocks see it.

use crate::desk::{
    clock::{self, EventKind, Subject as Asked},
    ticket::{Event, Fact, Head, Party, Subject, Ticket},
};

/// The events of a history that move clocks.
pub fn clock_events(history: &[Event]) -> Vec<clock::Event> {
    let kinds = history.iter().filter_map(|event| Some((event, kind(&event.fact)?)));
    kinds.map(|(event, kind)| clock::Event { at: event.at, sequence: event.sequence, kind }).collect()
}

/// What rules of deadlines ask about a ticket.
pub fn subject(ticket: &Ticket) -> Asked<'_> {
    let category = ticket.labels.get(&Head::Category).and_then(|labels| labels.first());
    Asked {
        priority: Some(&ticket.priority),
        category: category.map(String::as_str),
        channel: ticket.channel.as_deref(),
    }
}

fn kind(fact: &Fact) -> Option<EventKind> {
    Some(match fact {
        Fact::Opened { .. } => EventKind::Received,
        Fact::Accepted => EventKind::Accepted,
        Fact::Assigned { .. } => EventKind::Assigned,
        Fact::Responded { .. } => EventKind::Responded,
        Fact::Proposed { .. } => EventKind::Planned,
        // Asking to close is no plan, and what the supervisor says to it moves no clock.
        Fact::ApprovalRequested { subject: Subject::Resolution, .. } => EventKind::ApprovalRequested,
        Fact::Approved { subject: Subject::Resolution } => EventKind::Approved,
        Fact::Rejected { subject: Subject::Resolution, .. } => EventKind::Rejected,
        Fact::Waiting { on: Party::Customer, .. } => EventKind::Waiting,
        // That a carrier takes long is the house's own affair, unless it puts the ticket aside.
        Fact::CustomerReplied { .. } => EventKind::CustomerReplied,
        Fact::Suspended { .. } => EventKind::Suspended,
        Fact::Resumed => EventKind::Resumed,
        Fact::Resolved => EventKind::Resolved,
        Fact::FeedbackGiven { .. } => EventKind::FeedbackGiven,
        Fact::FollowedUp { .. } => EventKind::Surveyed,
        Fact::Withdrawn { .. } | Fact::Merged { .. } => EventKind::Withdrawn,
        Fact::Closed { .. } => EventKind::Closed,
        Fact::Reopened { .. } | Fact::CustomerDissatisfied { .. } => EventKind::Reopened,
        _ => return None,
    })
}
