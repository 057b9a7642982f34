//! The server is killed at random moments.

use crate::{
    account, bundle,
    callers::{count, hand_in},
    database,
    service::Service,
};
use fenzhen::desk::store::Store;
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::{
    ops::Range,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// Kills a server and starts it again, until it is over. Pauses are in milliseconds.
fn kill_at_random(
    seed: u64,
    pauses: Range<u64>,
    address: &Mutex<String>,
    start: impl Fn() -> Service,
    mut service: Service,
    over: &AtomicBool,
) -> Service {
    let mut dice = StdRng::seed_from_u64(seed);
    while !over.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(dice.random_range(pauses.clone())));
        service.kill();
        service = start();
        *address.lock().unwrap() = service.address.clone();
    }
    service
}

#[test]
fn nothing_is_lost_when_the_server_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let start = || bundle::serve(&["--data", data]);
    let service = start();
    let address = Arc::new(Mutex::new(service.address.clone()));
    let mut last = None;
    let handed = hand_in(std::slice::from_ref(&address), 0..count(200), |over| {
        last = Some(kill_at_random(17, 200..1_500, &address, start, service, over));
    });
    assert_eq!(handed.ledger.len(), count(200));
    account::holds(&Store::url_in(folder.path()).unwrap(), &handed.ledger);
}

#[test]
fn nothing_is_lost_or_done_twice_by_two_servers_on_one_postgres() {
    let Ok(admin) = std::env::var("FENZHEN_TEST_POSTGRES") else { return };
    let url = database::new(&admin);
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let start = || bundle::serve(&["--data", data, "--database", &url]);
    let (steady, service) = (start(), start());
    let address = Arc::new(Mutex::new(service.address.clone()));
    let addresses = [Arc::new(Mutex::new(steady.address.clone())), address.clone()];
    let mut last = None;
    let handed = hand_in(&addresses, 0..count(200), |over| {
        last = Some(kill_at_random(18, 300..1_500, &address, start, service, over));
    });
    assert_eq!(handed.ledger.len(), count(200));
    account::holds(&url, &handed.ledger);
}
