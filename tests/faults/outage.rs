//! The database goes away under a running server, and comes back.

use crate::{
    account, bundle,
    callers::{Handed, complaint, hand_in},
    client::{Answer, Client},
    database::Postgres,
};
use std::{
    sync::{Arc, Mutex, atomic::Ordering},
    time::{Duration, Instant},
};

/// How long the database is away: longer than a caller is let wait for a connection to it.
const AWAY: Duration = Duration::from_secs(14);
/// How long all is well before.
const SETTLED: Duration = Duration::from_millis(500);
/// The number of the first complaint of the second outage, and of one that no other caller has. The latter has not waited.
const SECOND: usize = 100_000;
const LAST: usize = 1_000_000;
/// A refusal comes after this at the latest: two transactions of the line, the caller's and the one before.
const REFUSED_WITHIN: Duration = Duration::from_secs(35);
/// The answer of a probe, whatever the database does.
const PROBED_WITHIN: Duration = Duration::from_secs(5);

/// Asks, and says how long it took.
fn timed(ask: impl FnOnce() -> Option<Answer>) -> (Answer, Duration) {
    let since = Instant::now();
    let answer = ask().expect("an answer, whatever the database does");
    (answer, since.elapsed())
}

fn is_out_of_reach(answer: &Answer) {
    assert_eq!((answer.status, answer.code()), (503, "store_unavailable"), "{}", answer.json);
    assert!(answer.header("retry-after").is_some_and(|seconds| seconds.parse::<u64>().unwrap() >= 1));
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
}

/// What the server says while its database is away.
fn says_so(client: &Client) {
    let (probe, took) = timed(|| client.get("/readyz"));
    is_out_of_reach(&probe);
    assert!(took < PROBED_WITHIN, "the probe took {took:?}");
    // The process itself is well: nobody should restart it.
    assert_eq!(client.get("/healthz").unwrap().status, 200);
}

fn ready_again(client: &Client) {
    let give_up = Instant::now() + Duration::from_secs(20);
    while client.get("/readyz").unwrap().status != 200 {
        assert!(Instant::now() < give_up, "the database is back, and the server does not see it");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn everything_goes_on_after_the_database_was_away() {
    let Some(postgres) = Postgres::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let service = bundle::serve(&["--data", data, "--database", &postgres.url]);
    let (address, client) = (Arc::new(Mutex::new(service.address.clone())), Client::new(&service.address));
    let crashed = hand_in(std::slice::from_ref(&address), 0..SECOND, |over| {
        std::thread::sleep(SETTLED);
        postgres.crash();
        let away = Instant::now();
        says_so(&client);
        std::thread::sleep(AWAY.saturating_sub(away.elapsed()));
        postgres.recover();
        ready_again(&client);
        over.store(true, Ordering::Relaxed);
    });
    let frozen = hand_in(std::slice::from_ref(&address), SECOND..2 * SECOND, |over| {
        std::thread::sleep(SETTLED);
        postgres.freeze();
        let away = Instant::now();
        says_so(&client);
        let (refused, took) = timed(|| client.post("/v1/complaints", Some("frozen"), &complaint(LAST)));
        is_out_of_reach(&refused);
        assert!(took < REFUSED_WITHIN, "refused after {took:?}");
        std::thread::sleep(AWAY.saturating_sub(away.elapsed()));
        postgres.thaw();
        ready_again(&client);
        over.store(true, Ordering::Relaxed);
    });
    let again = client.post("/v1/complaints", Some("frozen"), &complaint(LAST)).unwrap();
    assert!(matches!(again.status, 200 | 201), "{}", again.json);
    let mut ledger = crashed.ledger.clone();
    ledger.extend(frozen.ledger.clone());
    let told = |name: &str| again.json[name].as_str().unwrap().to_owned();
    ledger.insert(format!("frozen-{LAST}"), (told("id"), told("number")));
    // While it was frozen the callers may have waited for what they had begun; one more was refused above.
    assert!(!crashed.refused.is_empty(), "nobody was refused while there was no database");
    for (Handed { ledger, refused }, what) in [(&crashed, "crashed"), (&frozen, "frozen")] {
        assert!(!ledger.is_empty(), "nothing was handed in around the time when it was {what}");
        for one in refused {
            assert!(one.took < REFUSED_WITHIN, "{one:?}");
            let expected = if one.status == 503 { "store_unavailable" } else { "overloaded" };
            assert_eq!(one.code, expected, "{one:?}");
        }
    }
    account::holds(&postgres.url, &ledger);
}
