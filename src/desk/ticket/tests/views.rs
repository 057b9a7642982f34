//! What people read.

use super::*;
use ActionKind::*;

/// A ticket at which everything happened that can, with a mark in every text that is not for the customer.
fn eventful() -> Desk {
    let secret = |text: &str| format!("SECRET-{text}");
    let mut desk = Desk::new("high").after(&[Accept]);
    desk.policy = TicketPolicy::default_for(&desk.taxonomy);
    let quality = Actor::staff(Role::Agent, "STAFF-q3", ["quality"]);
    let legal = Actor::staff(Role::Agent, "STAFF-l4", ["legal"]);
    let comment = |text: String, visibility| Action::Comment { text, visibility };
    let steps: Vec<(Actor, Action)> = vec![
        (agent(), Action::Assign { department: "logistics".into(), group: None, agent: Some("STAFF-a7".into()) }),
        (agent(), comment(secret("内部"), Visibility::Internal)),
        (agent(), Action::Bounce { suggested: Some("quality".into()), reason: secret("退单") }),
        (quality.clone(), Action::Assign { department: "quality".into(), group: None, agent: None }),
        (quality.clone(), Action::Assign { department: "quality".into(), group: None, agent: Some("STAFF-q3".into()) }),
        (quality.clone(), Action::Start {}),
        (quality.clone(), Action::Wait { on: Party::Customer, reason: "请拍照".into(), until: None }),
        (customer(), Action::Reply { text: "照片如下".into() }),
        (quality.clone(), Action::Reply { text: secret("来电") }),
        (quality.clone(), Action::Wait { on: Party::ThirdParty, reason: secret("厂家"), until: None }),
        (quality.clone(), Action::Resume {}),
        (quality.clone(), Action::Suspend { reason: secret("挂起"), until: None }),
        (quality.clone(), Action::Resume {}),
        (quality.clone(), Action::Investigate { findings: secret("结论") }),
        (
            quality.clone(),
            Action::Transfer { department: "legal".into(), cause: Cause::Expertise, reason: secret("转派") },
        ),
        (legal.clone(), Action::Propose { plan: secret("方案"), compensation_fen: 100_000 }),
        (supervisor(), Action::Reject { reason: secret("退回") }),
        (legal.clone(), Action::Propose { plan: secret("方案"), compensation_fen: 100 }),
        (supervisor(), Action::Approve {}),
        (legal.clone(), Action::GiveFeedback { text: "为您换新".into() }),
        (customer(), Action::Dispute { reason: "太慢".into() }),
        (legal.clone(), Action::Propose { plan: secret("方案"), compensation_fen: 0 }),
        (supervisor(), Action::Approve {}),
        (legal.clone(), comment("请留意快递".into(), Visibility::Public)),
        (legal.clone(), Action::GiveFeedback { text: "已寄出".into() }),
        (legal.clone(), Action::FollowUp { score: Some(2), text: Some(secret("回访")) }),
        (
            legal.clone(),
            Action::CorrectLabel {
                head: Head::Category,
                from: Some("delivery.late".into()),
                to: Some("product.quality".into()),
            },
        ),
        (system(), Action::JoinIncident { incident: "SECRET-i1".into(), priority: "high".into() }),
        (legal.clone(), Action::ChangePriority { to: "low".into(), reason: secret("降级") }),
        (legal.clone(), sample(Link, &desk.ticket)),
        (legal.clone(), Action::Close { reason: Some(secret("失联")) }),
    ];
    for (actor, action) in steps {
        desk.hours(1).take(&actor, Command::new(action).noted(secret("备注"))).unwrap();
    }
    desk
}

#[test]
fn the_customer_sees_no_staff_and_nothing_internal() {
    let mut desk = eventful();
    let lines = desk.rules().customer_timeline(&desk.history).unwrap();
    let json = serde_json::to_string(&lines).unwrap();
    for hidden in ["SECRET", "STAFF", "法务", "Legal", "退单", "supervisor", "product.quality"] {
        assert!(!json.contains(hidden), "{hidden}: {json}");
    }
    assert!(lines.iter().all(|line| line.node != Node::Review || line.text.zh == "处理方案正在审核"));
    let told: Vec<String> = lines
        .iter()
        .map(|line| format!("{}：{} {}", line.who.zh, line.text.zh, line.said.as_deref().unwrap_or("")))
        .collect();
    let expected = [
        "系统：已收到您的投诉 ",
        "客服：投诉已受理 ",
        "客服：已交由物流部处理 ",
        "客服：已交由品控部处理 ",
        "品控部：已开始处理 ",
        "品控部：请您补充 请拍照",
        "您：您回复了 照片如下",
        "品控部：已记录您的反馈 ",
        "品控部：等待第三方答复 ",
        "品控部：继续处理 ",
        "品控部：暂缓处理 ",
        "品控部：继续处理 ",
        "品控部：调查已完成 ",
        "品控部：已转交客户关系部处理 ",
        "客户关系部：处理方案正在审核 ",
        "客户关系部：处理方案正在审核 ",
        "客户关系部：处理方案已确定 ",
        "客户关系部：反馈处理结果 为您换新",
        "您：对结果不满意，继续处理 太慢",
        // That plan cost nothing, but the priority was still high.
        "客户关系部：处理方案正在审核 ",
        "客户关系部：处理方案已确定 ",
        "客户关系部：留言 请留意快递",
        "客户关系部：反馈处理结果 已寄出",
        "客户关系部：已回访 ",
    ];
    assert_eq!(told, expected);
    let here = |desk: &Desk| Stop::all(&desk.history).unwrap().into_iter().find(|stop| stop.reach == Reach::Current);
    assert_eq!(here(&desk).map(|stop| stop.node), Some(Node::FollowUp), "the request to close shows nowhere");
    desk.act(&supervisor(), Action::Approve {});
    let last = desk.rules().customer_timeline(&desk.history).unwrap().pop().unwrap();
    assert_eq!((last.text.en.as_str(), last.colour), ("Your complaint was closed", Colour::Grey));
}

#[test]
fn staff_see_everything() {
    let desk = eventful();
    let lines = desk.rules().staff_timeline(&desk.history).unwrap();
    assert_eq!(lines.len(), desk.history.len());
    assert!(lines.iter().all(|line| !line.text.zh.is_empty() && !line.text.en.is_empty()));
    let line = |kind: &str| lines.iter().find(|line| line.kind == kind).unwrap();
    let bounced = line("bounced");
    assert_eq!(bounced.text.zh, "物流部退单，建议品控部");
    assert_eq!((bounced.said.as_deref(), bounced.note.as_deref()), (Some("SECRET-退单"), Some("SECRET-备注")));
    assert_eq!((bounced.by.id.as_str(), bounced.department.as_deref()), ("STAFF-a7", Some("logistics")));
    assert_eq!(line("proposed").text.zh, "提出处理方案，补偿 1000 元");
    assert_eq!(line("approval_requested").text.zh, "提交审核：处理方案（补偿超过限额、优先级）");
    assert_eq!(
        line("approval_requested").text.en,
        "Approval requested: resolution (compensation above the limit, priority)"
    );
    assert_eq!(line("transferred").text.zh, "品控部转派至法务公关部（转专家）");
    assert_eq!(line("priority_changed").text.zh, "优先级「高」→「低」");
    assert_eq!(line("label_corrected").text.zh, "更正类别：配送问题 › 延迟送达 → 商品问题 › 质量问题");
    let json = serde_json::to_value(bounced).unwrap();
    assert_eq!(
        (&json["actor"]["role"], &json["kind"], &json["node"]),
        (&"agent".into(), &"bounced".into(), &"accept".into())
    );
}

#[test]
fn steps_say_who_did_what_at_which_node() {
    let mut desk = Desk::new("medium").after(&[Accept, Assign]);
    let start = desk.hours(2).now;
    desk.take(&agent(), Command::new(Action::Start {}).noted("先核实")).unwrap();
    let propose = desk.hours(3).now;
    desk.act(&agent(), sample(Propose, &desk.ticket));
    desk.act(&agent(), Action::Resolve {});
    let steps = steps(&desk.history).unwrap();
    let reached: Vec<_> = steps.iter().map(|step| step.reach).collect();
    use Reach::*;
    assert_eq!(reached, [Done, Done, Done, Skipped, Current, Ahead, Ahead]);
    let [accepted] = &steps[0].visits[..] else { panic!() };
    assert_eq!(accepted.entered.by.role, Role::System);
    let left = accepted.left.as_ref().unwrap();
    assert_eq!((left.at, left.by.id.as_str()), (start, "STAFF-a7"));
    assert_eq!(steps[1].visits[0].left.as_ref().map(|mark| mark.at), Some(propose));
    assert_eq!(steps[4].visits[0].left, None);
    // What came again is listed again, and what is to come again is ahead.
    desk = desk.after(&[GiveFeedback, Dispute]);
    let steps = super::steps(&desk.history).unwrap();
    let reached: Vec<_> = steps.iter().map(|step| step.reach).collect();
    assert_eq!(reached, [Done, Done, Current, Ahead, Ahead, Ahead, Ahead]);
    assert_eq!(steps[2].visits.len(), 2);
    let closed = desk.after(&[Propose, Resolve, GiveFeedback, Confirm, Close]);
    let stops = Stop::all(&closed.history).unwrap();
    assert!(stops.iter().all(|stop| stop.reach == if stop.node == Node::Review { Skipped } else { Done }));
    assert_eq!(stops[6].at, Some(closed.now));
}

#[test]
fn names_exist_in_both_languages_and_once() {
    let mut ids: Vec<&str> = ActionKind::ALL.iter().map(|kind| kind.id()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), ActionKind::ALL.len());
    let names = ActionKind::ALL
        .map(ActionKind::name)
        .into_iter()
        .chain(Node::ALL.map(Node::name))
        .chain(Status::ALL.map(Status::name))
        .chain(Role::ALL.map(Role::name));
    for name in names {
        assert!(!name.zh.is_empty() && name.en.is_ascii() && !name.en.is_empty(), "{name:?}");
    }
    for (id, json) in Node::ALL
        .map(|node| (node.id(), serde_json::to_value(node)))
        .into_iter()
        .chain(Status::ALL.map(|status| (status.id(), serde_json::to_value(status))))
        .chain(Role::ALL.map(|role| (role.id(), serde_json::to_value(role))))
        .chain(ActionKind::ALL.map(|kind| (kind.id(), serde_json::to_value(kind))))
    {
        assert_eq!(json.unwrap(), id);
    }
}
