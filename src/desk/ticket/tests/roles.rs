//! Who may do what.

use super::*;
use ActionKind::*;

fn forbidden(desk: &mut Desk, actor: &Actor, kind: ActionKind) -> String {
    let action = sample(kind, &desk.ticket);
    match desk.take(actor, action) {
        Err(Error::TicketForbidden { reason, .. }) => reason,
        other => panic!("{kind:?}: {other:?}"),
    }
}

#[test]
fn roles_include_what_the_table_says() {
    let customers = [Reply, Confirm, Dispute, FollowUp, Withdraw, Reopen, Attach];
    let system = [
        Accept,
        Assign,
        Start,
        Resume,
        Propose,
        Resolve,
        Respond,
        GiveFeedback,
        FollowUp,
        Close,
        Merge,
        Absorb,
        Link,
        Comment,
        Attach,
        ChangePriority,
        JoinIncident,
    ];
    for kind in ActionKind::ALL {
        for role in Role::ALL {
            let included = match role {
                Role::Customer => customers.contains(&kind),
                Role::Agent => ![Approve, Reject].contains(&kind),
                Role::Supervisor | Role::Admin => true,
                Role::Auditor => false,
                Role::System => system.contains(&kind),
            };
            let mut desk = Desk::new("medium");
            let command = Command::new(sample(kind, &desk.ticket)).noted("来电");
            let taken = desk.take(&Actor::everywhere(role, "c9"), command);
            let refused = matches!(taken, Err(Error::TicketForbidden { .. }));
            assert_eq!(refused, !included, "{role:?} {kind:?}: {taken:?}");
        }
    }
}

#[test]
fn staff_keep_to_their_departments() {
    let mut desk = Desk::new("medium").after(&[Accept, Assign, Start]);
    let stranger = Actor::staff(Role::Agent, "a8", ["finance", "quality"]);
    assert_eq!(forbidden(&mut desk, &stranger, Investigate), "the ticket belongs to a department outside the scope");
    assert!(desk.rules().allowed(&desk.ticket, &stranger, desk.now).is_empty());
    // Back at dispatch it is everybody's.
    desk.act(&agent(), Action::Bounce { suggested: Some("quality".into()), reason: "非物流问题".into() });
    desk.act(&stranger, Action::Assign { department: "quality".into(), group: None, agent: Some("a8".into()) });
    assert_eq!(forbidden(&mut desk, &agent(), Start), "the ticket belongs to a department outside the scope");
    desk.act(&stranger, Action::Start {});
}

#[test]
fn customers_keep_to_their_own_tickets() {
    let mut desk = Desk::new("medium");
    let other = Actor::customer("c8");
    assert_eq!(forbidden(&mut desk, &other, Withdraw), "it is the ticket of another customer");
    // Of an anonymous complaint, whoever has the link is the customer.
    desk.ticket.customer = None;
    desk.act(&other, Action::Withdraw { reason: "算了".into() });
}

#[test]
fn who_asks_does_not_decide() {
    let proposes = Actor::everywhere(Role::Supervisor, "s2");
    for asks in [supervisor(), proposes.clone()] {
        let mut desk = Desk::new("medium").after(&[Accept, Assign, Start]);
        desk.act(&proposes, Action::Propose { plan: "补发".into(), compensation_fen: 0 });
        desk.act(&asks, Action::RequestApproval {});
        for actor in [&asks, &proposes] {
            assert_eq!(forbidden(&mut desk, actor, Approve), "who asked for it may not decide on it");
            assert!(!desk.rules().allowed(&desk.ticket, actor, desk.now).contains(&Approve));
        }
        // A house may do without the second pair of eyes.
        let mut alone = desk.clone();
        alone.policy.approval.four_eyes = false;
        assert_eq!(alone.act(&asks, Action::Approve {}), ["approved", "resolved"]);
        desk.act(&Actor::everywhere(Role::Admin, "r1"), Action::Approve {});
    }
}

#[test]
fn what_the_role_forbids_is_told_before_what_the_state_does() {
    // Otherwise a stranger would learn from the answer where the ticket stands.
    let mut desk = Desk::new("medium");
    assert_eq!(forbidden(&mut desk, &Actor::everywhere(Role::Auditor, "x"), Resume), "the role does not include it");
    assert_eq!(
        desk.refused(&customer(), Action::Accept {}),
        "`accept` is not for the role customer here: the role does not include it"
    );
}
