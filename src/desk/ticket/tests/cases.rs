//! What happens to real tickets.

use super::{desk::number, *};
use ActionKind::*;

const TO_TOLD: [ActionKind; 6] = [Accept, Assign, Start, Propose, Resolve, GiveFeedback];

fn propose(yuan: u64) -> Action {
    Action::Propose { plan: "补发并补偿".into(), compensation_fen: yuan * 100 }
}

fn day(desk: &Desk, days: i64) -> Timestamp {
    desk.now + SignedDuration::from_hours(24 * days)
}

#[test]
fn from_intake_to_archive_by_the_seven_nodes() {
    let mut desk = Desk::new("high");
    let mut nodes = vec![desk.ticket.node];
    for (actor, action, events) in [
        (system(), Action::Accept {}, &["accepted"][..]),
        (system(), Action::Assign { department: "logistics".into(), group: None, agent: None }, &["assigned"]),
        (agent(), Action::Start {}, &["assigned", "started"]),
        (agent(), Action::Respond { text: "正在核实".into() }, &["responded"]),
        (agent(), Action::Investigate { findings: "中转站积压".into() }, &["investigated"]),
        (agent(), propose(20), &["proposed", "approval_requested"]),
        (supervisor(), Action::Approve {}, &["approved", "resolved"]),
        (agent(), Action::GiveFeedback { text: "今日送达".into() }, &["feedback_given"]),
        (customer(), Action::Confirm {}, &["customer_confirmed"]),
        (agent(), Action::FollowUp { score: Some(5), text: None }, &["followed_up"]),
        (agent(), Action::Close { reason: None }, &["closed"]),
    ] {
        assert_eq!(desk.hours(1).act(&actor, action), events);
        nodes.push(desk.ticket.node);
    }
    nodes.dedup();
    assert_eq!(nodes, Node::ALL);
    assert_eq!(desk.ticket.end.as_ref().map(|(end, _)| end), Some(&End::Closed(Ending::Confirmed)));
    assert_eq!((desk.ticket.version, desk.ticket.responses), (15, 2));
    assert_eq!(desk.ticket.agent.as_deref(), Some("STAFF-a7"));
}

#[test]
fn a_silent_customer_is_waited_for() {
    let mut desk = Desk::new("medium").after(&TO_TOLD);
    let due = day(&desk, 7);
    assert_eq!(desk.rules().auto_close_at(&desk.ticket), Some(due));
    let early = desk.refused(&system(), Action::Close { reason: None });
    assert_eq!(early, format!("`close`: the customer may reply until {due}"));
    // A word of the customer stops it until it is answered.
    desk.hours(24).act(&customer(), Action::Reply { text: "收到了，但少一件".into() });
    assert_eq!(desk.rules().auto_close_at(&desk.ticket), None);
    assert!(desk.refused(&system(), Action::Close { reason: None }).contains("nor been silent"));
    desk.hours(1).act(&agent(), Action::Respond { text: "明日补发".into() });
    assert_eq!(desk.rules().auto_close_at(&desk.ticket), Some(day(&desk, 7)));
    desk.hours(7 * 24).act(&system(), Action::Close { reason: None });
    assert_eq!(desk.ticket.end.as_ref().map(|(end, _)| end), Some(&End::Closed(Ending::NoReply)));
    assert_eq!(desk.rules().auto_close_at(&desk.ticket), None);
    // Some houses wait for ever.
    let mut patient = Desk::new("medium").after(&TO_TOLD);
    patient.policy.close_without_reply_days = None;
    assert_eq!(patient.rules().auto_close_at(&patient.ticket), None);
}

#[test]
fn a_confirmed_ticket_stays_open_for_the_follow_up() {
    let mut desk = Desk::new("medium").after(&TO_TOLD).after(&[Confirm]);
    assert_eq!(desk.rules().auto_close_at(&desk.ticket), Some(day(&desk, 3)));
    desk.act(&customer(), Action::FollowUp { score: Some(4), text: Some("不错".into()) });
    assert_eq!(desk.hours(72).act(&system(), Action::Close { reason: None }), ["closed"]);
}

#[test]
fn a_dissatisfied_customer_gets_another_plan() {
    let mut desk = Desk::new("medium").after(&TO_TOLD);
    desk.act(&customer(), Action::Dispute { reason: "还是没收到".into() });
    assert_eq!((desk.ticket.node, desk.ticket.status()), (Node::Handle, Status::Processing));
    assert_eq!((&desk.ticket.proposal, desk.ticket.silent_since), (&None, None));
    desk.after(&[Propose, Resolve, GiveFeedback, Confirm, Close]);
}

#[test]
fn a_reply_ends_the_wait_for_the_customer_only() {
    let at_work = Desk::new("medium").after(&[Accept, Assign, Start]);
    let wait = |on| Action::Wait { on, reason: "请提供面单".into(), until: None };
    let reply = || Action::Reply { text: "面单在此".into() };
    let mut waiting = at_work.clone();
    waiting.act(&agent(), wait(Party::Customer));
    waiting.act(&customer(), reply());
    assert_eq!((waiting.ticket.node, &waiting.ticket.pause), (Node::Investigate, &None));
    let mut other = at_work.clone();
    other.act(&agent(), wait(Party::ThirdParty));
    other.act(&customer(), reply());
    assert_eq!(other.ticket.pause.as_ref().map(|pause| pause.kind), Some(PauseKind::WaitingForThirdParty));
    // A pause with an end is over when the timer says so.
    let mut suspended = at_work;
    let until = Some(day(&suspended, 1));
    suspended.act(&agent(), Action::Suspend { reason: "节后处理".into(), until });
    assert_eq!(suspended.ticket.pause.as_ref().and_then(|pause| pause.until), until);
    suspended.hours(24).act(&system(), Action::Resume {});
}

#[test]
fn reopening_has_a_limit_of_days() {
    let mut closed = Desk::new("medium").after(&TO_TOLD).after(&[Confirm, Close]);
    let until = day(&closed, 15);
    let reopen = || Action::Reopen { reason: "又坏了".into() };
    closed.hours(15 * 24);
    let mut in_time = closed.clone();
    in_time.act(&customer(), reopen());
    assert_eq!((in_time.ticket.node, in_time.ticket.reopened), (Node::Investigate, 1));
    assert_eq!((&in_time.ticket.end, in_time.ticket.confirmed_at), (&None, None));
    closed.now += SignedDuration::from_nanos(1);
    for actor in [customer(), agent()] {
        assert_eq!(closed.refused(&actor, reopen()), format!("`reopen`: the ticket could be reopened until {until}"));
        assert!(!closed.rules().allowed(&closed.ticket, &actor, closed.now).contains(&Reopen));
    }
    closed.act(&supervisor(), reopen());
}

#[test]
fn a_ticket_goes_on_in_another() {
    let mut source = Desk::new("medium").after(&[Accept, Assign]);
    source.act(&agent(), Action::Merge { into: number(2) });
    assert_eq!((source.ticket.merged_into(), source.ticket.node), (Some(number(2)), Node::Archive));
    let public = Action::Comment { text: "您好".into(), visibility: Visibility::Public };
    assert!(source.refused(&agent(), public).contains("a merged ticket takes internal comments only"));
    source.act(&agent(), Action::Comment { text: "见主单".into(), visibility: Visibility::Internal });
    let mut target = Desk::new("medium");
    let absorb = || Action::Absorb { from: number(9) };
    assert_eq!(target.act(&system(), absorb()), ["absorbed"]);
    assert!(target.act(&system(), absorb()).is_empty(), "the same again changes nothing");
    assert!(target.ticket.absorbed.contains(&number(9)));
}

#[test]
fn an_incident_only_ever_raises() {
    let join =
        |incident: &str, priority: &str| Action::JoinIncident { incident: incident.into(), priority: priority.into() };
    let mut desk = Desk::new("medium");
    assert_eq!(desk.act(&system(), join("i1", "high")), ["incident_joined", "priority_changed"]);
    assert_eq!(desk.ticket.priority, "high");
    assert!(desk.act(&system(), join("i1", "high")).is_empty());
    assert_eq!(desk.act(&system(), join("i2", "low")), ["incident_joined"]);
    assert_eq!(desk.ticket.priority, "high");
    let mut closed = Desk::new("low").after(&[Accept, Withdraw]);
    assert_eq!(closed.act(&system(), join("i1", "high")), ["incident_joined"], "it is no longer urgent");
}

#[test]
fn a_wrong_priority_is_put_right_on_the_ticket_unless_somebody_changed_it() {
    let correct = || Action::CorrectLabel { head: Head::Priority, from: Some("medium".into()), to: Some("low".into()) };
    let mut desk = Desk::new("medium");
    let mut raised = desk.clone();
    assert_eq!(desk.act(&agent(), correct()), ["label_corrected", "priority_changed"]);
    assert_eq!(desk.ticket.priority, "low");
    raised.act(&system(), Action::JoinIncident { incident: "i1".into(), priority: "high".into() });
    assert_eq!(raised.act(&agent(), correct()), ["label_corrected"]);
    assert_eq!(raised.ticket.priority, "high");
}

#[test]
fn what_customers_bring_they_see() {
    let mut desk = Desk::new("medium");
    desk.act(&customer(), sample(Attach, &Desk::new("medium").ticket));
    assert_eq!(desk.ticket.evidence[0].visibility, Visibility::Public);
}

#[test]
fn a_transfer_tells_what_happened_so_far() {
    let mut desk = Desk::new("medium").after(&[Accept, Assign, Start]);
    desk.act(&agent(), Action::Respond { text: "正在核实".into() });
    desk.hours(27).act(&customer(), Action::Reply { text: "外箱破损".into() });
    desk.act(&agent(), Action::Investigate { findings: format!("运输破损{}", "。".repeat(300)) });
    desk.act(&agent(), propose(88));
    desk.act(&agent(), sample(Attach, &desk.ticket));
    let transfer =
        Action::Transfer { department: "aftersales".into(), cause: Cause::NextStep, reason: "办理换货".into() };
    desk.act(&agent(), transfer);
    let Fact::Transferred { summary, .. } = &desk.history.last().unwrap().fact else { panic!() };
    let dots = "。".repeat(196);
    assert_eq!(
        summary.zh,
        format!(
            "投诉 {}，渠道 app，优先级「中」，受理至今 1 天 3 小时\n类别：配送问题 › 延迟送达\n经办部门：物流部\n\
             调查结论：运输破损{dots}…\n处理方案：补发并补偿（补偿 88 元）\n已回复客户 1 次；客户补充 1 次\n佐证材料 1 件",
            desk.ticket.number
        )
    );
    assert_eq!(summary.en.lines().count(), summary.zh.lines().count());
    assert!(summary.en.contains("priority \"Medium\", 1 d 3 h old"), "{}", summary.en);
    // The next summary knows the way.
    desk.act(
        &supervisor(),
        Action::Transfer { department: "quality".into(), cause: Cause::Expertise, reason: "鉴定".into() },
    );
    let Fact::Transferred { summary, .. } = &desk.history.last().unwrap().fact else { panic!() };
    assert!(summary.zh.contains("物流部 → 售后部（下一环节）"), "{}", summary.zh);
}

#[test]
fn a_clock_that_jumps_back_does_not_turn_the_history_around() {
    let mut desk = Desk::new("medium");
    desk.hours(-100).act(&agent(), Action::Accept {});
    assert_eq!(desk.history[0].at, desk.history[1].at);
}

#[test]
fn a_command_for_an_older_version_is_refused() {
    let mut desk = Desk::new("medium");
    let seen = Expected::version(desk.ticket.version);
    let command = Command::new(Action::Accept {}).expecting(seen.clone()).noted("电话登记");
    desk.take(&agent(), command).unwrap();
    assert_eq!(desk.history[1].note.as_deref(), Some("电话登记"));
    let late = Command::new(Action::Withdraw { reason: "算了".into() }).expecting(seen);
    assert!(matches!(desk.take(&customer(), late), Err(Error::VersionConflict { found: 2, .. })));
    assert_eq!(etag(desk.ticket.version), "\"v2\"");
}
