//! The table of the state machine: every kind of action in every situation.

use super::*;
use ActionKind::*;

const ALWAYS_OPEN: [ActionKind; 11] =
    [Respond, Reply, Withdraw, Absorb, Link, Comment, Attach, CorrectLabel, ChangePriority, JoinIncident, Assign];

struct Situation {
    name: &'static str,
    /// What led there, on a ticket of medium priority.
    path: &'static [ActionKind],
    stands: &'static str,
    /// What is possible beside [`ALWAYS_OPEN`].
    also: &'static [ActionKind],
    /// What is not possible although it is in [`ALWAYS_OPEN`].
    but: &'static [ActionKind],
}

/// What is possible for a supervisor, who may do everything that the state allows.
const SITUATIONS: &[Situation] = &[
    Situation { name: "new", path: &[], stands: "accept (new)", also: &[Accept, Close, Merge], but: &[Assign] },
    Situation {
        name: "accepted",
        path: &[Accept],
        stands: "accept (new)",
        also: &[Wait, Suspend, Close, Merge],
        but: &[],
    },
    Situation {
        name: "dispatched",
        path: &[Accept, Assign],
        stands: "accept (new)",
        also: &[Start, Wait, Suspend, Transfer, Bounce, Close, Merge],
        but: &[],
    },
    Situation {
        name: "investigating",
        path: &[Accept, Assign, Start],
        stands: "investigate (processing)",
        also: &[Investigate, Propose, Wait, Suspend, Transfer, Bounce, Close, Merge],
        but: &[],
    },
    Situation {
        name: "handling",
        path: &[Accept, Assign, Start, Investigate],
        stands: "handle (processing)",
        also: &[Propose, Wait, Suspend, Transfer, Bounce, Close, Merge],
        but: &[],
    },
    Situation {
        name: "proposed",
        path: &[Accept, Assign, Start, Investigate, Propose],
        stands: "handle (processing)",
        also: &[Propose, RequestApproval, Resolve, Wait, Suspend, Transfer, Bounce, Close, Merge],
        but: &[],
    },
    Situation {
        name: "in review",
        path: &[Accept, Assign, Start, Propose, RequestApproval],
        stands: "review (processing)",
        also: &[Approve, Reject],
        but: &[Assign],
    },
    Situation {
        name: "rejected",
        path: &[Accept, Assign, Start, Propose, RequestApproval, Reject],
        stands: "handle (processing)",
        also: &[Propose, Wait, Suspend, Transfer, Bounce, Close, Merge],
        but: &[],
    },
    Situation {
        name: "approved",
        path: &[Accept, Assign, Start, Propose, RequestApproval, Approve],
        stands: "respond (resolved)",
        also: &[GiveFeedback, Wait, Suspend, Close, Merge],
        but: &[],
    },
    Situation {
        name: "resolved",
        path: &[Accept, Assign, Start, Propose, Resolve],
        stands: "respond (resolved)",
        also: &[GiveFeedback, Wait, Suspend, Close, Merge],
        but: &[],
    },
    Situation {
        name: "told",
        path: &[Accept, Assign, Start, Propose, Resolve, GiveFeedback],
        stands: "follow_up (resolved)",
        also: &[Confirm, Dispute, FollowUp, Close, Merge],
        but: &[],
    },
    Situation {
        name: "confirmed",
        path: &[Accept, Assign, Start, Propose, Resolve, GiveFeedback, Confirm],
        stands: "follow_up (resolved)",
        also: &[Dispute, FollowUp, Close, Merge],
        but: &[],
    },
    Situation {
        name: "disputed",
        path: &[Accept, Assign, Start, Propose, Resolve, GiveFeedback, Dispute],
        stands: "handle (processing)",
        also: &[Propose, Wait, Suspend, Transfer, Bounce, Close, Merge],
        but: &[],
    },
    Situation {
        name: "asked to close without the customer's word",
        path: &[Accept, Assign, Start, Propose, Resolve, GiveFeedback, Close],
        stands: "review (processing)",
        also: &[Approve, Reject, Confirm, Dispute, FollowUp],
        but: &[Assign],
    },
    Situation {
        name: "waiting while new",
        path: &[Accept, Wait],
        stands: "accept (new), waiting for the customer",
        also: &[Resume, Merge],
        but: &[],
    },
    Situation {
        name: "waiting at work",
        path: &[Accept, Assign, Start, Wait],
        stands: "investigate (processing), waiting for the customer",
        also: &[Resume, Merge],
        but: &[],
    },
    Situation {
        name: "suspended",
        path: &[Accept, Assign, Start, Investigate, Suspend],
        stands: "handle (processing), suspended",
        also: &[Resume, Merge],
        but: &[],
    },
    Situation {
        name: "gone on",
        path: &[Accept, Assign, Start, Investigate, Suspend, Resume],
        stands: "handle (processing)",
        also: &[Propose, Wait, Suspend, Transfer, Bounce, Close, Merge],
        but: &[],
    },
    Situation {
        name: "bounced",
        path: &[Accept, Assign, Start, Propose, Bounce],
        stands: "accept (new)",
        also: &[Wait, Suspend, Close, Merge],
        but: &[],
    },
    Situation {
        name: "closed",
        path: &[Accept, Assign, Start, Propose, Resolve, GiveFeedback, Confirm, Close],
        stands: "archive (closed)",
        also: &[FollowUp, Reopen],
        but: &[Respond, Reply, Withdraw, Absorb, ChangePriority, Assign],
    },
    Situation {
        name: "withdrawn",
        path: &[Accept, Withdraw],
        stands: "archive (closed)",
        also: &[FollowUp, Reopen],
        but: &[Respond, Reply, Withdraw, Absorb, ChangePriority, Assign],
    },
    Situation {
        name: "reopened at work",
        path: &[Accept, Assign, Start, Withdraw, Reopen],
        stands: "investigate (processing)",
        also: &[Investigate, Propose, Wait, Suspend, Transfer, Bounce, Close, Merge],
        but: &[],
    },
    Situation {
        name: "reopened before anybody had it",
        path: &[Accept, Withdraw, Reopen],
        stands: "accept (new)",
        also: &[Wait, Suspend, Close, Merge],
        but: &[],
    },
    Situation {
        name: "merged",
        path: &[Accept, Assign, Merge],
        stands: "archive (closed), merged into C20261126-000002-",
        also: &[],
        but: &[Respond, Reply, Withdraw, Absorb, Link, Attach, CorrectLabel, ChangePriority, JoinIncident, Assign],
    },
];

fn expected(situation: &Situation) -> Vec<ActionKind> {
    let mut kinds: Vec<_> = ALWAYS_OPEN.into_iter().filter(|kind| !situation.but.contains(kind)).collect();
    kinds.extend(situation.also);
    kinds.sort();
    kinds
}

#[test]
fn every_situation_takes_what_the_table_says() {
    for situation in SITUATIONS {
        let desk = Desk::new("medium").after(situation.path);
        assert!(desk.ticket.stands().starts_with(situation.stands), "{}: {}", situation.name, desk.ticket.stands());
        let allowed = desk.rules().allowed(&desk.ticket, &supervisor(), desk.now);
        assert_eq!(allowed, expected(situation), "{}", situation.name);
    }
}

/// What the console shows as possible is possible, and what it does not show is refused with what is possible instead.
#[test]
fn what_is_shown_is_taken_and_nothing_else() {
    for situation in SITUATIONS {
        let desk = Desk::new("medium").after(situation.path);
        for kind in ActionKind::ALL {
            let command = Command::new(sample(kind, &desk.ticket)).noted("来电");
            let taken = desk.clone().take(&supervisor(), command);
            match (expected(situation).contains(&kind), taken) {
                (true, Ok(_)) => {}
                (false, Err(Error::TicketTransition { number, state, command, allowed })) => {
                    assert_eq!(number, desk.ticket.number.to_string());
                    assert_eq!((state, command), (desk.ticket.stands(), kind.id()));
                    assert_eq!(allowed, expected(situation).iter().map(|kind| kind.id()).collect::<Vec<_>>());
                }
                (shown, taken) => panic!("{}, {kind:?}, shown {shown}: {taken:?}", situation.name),
            }
        }
    }
}

#[test]
fn every_kind_is_possible_somewhere() {
    let possible: Vec<_> = SITUATIONS.iter().flat_map(expected).collect();
    let never: Vec<_> = ActionKind::ALL.into_iter().filter(|kind| !possible.contains(kind)).collect();
    assert!(never.is_empty(), "{never:?}");
}

#[test]
fn a_pause_remembers_where_it_came_from() {
    for path in [&[Accept, Assign][..], &[Accept, Assign, Start], &[Accept, Assign, Start, Propose, Resolve]] {
        let before = Desk::new("medium").after(path);
        for pause in [Wait, Suspend] {
            let paused = before.clone().after(&[pause]);
            assert_eq!(paused.ticket.pause.as_ref().map(|pause| pause.from), Some(before.ticket.node));
            assert_eq!(paused.ticket.status(), before.ticket.status());
            let resumed = paused.after(&[Resume]);
            assert_eq!((resumed.ticket.node, &resumed.ticket.pause), (before.ticket.node, &None));
        }
    }
}

#[test]
fn refusals_name_state_command_and_what_is_possible() {
    let mut desk = Desk::new("medium").after(&[Accept, Assign, Start, Suspend]);
    assert_eq!(
        desk.refused(&agent(), Action::Resolve {}),
        format!(
            "ticket {} is at investigate (processing), suspended, where `resolve` is not possible; possible now: assign, \
             resume, respond, reply, withdraw, merge, absorb, link, comment, attach, correct_label, change_priority, \
             join_incident",
            desk.ticket.number
        )
    );
    // Only what this actor may do is named.
    desk.act(&customer(), Action::Withdraw { reason: "已解决".into() });
    assert!(desk.refused(&customer(), Action::Confirm {}).ends_with("possible now: follow_up, reopen"));
}
