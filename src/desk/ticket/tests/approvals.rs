//! What a supervisor decides, and what ends a ticket without one.

use super::*;
use ActionKind::*;

const TO_TOLD: [ActionKind; 6] = [Accept, Assign, Start, Propose, Resolve, GiveFeedback];

fn propose(yuan: u64) -> Action {
    Action::Propose { plan: "补发并补偿".into(), compensation_fen: yuan * 100 }
}

fn close(reason: &str) -> Action {
    Action::Close { reason: Some(reason.into()) }
}

#[test]
fn the_policy_says_what_a_supervisor_approves() {
    use ApprovalReason::*;
    for (priority, yuan, needs) in [
        ("medium", 0, &[][..]),
        ("medium", 200, &[]),
        ("medium", 201, &[Compensation]),
        ("high", 0, &[Priority]),
        ("high", 201, &[Compensation, Priority]),
    ] {
        let mut desk = Desk::new(priority).after(&[Accept, Assign, Start]);
        desk.act(&agent(), propose(yuan));
        let asked = desk.ticket.approval.as_ref().map(|approval| approval.reasons.clone());
        assert_eq!(asked, (!needs.is_empty()).then(|| needs.to_vec()), "{priority} {yuan}");
        // Nothing is done before the supervisor decides.
        let resolved = desk.take(&agent(), Action::Resolve {});
        assert_eq!(resolved.is_ok(), needs.is_empty());
    }
}

#[test]
fn a_rejected_plan_is_made_anew() {
    let mut desk = Desk::new("high").after(&[Accept, Assign, Start]);
    desk.act(&agent(), propose(500));
    desk.act(&supervisor(), Action::Reject { reason: "补偿过高".into() });
    assert_eq!((desk.ticket.node, &desk.ticket.proposal), (Node::Handle, &None));
    desk.act(&agent(), propose(50));
    assert_eq!(desk.act(&supervisor(), Action::Approve {}), ["approved", "resolved"]);
}

#[test]
fn closing_without_the_customers_word_is_for_the_supervisor() {
    let told = Desk::new("medium").after(&TO_TOLD);
    let mut desk = told.clone();
    assert!(desk.refused(&agent(), Action::Close { reason: None }).contains("reason is missing"));
    assert_eq!(desk.act(&agent(), close("客户失联")), ["approval_requested"]);
    assert_eq!(desk.ticket.node, Node::Review);
    let mut rejected = desk.clone();
    rejected.act(&supervisor(), Action::Reject { reason: "再联系一次".into() });
    assert_eq!((rejected.ticket.node, &rejected.ticket.approval), (Node::FollowUp, &None));
    assert!(rejected.ticket.proposal.is_some(), "the resolution stands");
    assert_eq!(desk.act(&supervisor(), Action::Approve {}), ["approved", "closed"]);
    let end = End::Closed(Ending::Unconfirmed);
    let closed = Fact::Closed { how: Ending::Unconfirmed, reason: Some("客户失联".into()) };
    assert_eq!(desk.history.last().map(|event| &event.fact), Some(&closed));
    assert_eq!(desk.ticket.end.as_ref().map(|(end, _)| end), Some(&end));
    // A supervisor decides alone, but not on a plan of their own.
    assert_eq!(told.clone().act(&supervisor(), close("客户失联")), ["closed"]);
    let mut own = Desk::new("medium").after(&[Accept, Assign, Start]);
    own.act(&supervisor(), propose(1));
    assert_eq!(own.act(&supervisor(), close("客户失联")), ["approval_requested"]);
    // A house may leave it to agents.
    let mut free = told;
    free.policy.approval.closing_unconfirmed = false;
    assert_eq!(free.act(&agent(), close("客户失联")), ["closed"]);
}

#[test]
fn the_customers_word_answers_the_request_to_close_without_it() {
    let mut asked = Desk::new("medium").after(&TO_TOLD);
    asked.act(&agent(), close("客户失联"));
    let mut confirmed = asked.clone();
    confirmed.act(&customer(), Action::Confirm {});
    assert_eq!((confirmed.ticket.node, &confirmed.ticket.approval), (Node::FollowUp, &None));
    assert_eq!(confirmed.act(&agent(), Action::Close { reason: None }), ["closed"]);
    asked.act(&customer(), Action::Dispute { reason: "没人联系过我".into() });
    assert_eq!((asked.ticket.node, &asked.ticket.approval), (Node::Handle, &None));
}

#[test]
fn staff_end_a_ticket_in_the_customers_name_with_a_note_only() {
    let mut desk = Desk::new("medium").after(&TO_TOLD);
    for action in [Action::Confirm {}, Action::Withdraw { reason: "已自行解决".into() }] {
        assert!(desk.refused(&agent(), action.clone()).ends_with("note is missing: say how the customer told you"));
        desk.clone().take(&agent(), Command::new(action).noted("11 月 26 日来电")).unwrap();
    }
}

#[test]
fn who_asked_may_take_it_back() {
    let mut desk = Desk::new("high").after(&[Accept, Assign, Start]);
    desk.act(&supervisor(), propose(500));
    desk.act(&supervisor(), Action::Reject { reason: "金额有误".into() });
    assert_eq!(desk.ticket.node, Node::Handle);
}

#[test]
fn a_ticket_that_became_urgent_is_approved_after_all() {
    let mut desk = Desk::new("medium").after(&[Accept, Assign, Start, Propose]);
    desk.act(&system(), Action::JoinIncident { incident: "i1".into(), priority: "high".into() });
    assert_eq!(desk.act(&agent(), Action::Resolve {}), ["approval_requested"]);
    let reasons = desk.ticket.approval.as_ref().map(|approval| approval.reasons.clone());
    assert_eq!(reasons, Some(vec![ApprovalReason::Priority]));
    assert_eq!(desk.act(&supervisor(), Action::Approve {}), ["approved", "resolved"]);
}
