//! Receivers that are slow, broken or mean: the good one has everything all the same, and the server is none the worse.
//!
//! They listen at 127.0.0.2, which the operator allows; 127.0.0.1 is the inside that nobody may reach.
#![cfg(target_os = "linux")]

use crate::{
    account, bundle,
    callers::hand_in,
    client::Client,
    receiver::{Act, Receiver},
    service::Service,
};
use fenzhen::desk::store::{Store, entity, instant, micros};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, sea_query::Expr};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

/// How many complaints everybody is told of. Were the silent one not bounded in its share, the good one would wait for it for
/// many times 20 s.
const COMPLAINTS: usize = 100;
/// The good receiver has everything after this, although the silent one never answers. Below its time-out times its backlog.
const SERVED_WITHIN: Duration = Duration::from_secs(60);
/// What all of this may add to the server's memory, in KiB. The endless ones send more than that in a second.
const MEMORY: u64 = 96 << 10;

fn memory(service: &Service, what: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", service.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(what)).unwrap();
    line.trim_start_matches(':').trim().trim_end_matches(" kB").parse().unwrap()
}

/// Waits until something holds.
fn until(what: &str, patience: Duration, holds: impl Fn() -> bool) {
    let give_up = Instant::now() + patience;
    while !holds() {
        assert!(Instant::now() < give_up, "{what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The deliveries to a receiver that are still open.
fn open(url: &str, target: &str) -> Vec<entity::job::Model> {
    account::ask(url, async |store| {
        let mine = entity::delivery::Entity::find().filter(entity::delivery::Column::Target.eq(target));
        let ids: Vec<String> = mine.all(store.read()).await.unwrap().into_iter().map(|row| row.id).collect();
        let jobs = entity::job::Entity::find().filter(entity::job::Column::Subject.is_in(ids));
        jobs.order_by_asc(entity::job::Column::Id).all(store.read()).await.unwrap()
    })
}

/// Registers a receiver, and returns its id.
fn register(client: &Client, url: &str) -> String {
    let body = json!({"url": url, "kinds": ["ticket.opened"]}).to_string();
    let answer = client.post("/v1/webhooks", None, &body).unwrap();
    assert_eq!(answer.status, 201, "{}", answer.json);
    answer.json["id"].as_str().unwrap().to_owned()
}

fn say(status: u16, head: &str) -> Act {
    Act::Say(status, head.into())
}

#[test]
fn whoever_answers_is_served_whatever_the_others_do() {
    let inside = Receiver::start("127.0.0.1", say(200, ""));
    let redirect = format!("location: http://127.0.0.1:{}/metadata\r\n", inside.port);
    let acts = [
        ("good", say(200, "")),
        ("silent", Act::Silence),
        ("failing", say(500, "")),
        ("busy", say(429, "retry-after: 3600\r\n")),
        ("greedy", say(503, "retry-after: 18446744073709551615\r\n")),
        ("gone", say(410, "")),
        ("body", Act::EndlessBody),
        ("head", Act::EndlessHead),
        ("garbage", Act::Garbage),
        ("redirect", Act::Say(307, redirect)),
    ];
    let receivers: BTreeMap<&str, Receiver> =
        acts.into_iter().map(|(name, act)| (name, Receiver::start("127.0.0.2", act))).collect();
    let folder = tempfile::tempdir().unwrap();
    let (data, rules) = (folder.path().join("data"), folder.path().join("rules"));
    std::fs::create_dir_all(&rules).unwrap();
    let ports: Vec<u16> = receivers.values().map(|one| one.port).chain([inside.port]).collect();
    let guard = format!("http = true\nports = {ports:?}\nallow = [\"127.0.0.2/32\"]\n");
    std::fs::write(rules.join("webhooks.toml"), guard).unwrap();
    let (data_flag, rules_flag) = (data.to_str().unwrap(), rules.to_str().unwrap());
    let service = bundle::serve(&["--data", data_flag, "--rules", rules_flag]);
    let (client, url) = (Client::new(&service.address), Store::url_in(&data).unwrap());
    let mut ids: BTreeMap<&str, String> = receivers
        .iter()
        .map(|(name, one)| (*name, register(&client, &format!("http://127.0.0.2:{}/hook", one.port))))
        .collect();
    // By its name it is no address yet; by its address it is refused at once.
    ids.insert("inside", register(&client, &format!("http://localhost:{}/hook", inside.port)));
    let address = json!({"url": format!("http://127.0.0.1:{}/", inside.port)}).to_string();
    assert_eq!(client.post("/v1/webhooks", None, &address).unwrap().code(), "invalid_webhook_url");
    let before = memory(&service, "VmRSS");

    let since = Instant::now();
    let handed = hand_in(&[Arc::new(Mutex::new(service.address.clone()))], 0..COMPLAINTS, |_| {});
    assert_eq!(handed.ledger.len(), COMPLAINTS, "intake goes on");
    until("the good receiver waits for the others", SERVED_WITHIN, || receivers["good"].came().len() >= COMPLAINTS);
    let served = since.elapsed();
    let told: Vec<Value> = receivers["good"].came().iter().map(|body| serde_json::from_str(body).unwrap()).collect();
    let mut numbers: Vec<&str> = told.iter().map(|notice| notice["data"]["number"].as_str().unwrap()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!((told.len(), numbers.len()), (COMPLAINTS, COMPLAINTS), "each of them once");

    // Every one of the others has had a first attempt at everything, but for the silent one, which takes its time.
    let tried = |name: &str| open(&url, &ids[name]).iter().all(|job| job.lease.is_none() && job.fault.is_some());
    for name in ["failing", "busy", "greedy", "gone", "body", "head", "garbage", "redirect", "inside"] {
        until(&format!("{name} holds things up"), SERVED_WITHIN, || tried(name));
    }
    let faults = |name: &str| {
        let mut faults: Vec<String> = open(&url, &ids[name]).into_iter().filter_map(|job| job.fault).collect();
        faults.dedup();
        faults
    };
    for (name, fault) in [
        ("failing", "answered 500"),
        ("busy", "answered 429"),
        ("greedy", "answered 503"),
        ("head", "the answer is not HTTP"),
        ("garbage", "the answer is not HTTP"),
        ("redirect", "answered 307; redirects are not followed"),
        ("inside", "the host's address is not public, and the operator does not allow it"),
    ] {
        assert_eq!(faults(name), [fault], "{name}");
    }
    assert!(open(&url, &ids["body"]).is_empty(), "the status says it all: it was delivered");
    assert!(inside.came().is_empty(), "somebody was led inside");
    // Who wants nothing more gets nothing more, and is listed as such.
    assert!(open(&url, &ids["gone"]).is_empty());
    let listed = client.get("/v1/webhooks").unwrap().json;
    let gone = listed["items"].as_array().unwrap().iter().find(|one| one["id"] == *ids["gone"]).unwrap();
    assert_eq!(gone["enabled"], false, "{gone}");
    // What they ask for is granted, as far as it is sane.
    let now = jiff::Timestamp::now();
    let waits = |name: &str| -> Vec<i64> {
        open(&url, &ids[name]).iter().map(|job| instant(job.due_at).duration_since(now).as_secs()).collect()
    };
    assert!(waits("busy").iter().all(|wait| (3_000..=4_200).contains(wait)), "{:?}", waits("busy"));
    assert!(waits("greedy").iter().all(|wait| (80_000..=100_000).contains(wait)), "{:?}", waits("greedy"));
    // The silent one holds a few places, not more, and its time is bounded.
    until("the silent one is never given up", Duration::from_secs(60), || {
        open(&url, &ids["silent"]).iter().any(|job| job.fault.as_deref() == Some("no answer in time"))
    });
    let memory = memory(&service, "VmHWM").saturating_sub(before);
    eprintln!("the good receiver was served in {served:?}; the server grew by {memory} KiB");
    assert!(memory < MEMORY, "the server grew by {memory} KiB");

    dead_letters(&client, &url, &ids);
    let n = COMPLAINTS;
    let more = hand_in(&[Arc::new(Mutex::new(service.address.clone()))], n..n + 5, |_| {});
    assert_eq!(more.ledger.len(), 5);
    until("it does not go on", SERVED_WITHIN, || receivers["good"].came().len() >= n + 5);
}

/// What was refused for good lies dead at once, what fails to the last attempt after that; a person can let it try again.
fn dead_letters(client: &Client, url: &str, ids: &BTreeMap<&str, String>) {
    assert!(open(url, &ids["inside"]).iter().all(|job| job.dead));
    let last = open(url, &ids["failing"]).pop().unwrap();
    // The days of the schedule pass: it comes to the last attempt.
    account::ask(url, async |store| {
        entity::job::Entity::update_many()
            .col_expr(entity::job::Column::Attempts, Expr::value(9))
            .col_expr(entity::job::Column::Lease, Expr::value(Option::<String>::None))
            .col_expr(entity::job::Column::LeasedUntil, Expr::value(Option::<i64>::None))
            .col_expr(entity::job::Column::DueAt, Expr::value(micros(jiff::Timestamp::now())))
            .filter(entity::job::Column::Id.eq(&last.id))
            .exec(store.writer())
            .await
            .unwrap();
    });
    let dead = || {
        let listed = client.get("/v1/dead-letters").unwrap().json;
        listed["items"].as_array().unwrap().iter().find(|one| one["id"] == *last.id).cloned()
    };
    until("the last attempt was none", Duration::from_secs(30), || dead().is_some());
    assert_eq!(dead().unwrap()["fault"], "answered 500");
    let retry = client.post(&format!("/v1/dead-letters/{}/retry", last.id), None, "").unwrap();
    assert_eq!(retry.status, 204, "{}", retry.json);
    let tried = || open(url, &ids["failing"]).iter().any(|job| job.id == last.id && !job.dead && job.attempts >= 1);
    until("it was not tried again", Duration::from_secs(30), tried);
}
