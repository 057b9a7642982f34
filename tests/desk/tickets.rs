//! A ticket's way through the desk.

use crate::stores::{Fixture, on_every_store, on_every_store_of, submission};
use fenzhen::desk::{
    House,
    access::Principal,
    assign::route::{RoutingTable, Vocabulary},
    browse::TicketFilter,
    intake::Request,
    people::Person,
    record::Record,
    ticket::{Action, Actor, Command, Node, Role, Status},
};
use std::path::Path;

/// Somebody who is there.
pub fn person(id: &str, departments: &[&str], capacity: u32) -> Person {
    Person {
        id: id.into(),
        name: id.into(),
        departments: departments.iter().map(|id| (*id).to_owned()).collect(),
        groups: Vec::new(),
        skills: Default::default(),
        capacity,
        presence: "present".into(),
        supervisor: false,
        email: None,
    }
}

async fn complain(at: &Fixture, text: &str) -> String {
    complain_as(at, "c1", text).await
}

async fn complain_as(at: &Fixture, customer: &str, text: &str) -> String {
    let submission =
        submission(&format!(r#"{{"text": "{text}", "channel": "app", "customer": {{"id": "{customer}"}}}}"#));
    let request = Request { submission, key: None };
    at.desk.accept(&[request]).await.unwrap().pop().unwrap().unwrap().ticket
}

async fn read(at: &Fixture, ticket: &str) -> Record {
    Record::read(at.desk.store(), ticket).await.unwrap().unwrap()
}

#[test]
fn from_acceptance_to_the_archive() {
    on_every_store(async |at| {
        let id = complain(&at, "快递三天没动静，物流信息一直不更新，什么时候能送到").await;
        at.desk.work_off().await.unwrap();
        let supervisor = Actor::everywhere(Role::Supervisor, "s1");
        let agent = Actor::staff(Role::Agent, "a1", ["logistics"]);
        let act = async |action: Action, by: &Actor| at.desk.act(&id, action.into(), by).await;
        if read(&at, &id).await.row.triage {
            act(Action::Accept {}, &supervisor).await.unwrap();
            let to = Action::Assign { department: "logistics".into(), group: None, agent: Some("a1".into()) };
            act(to, &supervisor).await.unwrap();
        }
        act(Action::Start {}, &agent).await.unwrap();
        act(Action::Investigate { findings: "中转站积压，电话13800138000".into() }, &agent).await.unwrap();
        act(Action::Propose { plan: "今天补发并道歉".into(), compensation_fen: 1_000 }, &agent).await.unwrap();
        let record = act(Action::Resolve {}, &agent).await.unwrap();
        assert_eq!(record.ticket.findings.as_deref(), Some("中转站积压，电话[PHONE]"), "what staff write is masked");
        assert_eq!(record.ticket.node, Node::Respond);
        act(Action::GiveFeedback { text: "已补发，今天送到".into() }, &agent).await.unwrap();
        act(Action::Confirm {}, &Actor::customer("c1")).await.unwrap();
        // The house closes it by itself three days after the customer confirmed.
        at.pass(24 * 3 + 1);
        at.desk.work_off().await.unwrap();
        let record = read(&at, &id).await;
        assert_eq!(record.ticket.status(), Status::Closed);
        assert_eq!(record.row.due_at, None);
        let sequences: Vec<u64> = record.history.iter().map(|event| event.sequence).collect();
        assert_eq!(sequences, (1..=record.history.len() as u64).collect::<Vec<_>>());
    });
}

#[test]
fn a_command_for_an_older_version_is_refused() {
    on_every_store(async |at| {
        let id = complain(&at, "鞋子开胶了，客服不理人").await;
        let supervisor = Actor::everywhere(Role::Supervisor, "s1");
        let seen = fenzhen::desk::ticket::Expected::version(1);
        let accept = || Command::new(Action::Accept {}).expecting(seen.clone());
        at.desk.act(&id, accept(), &supervisor).await.unwrap();
        assert_eq!(at.desk.act(&id, accept(), &supervisor).await.unwrap_err().code(), "version_conflict");
    });
}

#[test]
fn tickets_go_to_those_with_room_and_the_rest_when_someone_frees_up() {
    on_every_store(async |at| {
        at.desk.put_person(&person("a1", &["logistics"], 2), &Principal::local()).await.unwrap();
        at.desk.put_person(&person("a2", &["logistics"], 2), &Principal::local()).await.unwrap();
        let supervisor = Actor::everywhere(Role::Supervisor, "s1");
        let mut ids = Vec::new();
        for n in 0..6 {
            let id = complain_as(&at, &format!("c{n}"), &format!("第{n}个包裹快递三天没动静")).await;
            at.desk.work_off().await.unwrap();
            if read(&at, &id).await.ticket.department.is_none() {
                at.desk.act(&id, Action::Accept {}.into(), &supervisor).await.unwrap();
                let to = Action::Assign { department: "logistics".into(), group: None, agent: None };
                at.desk.act(&id, to.into(), &supervisor).await.unwrap();
            }
            ids.push(id);
        }
        at.desk.work_off().await.unwrap();
        let mut given = std::collections::BTreeMap::<String, Vec<String>>::new();
        let mut waiting = 0;
        for id in &ids {
            match read(&at, id).await.ticket.agent {
                Some(agent) => given.entry(agent).or_default().push(id.clone()),
                None => waiting += 1,
            }
        }
        assert!(waiting > 0 && given.len() == 2, "{given:?}");
        let (busy, theirs) = given.iter().next().unwrap();
        let close = Command::new(Action::Withdraw { reason: "收到了".into() }).noted("电话告知");
        at.desk.act(&theirs[0], close, &supervisor).await.unwrap();
        at.desk.work_off().await.unwrap();
        let held =
            at.desk.tickets(&TicketFilter { agent: Some(busy.clone()), ..Default::default() }, 10, None).await.unwrap();
        let open = held.items.iter().filter(|row| row.ended_at.is_none()).count();
        assert_eq!(open, theirs.len(), "the next in line took the place");
    });
}

#[test]
fn people_are_in_groups_of_their_own_departments() {
    let rules = |house: &mut House| {
        let document =
            "[[group]]\nid = \"east\"\ndepartment = \"logistics\"\nname = { zh = \"华东组\", en = \"East\" }\n";
        let vocabulary = Vocabulary::of(&house.taxonomy);
        house.routing = RoutingTable::parse(document, Path::new("routing.toml"), &vocabulary).unwrap();
    };
    on_every_store_of(rules, async |at| {
        let of = |departments: &[&str]| Person { groups: vec!["east".into()], ..person("a1", departments, 2) };
        let refused = at.desk.put_person(&of(&["finance"]), &Principal::local()).await.unwrap_err();
        assert!(refused.to_string().contains("does not work for"), "{refused}");
        at.desk.put_person(&of(&["finance", "logistics"]), &Principal::local()).await.unwrap();
    });
}
