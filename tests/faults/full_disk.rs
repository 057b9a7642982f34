//! The disk is full: the system lets no file of the server grow any more, as far as SQLite can tell.
#![cfg(target_os = "linux")]

use crate::{
    account, bundle,
    callers::{Ledger, complaint, hand_in},
    client::{Answer, Client},
    service::{Service, alone},
};
use fenzhen::desk::store::Store;
use std::{
    path::Path,
    process::Command,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

/// What files may still grow by, in bytes: a few transactions of SQLite's log.
const ROOM: u64 = 400 << 10;
/// More than what has room.
const MANY: usize = 300;

/// A server whose files may not grow beyond so many bytes, until somebody lifts that.
fn limited(data: &str, bytes: u64) -> Service {
    let mut command = Command::new("sh");
    // In blocks of 512 bytes. Without the signal a write fails, as on a full disk.
    let script = format!("trap '' XFSZ; ulimit -S -f {}; exec \"$@\"", bytes / 512);
    command.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_fenzhen"), "serve"]);
    command.args(["--listen", "127.0.0.1:0", "--log", "error", "--bundle", bundle::folder(), "--data", data]);
    alone(&mut command);
    Service::run(&mut command)
}

fn lift_limit(service: &Service) {
    let lifted = Command::new("prlimit").args(["--pid", &service.id().to_string(), "--fsize=unlimited:"]).status();
    assert!(lifted.unwrap().success());
}

fn post(client: &Client, n: usize) -> Answer {
    client.post("/v1/complaints", Some(&format!("key-{n}")), &complaint(n)).expect("an answer, however full the disk")
}

fn note(ledger: &mut Ledger, n: usize, answer: &Answer) {
    let told = |name: &str| answer.json[name].as_str().unwrap().to_owned();
    ledger.insert(format!("key-{n}"), (told("id"), told("number")));
}

fn size(folder: &Path) -> u64 {
    std::fs::metadata(folder.join("desk.sqlite")).unwrap().len()
}

#[test]
fn a_full_disk_refuses_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let url = Store::url_in(folder.path()).unwrap();
    let service = bundle::serve(&["--data", data]);
    let address = Arc::new(Mutex::new(service.address.clone()));
    let mut ledger = hand_in(&[address], 0..20, |_| {}).ledger;
    account::holds(&url, &ledger);
    service.signal("-TERM");
    assert!(service.ended().status.success());

    let mut service = limited(data, size(folder.path()) + ROOM);
    let client = Client::new(&service.address);
    let mut refused = Vec::new();
    for n in 20..MANY {
        let since = Instant::now();
        let answer = post(&client, n);
        match answer.status {
            201 => note(&mut ledger, n, &answer),
            503 => {
                assert_eq!(answer.code(), "store_unavailable", "{}", answer.json);
                assert!(answer.json["detail"].as_str().unwrap().contains("disk"), "{}", answer.json);
                assert!(answer.header("retry-after").is_some());
                assert!(since.elapsed() < Duration::from_secs(20));
                refused.push(n);
                if refused.len() == 10 {
                    break;
                }
            }
            _ => panic!("{n}: {} {}", answer.status, answer.json),
        }
    }
    assert_eq!(refused.len(), 10, "{} complaints found room", ledger.len());
    // What was acknowledged can be read, and what needs no disk is answered.
    for (id, number) in ledger.values().rev().take(5) {
        let seen = client.get(&format!("/v1/complaints/{id}")).unwrap();
        assert_eq!((seen.status, seen.json["number"].as_str()), (200, Some(number.as_str())), "{}", seen.json);
    }
    assert_eq!(client.get("/v1/tickets").unwrap().status, 200);
    let decision = client.post("/v1/classify", None, r#"{"text": "快递三天没动静"}"#).unwrap();
    assert_eq!(decision.status, 200, "{}", decision.json);

    // Another process finds what was acknowledged, also when this one dies on its full disk.
    service.kill();
    let room = std::fs::metadata(folder.path().join("desk.sqlite-wal")).map_or(0, |file| file.len());
    let service = limited(data, size(folder.path()).max(room) + ROOM);
    let client = Client::new(&service.address);
    for (id, _) in ledger.values() {
        assert_eq!(client.get(&format!("/v1/complaints/{id}")).unwrap().status, 200);
    }
    // Somebody makes room under the running server: it goes on by itself.
    lift_limit(&service);
    for n in refused {
        let answer = post(&client, n);
        assert_eq!(answer.status, 201, "{n} was refused, so it was not there: {}", answer.json);
        note(&mut ledger, n, &answer);
    }
    account::holds(&url, &ledger);
}
