//! What belongs together finds together, and nothing gets lost.

use crate::stores::{Fixture, on_every_store, submission};
use fenzhen::{
    Desk,
    desk::{
        browse::ComplaintFilter,
        intake::{Accepted, Request},
        record::Record,
        store::{
            entity::complaint,
            queue::{self, Work},
        },
        ticket::{Action, Actor, Command, Fact, Relation, Role},
    },
};
use sea_orm::EntityTrait;

pub async fn send(desk: &Desk, json: serde_json::Value) -> Accepted {
    let request = Request { submission: submission(&json.to_string()), key: None };
    let accepted = desk.accept(&[request]).await.unwrap().pop().unwrap().unwrap();
    desk.work_off().await.unwrap();
    accepted
}

pub async fn read(at: &Fixture, accepted: &Accepted) -> Record {
    Record::read(at.desk.store(), &accepted.ticket).await.unwrap().unwrap()
}

async fn row(at: &Fixture, accepted: &Accepted) -> complaint::Model {
    complaint::Entity::find_by_id(&accepted.id).one(at.desk.store().read()).await.unwrap().unwrap()
}

const BROKEN: &str = "冰箱买回来三天就不制冷了，打了两次售后电话都没有人上门";

#[test]
fn the_same_twice_is_one_open_ticket() {
    on_every_store(async |at| {
        let first = serde_json::json!({"text": BROKEN, "channel": "app", "customer": {"id": "c9"}});
        let first = send(&at.desk, first).await;
        let second = serde_json::json!({"text": format!("{BROKEN}！！"), "channel": "phone", "customer": {"id": "c9"}});
        let second = send(&at.desk, second).await;
        let (old, new) = (read(&at, &first).await, read(&at, &second).await);
        assert!(old.ticket.end.is_none());
        assert_eq!(new.ticket.merged_into(), Some(first.number));
        assert_eq!(new.row.merged_into, Some(first.number.to_string()));
        assert!(old.ticket.absorbed.contains(&second.number));
        assert!(old.ticket.links.contains(&(second.number, Relation::Duplicate)));
        assert!(new.ticket.links.contains(&(first.number, Relation::Duplicate)));
        let reply = old.history.iter().find(|event| matches!(event.fact, Fact::CustomerReplied { .. })).unwrap();
        assert_eq!((reply.by.role, reply.by.id.as_str()), (Role::Customer, "c9"));
        let linked = old.history.iter().find(|event| event.fact.kind() == "linked").unwrap();
        assert!(linked.note.as_ref().unwrap().contains("换了渠道"), "{:?}", linked.note);
        // Nothing is lost, and the earlier one is none.
        let all = at.desk.complaints(&ComplaintFilter::default(), 10, None).await.unwrap().items;
        assert_eq!(all.len(), 2);
        assert!(row(&at, &second).await.is_duplicate && !row(&at, &first).await.is_duplicate);
        assert!(row(&at, &second).await.masked_text.starts_with(BROKEN));
        // Once more, as after a new bundle: nothing changes.
        for accepted in [&first, &second] {
            let now = at.desk.now();
            queue::put(at.desk.store().writer(), Work::Relate, &accepted.id, now, now).await.unwrap();
        }
        at.desk.work_off().await.unwrap();
        assert_eq!(read(&at, &first).await.history, old.history);
        assert_eq!(read(&at, &second).await.history, new.history);
    });
}

#[test]
fn in_whichever_order_they_are_related_the_later_goes_into_the_earlier() {
    on_every_store(async |at| {
        let json = serde_json::json!({"text": BROKEN, "contact": "13900139000"}).to_string();
        let request = || Request { submission: submission(&json), key: None };
        let both = at.desk.accept(&[request(), request()]).await.unwrap();
        let [first, second] = both.try_into().map(|both: [_; 2]| both.map(Result::unwrap)).unwrap();
        let later = at.desk.now() + jiff::SignedDuration::from_secs(1);
        while at.desk.work_once(Work::Classify).await.unwrap() > 0 {}
        queue::put(at.desk.store().writer(), Work::Relate, &first.id, later, later).await.unwrap();
        at.desk.work_off().await.unwrap();
        assert!(read(&at, &second).await.ticket.merged_into() == Some(first.number));
        at.pass(1);
        at.desk.work_off().await.unwrap();
        let first = read(&at, &first).await.ticket;
        assert!(first.end.is_none());
        assert_eq!(first.replies, 1);
    });
}

#[test]
fn a_conversation_goes_on_whatever_the_channel() {
    on_every_store(async |at| {
        let first = serde_json::json!({"text": BROKEN, "channel": "phone", "customer": {"id": "c9"}});
        let first = send(&at.desk, first).await;
        let supervisor = Actor::everywhere(Role::Supervisor, "s1");
        let wait =
            Action::Wait { on: fenzhen::desk::ticket::Party::Customer, reason: "请提供照片".into(), until: None };
        if !read(&at, &first).await.ticket.accepted {
            at.desk.act(&first.ticket, Action::Accept {}.into(), &supervisor).await.unwrap();
        }
        at.desk.act(&first.ticket, wait.into(), &supervisor).await.unwrap();
        at.pass(30);
        // Longer than a ticket takes at once.
        let text = format!("上次反映的还没处理，电话13800138000。{}", "我把经过再说一遍，".repeat(560));
        let asks = serde_json::json!({"text": text, "channel": "wechat", "customer": {"id": "c9"}});
        let asks = send(&at.desk, asks).await;
        let (old, new) = (read(&at, &first).await, read(&at, &asks).await);
        assert_eq!(new.ticket.merged_into(), Some(first.number));
        assert!(old.ticket.links.contains(&(asks.number, Relation::FollowUp)));
        assert!(old.ticket.pause.is_none(), "who was waited for has answered");
        let replies = old.history.iter().filter_map(|event| match &event.fact {
            Fact::CustomerReplied { text } => Some(text.as_str()),
            _ => None,
        });
        assert_eq!(replies.collect::<String>(), row(&at, &asks).await.masked_text);
        assert!(!row(&at, &asks).await.is_duplicate);
        // What is over is not taken up again by itself, but known.
        let over = Command::new(Action::Withdraw { reason: "修好了".into() }).noted("电话告知");
        at.desk.act(&first.ticket, over, &supervisor).await.unwrap();
        let again = serde_json::json!({"text": "上次反映的冰箱不制冷又坏了", "customer": {"id": "c9"}});
        let again = send(&at.desk, again).await;
        let again = read(&at, &again).await.ticket;
        assert!(again.end.is_none() && again.links.contains(&(first.number, Relation::FollowUp)));
    });
}

#[test]
fn other_customers_are_never_merged() {
    on_every_store(async |at| {
        let first = serde_json::json!({"text": BROKEN, "customer": {"id": "c1"}, "contact": "13900139000"});
        let first = send(&at.desk, first).await;
        // Another with the same words and the same telephone; one who quotes the number; one who is nobody.
        let number = first.number;
        let others = [
            serde_json::json!({"text": BROKEN, "customer": {"id": "c2"}, "contact": "13900139000"}),
            serde_json::json!({"text": format!("投诉单号 {number} 到现在没人管"), "customer": {"id": "c3"}}),
            serde_json::json!({"text": format!("投诉单号 {number} 到现在没人管，快点")}),
            serde_json::json!({"text": BROKEN}),
        ];
        let mut relations = Vec::new();
        for other in others {
            let accepted = send(&at.desk, other).await;
            let ticket = read(&at, &accepted).await.ticket;
            assert!(ticket.end.is_none(), "{accepted:?}");
            assert!(!row(&at, &accepted).await.is_duplicate);
            let relation = ticket.links.iter().find(|(other, _)| *other == number).map(|(_, relation)| *relation);
            relations.push(relation);
        }
        let old = read(&at, &first).await.ticket;
        assert_eq!((old.replies, old.absorbed.len()), (0, 0));
        use Relation::{FollowUp, Related};
        assert_eq!(relations, [Some(Related), Some(Related), Some(FollowUp), Some(Related)]);
    });
}

#[test]
fn what_somebody_works_on_is_linked_and_stays() {
    on_every_store(async |at| {
        send(&at.desk, serde_json::json!({"text": BROKEN, "customer": {"id": "c9"}})).await;
        let again = serde_json::json!({"text": BROKEN, "customer": {"id": "c9"}}).to_string();
        let request = Request { submission: submission(&again), key: None };
        let again = at.desk.accept(&[request]).await.unwrap().pop().unwrap().unwrap();
        while at.desk.work_once(Work::Classify).await.unwrap() > 0 {}
        let supervisor = Actor::everywhere(Role::Supervisor, "s1");
        let ticket = read(&at, &again).await.ticket;
        if !ticket.accepted {
            at.desk.act(&again.ticket, Action::Accept {}.into(), &supervisor).await.unwrap();
        }
        if ticket.department.is_none() {
            let to = Action::Assign { department: "service".into(), group: None, agent: None };
            at.desk.act(&again.ticket, to.into(), &supervisor).await.unwrap();
        }
        at.desk.act(&again.ticket, Action::Start {}.into(), &supervisor).await.unwrap();
        at.desk.work_off().await.unwrap();
        let ticket = read(&at, &again).await.ticket;
        assert!(ticket.end.is_none() && ticket.links.iter().any(|(_, relation)| *relation == Relation::Duplicate));
        assert!(row(&at, &again).await.is_duplicate);
    });
}
