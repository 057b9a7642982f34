//! Who may do what: the role, the departments, the second pair of eyes, then the state.

use super::legal;
use crate::desk::ticket::{ActionKind, Actor, By, Role, Ticket, TicketPolicy, event::Subject, policy::days_after};
use jiff::Timestamp;

/// Why not.
pub(super) enum Refusal {
    Role,
    Customer,
    Department,
    FourEyes,
    Held,
    State,
    /// Until when it was possible.
    TooLate(Timestamp),
}

/// What stands against an action, whatever is said with it; none where nothing does.
pub(super) fn refusal(
    policy: &TicketPolicy,
    ticket: &Ticket,
    actor: &Actor,
    kind: ActionKind,
    at: Timestamp,
) -> Option<Refusal> {
    let By { role, id } = &actor.by;
    let foreign = ticket.customer.as_ref().is_some_and(|customer| customer != id);
    let outside = ticket.department.as_ref().is_some_and(|department| !actor.scope.covers(department));
    let until = ticket.end.as_ref().map(|(_, ended)| days_after(*ended, policy.reopen_days));
    match *role {
        role if !may(role, kind) => Some(Refusal::Role),
        Role::Customer if foreign => Some(Refusal::Customer),
        Role::Agent | Role::Supervisor | Role::Admin if outside => Some(Refusal::Department),
        _ if !legal::takes(ticket, kind) => Some(Refusal::State),
        // Staff complete what is closed; for customers it is closed until they open it again.
        Role::Customer if kind == ActionKind::Attach && ticket.end.is_some() => Some(Refusal::State),
        role if ticket.held.is_some() && legal::settles_ping_pong(kind) && !role.supervises() => Some(Refusal::Held),
        // Taking back what one asked for is no decision.
        _ if kind == ActionKind::Approve && policy.approval.four_eyes && asked(ticket, &actor.by) => {
            Some(Refusal::FourEyes)
        }
        role if kind == ActionKind::Reopen && !role.supervises() => {
            until.filter(|until| at > *until).map(Refusal::TooLate)
        }
        _ => None,
    }
}

/// What a role includes.
fn may(role: Role, kind: ActionKind) -> bool {
    use ActionKind::*;
    match role {
        Role::Customer => matches!(kind, Reply | Confirm | Dispute | FollowUp | Withdraw | Reopen | Attach),
        Role::Agent => !decides(kind),
        Role::Supervisor | Role::Admin => true,
        Role::Auditor => false,
        Role::System => matches!(
            kind,
            Accept
                | Assign
                | Start
                | Resume
                | Propose
                | Resolve
                | Respond
                | GiveFeedback
                | FollowUp
                | Close
                | Merge
                | Absorb
                | Link
                | Comment
                | Attach
                | ChangePriority
                | JoinIncident
        ),
    }
}

fn decides(kind: ActionKind) -> bool {
    matches!(kind, ActionKind::Approve | ActionKind::Reject)
}

/// Whether somebody asked for what is to be decided, or proposed it.
fn asked(ticket: &Ticket, by: &By) -> bool {
    ticket.approval.as_ref().is_some_and(|approval| {
        approval.by == *by || (approval.subject == Subject::Resolution && ticket.was_proposed_by(by))
    })
}
