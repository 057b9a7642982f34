//! What is raised above the single ticket.

use crate::{
    relate::{read, send},
    stores::{Fixture, on_every_store, submission},
};
use fenzhen::{
    Desk,
    desk::{
        access::{DeskRole, Principal},
        incident::{LeftOut, Rule, Stage},
        intake::{Accepted, Request},
        store::{
            entity::{complaint, decision, notice},
            micros,
            queue::{self, Work},
        },
        ticket::{Action, Actor, Command, Fact, Role, Scope},
    },
};
use jiff::SignedDuration;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::{Value, json};

/// Different words for troubles with one product.
const MILK: [&str; 10] = [
    "这款牛奶打开就是酸的，完全没法喝",
    "喝完上吐下泻，怀疑已经变质",
    "盒子里面有黑色的絮状东西，太恶心了",
    "孩子早餐喝了以后肚子疼，谁来负责",
    "包装胀得像气球一样，一看就坏掉",
    "生产日期印的是下个月，搞笑吧",
    "味道发苦，跟以前买的根本不是一回事",
    "倒出来全是结块，像豆腐渣似的",
    "箱子里有三盒漏了，流得到处都是",
    "颜色发黄还有一股馊味，赶紧下架",
];

fn milk(n: usize, customer: &str) -> Value {
    json!({"text": MILK[n], "customer": {"id": customer}, "product": "纯牛奶 250ml"})
}

async fn notices(at: &Fixture, kind: &str) -> Vec<String> {
    let rows = notice::Entity::find().filter(notice::Column::Kind.eq(kind)).all(at.desk.store().read()).await.unwrap();
    rows.into_iter().map(|row| row.key).collect()
}

fn urgent(at: &Fixture, priority: &str) -> bool {
    let rules = at.desk.house().rules();
    rules.urgency(priority) <= rules.urgency("high")
}

/// Puts complaints into the queue without working on them.
async fn accept(desk: &Desk, all: &[Value]) -> Vec<Accepted> {
    let requests: Vec<Request> =
        all.iter().map(|json| Request { submission: submission(&json.to_string()), key: None }).collect();
    desk.accept(&requests).await.unwrap().into_iter().map(Result::unwrap).collect()
}

#[test]
fn five_about_one_product_are_one_incident() {
    on_every_store(async |at| {
        // What came in long ago is history, however much of it is brought in now.
        for (n, text) in MILK.iter().enumerate().take(5) {
            let old = json!({"text": text, "customer": {"id": format!("o{n}")}, "product": "酸奶", "received_at": "2026-11-01T09:00+08:00"});
            send(&at.desk, old).await;
        }
        let mut members = Vec::new();
        for (n, customer) in ["c1", "c2", "c3", "c4"].into_iter().enumerate() {
            members.push(send(&at.desk, milk(n, customer)).await);
            at.pass(1);
        }
        send(&at.desk, json!({"text": "饼干碎成渣了", "customer": {"id": "c5"}, "product": "饼干"})).await;
        assert!(at.desk.incidents(None, 10, None).await.unwrap().items.is_empty());
        // The product in other letters.
        let fifth = json!({"text": MILK[4], "customer": {"id": "c6"}, "product": "纯牛奶（250ML）"});
        members.push(send(&at.desk, fifth).await);
        let incidents = at.desk.incidents(Some(false), 10, None).await.unwrap().items;
        assert_eq!(incidents.len(), 1);
        let seen = &incidents[0];
        assert_eq!((seen.rule, seen.stage, seen.members, seen.open), (Rule::Cluster, Stage::Open, 5, 5));
        assert_eq!(seen.subject, "纯牛奶250ml");
        for member in &members {
            let record = read(&at, member).await;
            assert!(urgent(&at, &record.ticket.priority), "{}", record.ticket.priority);
            assert!(record.ticket.incidents.contains(&seen.id));
            assert_eq!(record.row.incident_id.as_ref(), Some(&seen.id));
        }
        assert_eq!(notices(&at, "incident.opened").await, ["cluster/纯牛奶250ml/1"]);
        // The next joins, and a person who found one less urgent is not overruled.
        let supervisor = Actor::everywhere(Role::Supervisor, "s1");
        let lower = Action::ChangePriority { to: "low".into(), reason: "已电话安抚".into() };
        at.desk.act(&members[0].ticket, lower.into(), &supervisor).await.unwrap();
        let sixth = send(&at.desk, milk(5, "c7")).await;
        assert!(read(&at, &sixth).await.ticket.incidents.contains(&seen.id));
        assert_eq!(read(&at, &members[0]).await.ticket.priority, "low");
        let (seen, tickets) = at.desk.incident(&seen.id).await.unwrap();
        assert_eq!((seen.members, tickets.len()), (6, 6));
        assert_eq!(notices(&at, "incident.opened").await.len(), 1);
        // It becomes quiet, and ends, by itself; then it takes five to begin another.
        at.pass(49);
        assert_eq!(at.desk.incident(&seen.id).await.unwrap().0.stage, Stage::Quiet);
        at.pass(48);
        assert_eq!(at.desk.incident(&seen.id).await.unwrap().0.stage, Stage::Closed);
        assert!(at.desk.incidents(Some(false), 10, None).await.unwrap().items.is_empty());
        assert_eq!(at.desk.incidents(Some(true), 10, None).await.unwrap().items.len(), 1);
        for n in 5..10 {
            assert_eq!(at.desk.incidents(None, 10, None).await.unwrap().items.len(), 1);
            send(&at.desk, milk(n, &format!("d{n}"))).await;
        }
        let all = at.desk.incidents(None, 10, None).await.unwrap().items;
        assert_eq!(
            all.iter().map(|one| (one.stage, one.members)).collect::<Vec<_>>(),
            [(Stage::Open, 5), (Stage::Closed, 6)]
        );
        assert!(all[1].closed_at.is_some() && all[1].closed_by.is_none());
        assert_eq!(notices(&at, "incident.opened").await.len(), 2);
    });
}

#[test]
fn several_workers_open_one_incident() {
    on_every_store(async |at| {
        let all: Vec<Value> = (0..8).map(|n| milk(n, &format!("c{n}"))).collect();
        let accepted = accept(&at.desk, &all).await;
        while at.desk.work_once(Work::Classify).await.unwrap() > 0 {}
        let mut workers = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let desk = at.again().await;
            workers.spawn(async move { while desk.work_once(Work::Relate).await.unwrap() > 0 {} });
        }
        while let Some(worker) = workers.join_next().await {
            worker.unwrap();
        }
        let incidents = at.desk.incidents(None, 10, None).await.unwrap().items;
        assert_eq!(incidents.iter().map(|one| one.members).collect::<Vec<_>>(), [8]);
        for one in &accepted {
            let joined =
                read(&at, one).await.history.into_iter().filter(|event| event.fact.kind() == "incident_joined");
            assert_eq!(joined.count(), 1);
        }
        assert_eq!(notices(&at, "incident.opened").await.len(), 1);
        assert!(queue::dead(at.desk.store().read(), 10).await.unwrap().is_empty());
    });
}

#[test]
fn a_threat_is_raised_and_told_once() {
    on_every_store(async |at| {
        for (n, text) in ["再不退款我就找媒体曝光你们", "我已经咨询律师，准备起诉", "这件事我打12315投诉到底"]
            .into_iter()
            .enumerate()
        {
            let accepted = send(&at.desk, json!({"text": text, "customer": {"id": format!("c{n}")}})).await;
            let key = format!("fierce/threat/{}", accepted.number);
            let told =
                async || notices(&at, "ticket.escalated").await.into_iter().filter(|known| *known == key).count();
            let record = read(&at, &accepted).await;
            assert!(urgent(&at, &record.ticket.priority), "{text}: {}", record.ticket.priority);
            assert_eq!(told().await, 1, "{text}");
            let now = at.desk.now();
            queue::put(at.desk.store().writer(), Work::Relate, &accepted.id, now, now).await.unwrap();
            at.desk.work_off().await.unwrap();
            assert_eq!(told().await, 1, "{text}");
            assert_eq!(read(&at, &accepted).await.history, record.history);
        }
        // What was said in anger about an open ticket makes that one urgent.
        let first = json!({"text": "洗衣机脱水的时候声音很大", "customer": {"id": "x"}});
        let first = send(&at.desk, first).await;
        send(&at.desk, json!({"text": "上次反映的还没处理，再拖我就找律师起诉", "customer": {"id": "x"}})).await;
        let first = read(&at, &first).await.ticket;
        assert_eq!(first.absorbed.len(), 1);
        assert!(urgent(&at, &first.priority));
    });
}

#[test]
fn who_comes_again_and_again_is_noticed() {
    on_every_store(async |at| {
        let three = [("羽绒服掉毛", "外套"), ("发票抬头开错了，帮忙改一下", "台灯"), ("优惠券没有到账", "洗面奶")];
        let mut last = None;
        for (text, product) in three {
            assert!(notices(&at, "ticket.escalated").await.is_empty(), "two are none");
            last = Some(send(&at.desk, json!({"text": text, "customer": {"id": "c7"}, "product": product})).await);
            at.pass(24);
        }
        let last = last.unwrap();
        assert_eq!(notices(&at, "ticket.escalated").await, [format!("repeat/{}", last.number)]);
        let record = read(&at, &last).await;
        assert!(urgent(&at, &record.ticket.priority));
        let raised = record.history.iter().find(|event| event.fact.kind() == "priority_changed");
        assert!(raised.is_none_or(|event| event.by.id == "escalation"));
    });
}

#[test]
fn one_answer_reaches_each_open_member_once() {
    on_every_store(async |at| {
        let supervisor = Actor::everywhere(Role::Supervisor, "s1");
        let mut members = Vec::new();
        for n in 0..5 {
            members.push(send(&at.desk, milk(n, &format!("c{n}"))).await);
        }
        let over = Command::new(Action::Withdraw { reason: "不要了".into() }).noted("电话告知");
        at.desk.act(&members[0].ticket, over, &supervisor).await.unwrap();
        // The same customer once more: it goes on in the other, which is a member too.
        let again = send(&at.desk, milk(4, "c4")).await;
        assert_eq!(read(&at, &again).await.ticket.merged_into(), Some(members[4].number));
        let id = at.desk.incidents(None, 10, None).await.unwrap().items.remove(0).id;
        let text = "该批次已下架，全额退款，电话13800138000";
        let replied = at.desk.reply_to_all(&id, text, &supervisor).await.unwrap();
        let numbers: Vec<_> = members[1..].iter().map(|member| member.number).collect();
        assert_eq!((&replied.sent, replied.before.len(), replied.refused.len()), (&numbers, 0, 0));
        let left_out = [(members[0].number, LeftOut::Closed), (again.number, LeftOut::Through(members[4].number))];
        assert_eq!(replied.left_out, left_out);
        let replied = at.desk.reply_to_all(&id, text, &supervisor).await.unwrap();
        assert_eq!((replied.sent.len(), replied.before.len()), (0, 4));
        // Who joins later has not got it; whose department it is not does not write there, and is not told who they are.
        let late = send(&at.desk, milk(6, "c6")).await;
        let agent = Actor::staff(Role::Agent, "a1", ["nowhere"]);
        let refused = at.desk.reply_to_all(&id, text, &agent).await.unwrap();
        assert!(refused.sent.is_empty() && refused.refused.is_empty() && refused.elsewhere > 0, "{refused:?}");
        at.desk.reply_to_all(&id, text, &supervisor).await.unwrap();
        for member in members[1..].iter().chain([&late]) {
            let said = read(&at, member).await.history.into_iter().filter(|event| match &event.fact {
                Fact::Responded { text } | Fact::FeedbackGiven { text } => {
                    text == "该批次已下架，全额退款，电话[PHONE]"
                }
                _ => false,
            });
            assert_eq!(said.count(), 1);
        }
        assert_eq!(at.desk.reply_to_all(&id, "  ", &supervisor).await.unwrap_err().code(), "invalid_request");
        assert_eq!(at.desk.reply_to_all("none", text, &supervisor).await.unwrap_err().code(), "no_such_incident");
        // Closed by a person: the next is none of it.
        let narrow = Scope::Departments(["nowhere".to_owned()].into());
        let narrow = Principal::session("s0", DeskRole::Supervisor, narrow);
        assert_eq!(at.desk.close_incident(&id, &narrow).await.unwrap_err().code(), "forbidden");
        let by = |id: &str| Principal::session(id, DeskRole::Supervisor, Scope::All);
        let closed = at.desk.close_incident(&id, &by("s1")).await.unwrap();
        assert_eq!((closed.stage, closed.closed_by.as_deref()), (Stage::Closed, Some("s1")));
        assert_eq!(at.desk.close_incident(&id, &by("s2")).await.unwrap(), closed);
        let next = send(&at.desk, milk(7, "c7")).await;
        assert!(read(&at, &next).await.ticket.incidents.is_empty());
        assert_eq!(at.desk.incidents(None, 10, None).await.unwrap().items.len(), 1);
    });
}

#[test]
fn many_customers_with_the_same_words_are_told_and_not_hurried() {
    on_every_store(async |at| {
        let text = "直播间承诺的赠品至今没有发出，客服只会复制粘贴敷衍，要求全部补发";
        let mut before = Vec::new();
        for n in 0..7 {
            let accepted = send(&at.desk, json!({"text": text, "customer": {"id": format!("c{n}")}})).await;
            before.push(accepted);
        }
        let incidents = at.desk.incidents(None, 10, None).await.unwrap().items;
        assert_eq!(incidents.iter().map(|one| (one.rule, one.members)).collect::<Vec<_>>(), [(Rule::Wave, 7)]);
        assert_eq!(notices(&at, "incident.opened").await.len(), 1);
        for accepted in &before {
            let record = read(&at, accepted).await;
            assert!(record.ticket.end.is_none() && !record.ticket.incidents.is_empty());
            assert!(record.history.iter().all(|event| event.fact.kind() != "priority_changed"));
        }
    });
}

/// Complaints of the weeks before, as they would be stored.
async fn history(at: &Fixture, model: &Accepted, category: &str, region: &str) {
    let store = at.desk.store();
    let said = complaint::Entity::find_by_id(&model.id).one(store.read()).await.unwrap().unwrap();
    let decided = decision::Entity::find_by_id(&model.id).one(store.read()).await.unwrap().unwrap();
    let (mut complaints, mut decisions) = (Vec::new(), Vec::new());
    for n in 1..120 {
        let id = format!("old-{n}");
        let when = micros(at.desk.now() - SignedDuration::from_hours(24 + n * 7));
        complaints.push(
            complaint::Model {
                id: id.clone(),
                number: format!("old-{n}"),
                region: Some(region.into()),
                customer_id: None,
                received_at: when,
                created_at: when,
                ..said.clone()
            }
            .into_active_model()
            .reset_all(),
        );
        decisions.push(
            decision::Model { complaint_id: id, category: Some(category.into()), ..decided.clone() }
                .into_active_model()
                .reset_all(),
        );
    }
    complaint::Entity::insert_many(complaints).exec_without_returning(store.writer()).await.unwrap();
    decision::Entity::insert_many(decisions).exec_without_returning(store.writer()).await.unwrap();
}

#[test]
fn a_surge_is_an_incident() {
    on_every_store(async |at| {
        let late = [
            "快递三天没动静",
            "物流停在中转站好几天了",
            "说好次日达，结果一周没收到包裹",
            "配送太慢，催了也不给送",
            "到现在还没送到，耽误我用",
            "包裹卡在路上不动了",
            "快递员一直不来派送",
            "预计昨天到，今天还在外省",
            "发货以后物流一直不更新",
            "送货时间改了又改，包裹还是没送到",
        ];
        let complain = |n: usize, region: &str| json!({"text": late[n], "customer": {"id": format!("{region}{n}")}, "region": region});
        // It says how the history is stored.
        let model = accept(&at.desk, &[json!({"text": late[0]})]).await.remove(0);
        while at.desk.work_once(Work::Classify).await.unwrap() > 0 {}
        history(&at, &model, "delivery.late", "上海").await;
        at.desk.work_off().await.unwrap();
        // The usual is none, in either region.
        send(&at.desk, complain(0, "上海")).await;
        send(&at.desk, complain(1, "上海")).await;
        send(&at.desk, complain(1, "北京")).await;
        assert!(at.desk.incidents(None, 10, None).await.unwrap().items.is_empty());
        let mut members = Vec::new();
        for n in 2..10 {
            members.push(send(&at.desk, complain(n, "上海")).await);
        }
        let incidents = at.desk.incidents(None, 10, None).await.unwrap().items;
        assert_eq!(incidents.len(), 1, "{incidents:?}");
        let seen = &incidents[0];
        assert_eq!((seen.rule, seen.stage), (Rule::Surge, Stage::Open));
        assert!(seen.subject.starts_with("delivery/") && seen.members >= 5, "{seen:?}");
        assert!(seen.reason.zh.contains("上海"), "{}", seen.reason.zh);
        let joined = read(&at, members.last().unwrap()).await.ticket;
        assert!(joined.incidents.contains(&seen.id) && urgent(&at, &joined.priority));
        assert_eq!(notices(&at, "incident.opened").await.len(), 1);
        // What led to one that a person closed is settled: one more is none.
        let by = Principal::session("s1", DeskRole::Supervisor, Scope::All);
        at.desk.close_incident(&seen.id, &by).await.unwrap();
        at.pass(1);
        send(&at.desk, json!({"text": "快递还没到", "customer": {"id": "z"}, "region": "上海"})).await;
        assert_eq!(at.desk.incidents(None, 10, None).await.unwrap().items.len(), 1);
    });
}
