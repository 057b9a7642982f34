//! Many workers over one desk: each ticket goes to one person, and nobody gets more than fits.

use crate::{
    stores::{Fixture, on_every_store, submission},
    tickets::person,
};
use fenzhen::desk::{
    Desk,
    intake::Request,
    record::Record,
    store::{
        entity::ticket,
        queue::{self, Work},
    },
    ticket::{Action, Actor, Command, Fact, Role},
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::task::JoinSet;

const WORKERS: usize = 50;
const TICKETS: usize = 300;
/// Tickets that end while others are given out: places that become free.
const ENDING: usize = 30;
/// One department has more than its people can take, the others have room.
const DEPARTMENTS: [&str; 3] = ["logistics", "finance", "quality"];

/// Four people a department, with room for different numbers of tickets.
fn capacity(n: usize) -> u32 {
    if n.is_multiple_of(3) { 9 + n as u32 } else { 90 }
}

async fn tickets_that_wait(at: &Fixture) -> Vec<String> {
    let supervisor = Actor::everywhere(Role::Supervisor, "s1");
    let requests: Vec<Request> = (0..TICKETS)
        .map(|n| format!(r#"{{"text": "第{n}个包裹快递三天没动静", "customer": {{"id": "c{n}"}}}}"#))
        .map(|json| Request { submission: submission(&json), key: None })
        .collect();
    let mut ids = Vec::new();
    for accepted in at.desk.accept(&requests).await.unwrap() {
        let id = accepted.unwrap().ticket;
        let department = DEPARTMENTS[ids.len() % DEPARTMENTS.len()].to_owned();
        at.desk.act(&id, Action::Accept {}.into(), &supervisor).await.unwrap();
        let to = Action::Assign { department, group: None, agent: None };
        at.desk.act(&id, to.into(), &supervisor).await.unwrap();
        ids.push(id);
    }
    ids
}

/// What everybody has in hand, by weight.
async fn loads(desk: &Desk) -> BTreeMap<String, u64> {
    let open = ticket::Entity::find().filter(ticket::Column::EndedAt.is_null());
    let open = open.filter(ticket::Column::Agent.is_not_null()).all(desk.store().read()).await.unwrap();
    let mut loads = BTreeMap::new();
    for row in open {
        let weight = desk.house().routing.staff.weight(Some(&row.priority));
        *loads.entry(row.agent.unwrap()).or_default() += weight;
    }
    loads
}

fn nobody_has_too_much(loads: &BTreeMap<String, u64>) {
    for (agent, load) in loads {
        let n: usize = agent.trim_start_matches('a').parse().unwrap();
        assert!(*load <= capacity(n).into(), "{agent} has {load} of {}", capacity(n));
    }
}

/// Ends tickets of people, so that they can take others; and looks how much they have, again and again.
async fn end_some(desk: &Desk) {
    let supervisor = Actor::everywhere(Role::Supervisor, "s1");
    let mut dice = StdRng::seed_from_u64(50);
    let mut ended = 0;
    while ended < ENDING {
        nobody_has_too_much(&loads(desk).await);
        let given = ticket::Entity::find().filter(ticket::Column::EndedAt.is_null());
        let given = given.filter(ticket::Column::Agent.is_not_null()).all(desk.store().read()).await.unwrap();
        if given.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
            continue;
        }
        let row = &given[dice.random_range(0..given.len())];
        let end = Command::new(Action::Withdraw { reason: "收到了".into() }).noted("电话告知");
        desk.act(&row.id, end, &supervisor).await.unwrap();
        ended += 1;
    }
}

#[test]
fn fifty_workers_give_every_ticket_to_one_and_nobody_too_much() {
    on_every_store(async |at| {
        let ids = tickets_that_wait(&at).await;
        for n in 0..12 {
            let who = person(&format!("a{n}"), &[DEPARTMENTS[n % DEPARTMENTS.len()]], capacity(n));
            at.desk.put_person(&who).await.unwrap();
        }
        let over = Arc::new(AtomicBool::new(false));
        let other = at.again().await;
        let mut workers = JoinSet::new();
        for n in 0..WORKERS {
            let desk = if n % 2 == 0 { at.desk.clone() } else { other.clone() };
            let over = over.clone();
            workers.spawn(async move {
                // Whoever finds nothing twice after all is over goes home.
                let mut idle = 0;
                while idle < 2 {
                    if desk.work_once(Work::Assign).await.unwrap() > 0 {
                        idle = 0;
                        continue;
                    }
                    idle += usize::from(over.load(Ordering::Relaxed));
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
            });
        }
        end_some(&at.desk).await;
        over.store(true, Ordering::Relaxed);
        while let Some(worker) = workers.join_next().await {
            worker.unwrap();
        }
        assert_eq!(
            queue::depth(at.desk.store().read(), Work::Assign).await.unwrap(),
            (0, 0),
            "nothing was left, or died"
        );

        let loads = loads(&at.desk).await;
        nobody_has_too_much(&loads);
        let (mut given, mut waiting) = (0, BTreeMap::<String, Vec<u64>>::new());
        for id in &ids {
            let record = Record::read(at.desk.store(), id).await.unwrap().unwrap();
            let to = |fact: &Fact| matches!(fact, Fact::Assigned { agent: Some(_), .. });
            let times = record.history.iter().filter(|event| to(&event.fact)).count();
            assert!(times <= 1, "{} was given {times} times", record.ticket.number);
            given += times;
            if times == 0 && record.ticket.end.is_none() {
                let weight = at.desk.house().routing.staff.weight(Some(&record.ticket.priority));
                waiting.entry(record.ticket.department.unwrap()).or_default().push(weight);
            }
        }
        // What waits, waits for want of room and of nothing else.
        for n in 0..12 {
            let lightest = waiting.get(DEPARTMENTS[n % DEPARTMENTS.len()]).and_then(|all| all.iter().min());
            let load = loads.get(&format!("a{n}")).copied().unwrap_or(0);
            if let Some(lightest) = lightest {
                assert!(load + lightest > capacity(n).into(), "a{n} has {load} of {}, and tickets wait", capacity(n));
            }
        }
        assert_eq!(waiting.keys().collect::<Vec<_>>(), ["logistics"], "the others have room for all");
        assert_eq!(given + waiting["logistics"].len(), TICKETS, "none of those that ended was never given out");
    });
}
