//! The server is killed at random moments while complaints come in, are classified and given out: whatever was acknowledged is
//! there afterwards, once, with one ticket and one history. On SQLite, and on PostgreSQL with two servers where
//! FENZHEN_TEST_POSTGRES has the URL of one. FENZHEN_TEST_INTAKES says how many (200 without it).
#![cfg(unix)]

mod client;
mod server;

use client::Client;
use fenzhen::desk::store::{Store, entity};
use rand::{Rng, SeedableRng, rngs::StdRng};
use sea_orm::{ColumnTrait, ConnectionTrait, Database, EntityTrait, PaginatorTrait, QueryFilter};
use server::Server;
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

const TEXTS: [&str; 8] = [
    "快递三天没动静，客服一直不接电话",
    "鞋子穿了两天就开胶，要求退货退款",
    "外卖洒了一地，商家不认账，骑手态度也差",
    "充值没到账，钱已经扣了，系统显示失败",
    "收到的牛奶已经过期，孩子喝了拉肚子",
    "说好的七天无理由，退货申请被拒绝三次",
    "送错东西了，我买的是红色，发的是蓝色",
    "门店排队一个小时，店员还骂人",
];

fn count() -> usize {
    std::env::var("FENZHEN_TEST_INTAKES").ok().and_then(|count| count.parse().ok()).unwrap_or(200)
}

/// What a caller was told: by its key, the complaint's id and number.
type Ledger = BTreeMap<String, (String, String)>;

/// Hands in `count` complaints from several callers who repeat with the same key until they are answered, while `harm` goes on.
fn hand_in(addresses: &[Arc<Mutex<String>>], count: usize, harm: impl FnOnce(&AtomicBool)) -> Ledger {
    let ledger = Mutex::new(Ledger::new());
    let next = AtomicUsize::new(0);
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let callers: Vec<_> = (0..4)
            .map(|caller: usize| {
                let (ledger, next) = (&ledger, &next);
                scope.spawn(move || {
                    loop {
                        let n = next.fetch_add(1, Ordering::Relaxed);
                        if n >= count {
                            return;
                        }
                        let key = format!("key-{n}");
                        let body = format!(
                            r#"{{"text": "{}", "channel": "app", "external_id": "x-{n}", "customer": {{"id": "c-{}"}}}}"#,
                            TEXTS[n % TEXTS.len()],
                            n % 37
                        );
                        let give_up = Instant::now() + Duration::from_secs(120);
                        loop {
                            assert!(Instant::now() < give_up, "{key} was never answered");
                            let address = addresses[(caller + n) % addresses.len()].lock().unwrap().clone();
                            match Client::new(&address).post("/v1/complaints", &key, &body) {
                                Some((200 | 201, json)) => {
                                    let told = |name: &str| json[name].as_str().unwrap().to_owned();
                                    ledger.lock().unwrap().insert(key, (told("id"), told("number")));
                                    break;
                                }
                                Some((429 | 503, _)) | None => std::thread::sleep(Duration::from_millis(50)),
                                Some((status, json)) => panic!("{key}: {status} {json}"),
                            }
                        }
                    }
                })
            })
            .collect();
        let over = &over;
        scope.spawn(move || {
            callers.into_iter().for_each(|caller| caller.join().unwrap());
            over.store(true, Ordering::Relaxed);
        });
        harm(over);
    });
    ledger.into_inner().unwrap()
}

/// Holds the database against what callers were told, after all work is done.
fn check(url: &str, ledger: &Ledger) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(url).await.unwrap();
        let give_up = Instant::now() + Duration::from_secs(180);
        loop {
            // Timers stay; all else is work that ends.
            let open = entity::job::Entity::find().filter(entity::job::Column::Kind.ne("tick"));
            let open = open.count(store.read()).await.unwrap();
            if open == 0 {
                break;
            }
            assert!(Instant::now() < give_up, "{open} jobs are left");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let decided = entity::decision::Entity::find().count(store.read()).await.unwrap();
        assert_eq!(decided as usize, ledger.len(), "each was decided about");
        let complaints = entity::complaint::Entity::find().all(store.read()).await.unwrap();
        assert_eq!(complaints.len(), ledger.len(), "each is there once");
        let by_id: BTreeMap<&str, _> = complaints.iter().map(|row| (row.id.as_str(), row)).collect();
        for (key, (id, number)) in ledger {
            let row = by_id.get(id.as_str()).unwrap_or_else(|| panic!("{key} was acknowledged and is lost"));
            assert_eq!(&row.number, number, "{key}");
        }
        let mut numbers: Vec<&str> = complaints.iter().map(|row| row.number.as_str()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), ledger.len(), "numbers are given once");
        let tickets = entity::ticket::Entity::find().all(store.read()).await.unwrap();
        assert_eq!(tickets.len(), ledger.len(), "one ticket each");
        for ticket in &tickets {
            let history = fenzhen::desk::record::history(store.read(), &ticket.id).await.unwrap();
            fenzhen::desk::ticket::Ticket::replay(&history).unwrap();
            let classified = history.iter().filter(|event| event.fact.kind() == "classified").count();
            assert_eq!(classified, 1, "{} was classified once: {:?}", ticket.number, history);
            assert_eq!(ticket.version as usize, history.len());
        }
        let jobs = entity::job::Entity::find().all(store.read()).await.unwrap();
        assert!(jobs.iter().all(|job| !job.dead), "nothing died: {jobs:?}");
        let ticking = jobs.iter().filter(|job| job.kind == "tick").count();
        let open = tickets.iter().filter(|ticket| ticket.ended_at.is_none()).count();
        assert_eq!(ticking, open, "every open ticket has its timer, once");
        store.close().await;
    });
}

#[test]
fn nothing_is_lost_when_the_server_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let server = Mutex::new(Server::start(data, None));
    let address = Arc::new(Mutex::new(server.lock().unwrap().address.clone()));
    let ledger = hand_in(std::slice::from_ref(&address), count(), |over| {
        let mut dice = StdRng::seed_from_u64(17);
        while !over.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(dice.random_range(200..1_500)));
            let mut server = server.lock().unwrap();
            server.kill();
            *server = Server::start(data, None);
            *address.lock().unwrap() = server.address.clone();
        }
    });
    assert_eq!(ledger.len(), count());
    check(&Store::url_in(folder.path()).unwrap(), &ledger);
}

#[test]
fn nothing_is_lost_or_done_twice_by_two_servers_on_one_postgres() {
    let Ok(admin) = std::env::var("FENZHEN_TEST_POSTGRES") else { return };
    let name = format!("fenzhen_{}", uuid::Uuid::now_v7().simple());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let database = Database::connect(&admin).await.unwrap();
        database.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    });
    let (rest, _) = admin.rsplit_once('/').expect("a URL with a database");
    let url = format!("{rest}/{name}");
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let steady = Server::start(data, Some(&url));
    let server = Mutex::new(Server::start(data, Some(&url)));
    let address = Arc::new(Mutex::new(server.lock().unwrap().address.clone()));
    let addresses = [Arc::new(Mutex::new(steady.address.clone())), address.clone()];
    let ledger = hand_in(&addresses, count(), |over| {
        let mut dice = StdRng::seed_from_u64(18);
        while !over.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(dice.random_range(300..1_500)));
            let mut server = server.lock().unwrap();
            server.kill();
            *server = Server::start(data, Some(&url));
            *address.lock().unwrap() = server.address.clone();
        }
    });
    assert_eq!(ledger.len(), count());
    check(&url, &ledger);
}
