//! The state machine: which actions a ticket takes where it stands, whoever asks.

use crate::desk::ticket::{ActionKind, Node, Ticket};

/// Whether a ticket takes an action.
pub(super) fn takes(ticket: &Ticket, kind: ActionKind) -> bool {
    use ActionKind::*;
    let open = ticket.end.is_none();
    let merged = ticket.merged_into().is_some();
    let free = ticket.is_free();
    // Nothing that a supervisor decides on may change meanwhile.
    let undecided = open && ticket.approval.is_none();
    let dispatched = ticket.accepted && ticket.department.is_some();
    let at = |nodes: &[Node]| nodes.contains(&ticket.node);
    let at_work = at(&[Node::Accept, Node::Investigate, Node::Handle]);
    // The customer may speak, whatever a supervisor was asked meanwhile.
    let told = ticket.public_node() == Node::FollowUp;
    match kind {
        Accept => open && !ticket.accepted,
        Assign => undecided && ticket.accepted,
        Start => free && dispatched && at(&[Node::Accept]),
        Investigate => free && at(&[Node::Investigate]),
        Wait | Suspend => free && ticket.accepted && (at_work || at(&[Node::Respond])),
        Resume => ticket.pause.is_some(),
        Propose => free && at(&[Node::Investigate, Node::Handle]),
        RequestApproval | Resolve => free && at(&[Node::Handle]) && ticket.proposal.is_some(),
        Approve | Reject => ticket.approval.is_some(),
        GiveFeedback => free && at(&[Node::Respond]),
        Confirm => told && ticket.confirmed_at.is_none(),
        Dispute => told,
        FollowUp => told || (!open && !merged),
        Close => undecided && ticket.pause.is_none(),
        Merge => undecided,
        Transfer => undecided && ticket.pause.is_none() && dispatched && at_work,
        Bounce => free && dispatched && at_work,
        Withdraw | Respond | Reply | Absorb | ChangePriority => open,
        Reopen => !open && !merged,
        Link | Attach | CorrectLabel | JoinIncident => !merged,
        Comment => true,
    }
}

/// Whether an action is the supervisor's answer to ping-pong, and therefore nobody else's while it is not given.
pub(super) fn settles_ping_pong(kind: ActionKind) -> bool {
    matches!(kind, ActionKind::Assign | ActionKind::Transfer | ActionKind::Close | ActionKind::Merge)
}
