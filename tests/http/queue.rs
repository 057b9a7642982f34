//! The queue: who waits, who is refused, who is answered together.

use crate::{
    server::{Reply, Server},
    stand_in::{StandIn, until},
};
use axum::http::StatusCode;
use fenzhen::serve::Settings;
use serde_json::json;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::task::JoinHandle;

fn ask(server: &Arc<Server>, text: &str) -> JoinHandle<Reply> {
    let (server, body) = (server.clone(), json!({"text": text, "id": text}).to_string());
    tokio::spawn(async move { server.classify(body).await })
}

fn ask_batch(server: &Arc<Server>, texts: &[String]) -> JoinHandle<Reply> {
    let complaints: Vec<_> = texts.iter().map(|t| json!({"text": t, "id": t})).collect();
    let (server, body) = (server.clone(), json!({"complaints": complaints}).to_string());
    tokio::spawn(async move { server.batch(body).await })
}

/// A server whose only worker is held with the complaint "first"; the warm-up was portion one.
async fn held(engine: &Arc<StandIn>, settings: Settings) -> (Arc<Server>, JoinHandle<Reply>) {
    let server = Arc::new(Server::over(engine.clone(), settings).await);
    engine.close();
    let first = ask(&server, "first");
    engine.begun(2).await;
    (server, first)
}

async fn waiting(server: &Server, count: usize) {
    until(|| server.state.batcher().waiting() == count).await;
}

#[tokio::test]
async fn a_full_queue_refuses_at_once_and_loses_nothing() {
    let engine = StandIn::new();
    let (server, first) = held(&engine, Settings { queue: 3, ..Settings::default() }).await;
    let waiters: Vec<_> = ["a", "b", "c"].map(|text| ask(&server, text)).into();
    waiting(&server, 3).await;
    let since = Instant::now();
    let refused = server.classify(r#"{"text": "一个太多"}"#).await;
    assert!(since.elapsed() < Duration::from_secs(1));
    insta::assert_snapshot!("full_queue", refused);
    // A batch is taken whole or not at all.
    assert_eq!(ask_batch(&server, &["d".into(), "e".into()]).await.unwrap().code(), "overloaded");
    engine.open();
    assert_eq!(first.await.unwrap().status, StatusCode::OK);
    for (waiter, id) in waiters.into_iter().zip(["a", "b", "c"]) {
        assert_eq!(waiter.await.unwrap().json()["id"], id);
    }
}

#[tokio::test]
async fn who_would_wait_too_long_is_refused_though_there_are_places() {
    let engine = StandIn::new();
    let settings = Settings { longest_wait: Duration::from_millis(50), ..Settings::default() };
    let (server, first) = held(&engine, settings).await;
    // The worker learns that a complaint takes far longer than the bound.
    tokio::time::sleep(Duration::from_millis(600)).await;
    engine.open();
    assert_eq!(first.await.unwrap().status, StatusCode::OK);
    engine.close();
    let _second = ask(&server, "second");
    engine.begun(3).await;
    // Nobody waits: the next is taken, the one after it is not, and a batch has more patience.
    let third = ask(&server, "third");
    waiting(&server, 1).await;
    assert_eq!(ask(&server, "fourth").await.unwrap().code(), "overloaded");
    let batch = ask_batch(&server, &["fifth".into(), "sixth".into()]);
    waiting(&server, 3).await;
    engine.open();
    assert_eq!(third.await.unwrap().status, StatusCode::OK);
    assert_eq!(batch.await.unwrap().status, StatusCode::OK);
}

#[tokio::test]
async fn what_waits_is_decided_together() {
    let engine = StandIn::new();
    let (server, _first) = held(&engine, Settings { portion: 8, ..Settings::default() }).await;
    let mut waiters = Vec::new();
    for n in 0..10 {
        waiters.push(ask(&server, &n.to_string()));
        waiting(&server, n + 1).await;
    }
    engine.open();
    for (n, waiter) in waiters.into_iter().enumerate() {
        assert_eq!(waiter.await.unwrap().json()["id"], n.to_string(), "everyone gets their own answer");
    }
    let sizes: Vec<_> = engine.portions().iter().map(Vec::len).collect();
    assert_eq!(sizes, [1, 1, 8, 2]);
}

#[tokio::test]
async fn long_texts_make_small_portions() {
    let engine = StandIn::new();
    let (server, _first) = held(&engine, Settings { portion_bytes: 100, ..Settings::default() }).await;
    let texts = [40, 40, 40, 200, 1, 1].map(|n| "x".repeat(n));
    let batch = ask_batch(&server, &texts);
    waiting(&server, 6).await;
    engine.open();
    assert_eq!(batch.await.unwrap().json()["results"].as_array().unwrap().len(), 6);
    let sizes: Vec<_> = engine.portions().iter().map(Vec::len).collect();
    assert_eq!(sizes, [1, 1, 2, 1, 1, 2]);
}

#[tokio::test]
async fn a_lone_request_does_not_wait_for_company() {
    let engine = StandIn::new();
    let server = Server::over(engine, Settings { max_wait: Duration::from_secs(60), ..Settings::default() }).await;
    for _ in 0..3 {
        let since = Instant::now();
        assert_eq!(server.classify(r#"{"text": "退款一直没到账"}"#).await.status, StatusCode::OK);
        assert!(since.elapsed() < Duration::from_secs(5));
    }
}

#[tokio::test]
async fn a_busy_worker_waits_for_company_but_not_long() {
    let engine = StandIn::new();
    let settings = Settings { max_wait: Duration::from_millis(200), ..Settings::default() };
    let (server, _first) = held(&engine, settings).await;
    let pair = [ask(&server, "a"), ask(&server, "b")];
    waiting(&server, 2).await;
    engine.open();
    for one in pair {
        one.await.unwrap();
    }
    let since = Instant::now();
    assert_eq!(ask(&server, "c").await.unwrap().status, StatusCode::OK);
    assert!(since.elapsed() < Duration::from_secs(5));
    assert_eq!(engine.portions().last().unwrap(), &["c"]);
}

#[tokio::test]
async fn work_of_callers_that_have_gone_is_skipped() {
    let engine = StandIn::new();
    let (server, first) = held(&engine, Settings { queue: 3, ..Settings::default() }).await;
    let (gone, gone_too, stays) = (ask(&server, "gone"), ask(&server, "gone too"), ask(&server, "stays"));
    waiting(&server, 3).await;
    gone.abort();
    gone_too.abort();
    let _ = (gone.await, gone_too.await);
    // Their places are free again, although no worker has come by.
    let late = ask(&server, "late");
    waiting(&server, 2).await;
    engine.open();
    for one in [first, stays, late] {
        assert_eq!(one.await.unwrap().status, StatusCode::OK);
    }
    let seen = engine.portions().concat();
    assert!(!seen.iter().any(|text| text.starts_with("gone")), "{seen:?}");
}

#[tokio::test]
async fn skipped_work_is_counted() {
    let engine = StandIn::new();
    let (server, first) = held(&engine, Settings::default()).await;
    let gone = ask(&server, "gone");
    waiting(&server, 1).await;
    gone.abort();
    let _ = gone.await;
    engine.open();
    first.await.unwrap();
    ask(&server, "next").await.unwrap();
    let metrics = server.get("/metrics").await.body;
    assert!(metrics.contains("fenzhen_abandoned_total 1\n"), "{metrics}");
    assert!(metrics.contains(r#"status="499""#), "{metrics}");
}

#[tokio::test]
async fn a_person_does_not_wait_behind_a_large_batch() {
    let engine = StandIn::new();
    let (server, _first) = held(&engine, Settings { portion: 8, ..Settings::default() }).await;
    let texts: Vec<_> = (0..64).map(|n| format!("batch {n}")).collect();
    let batch = ask_batch(&server, &texts);
    waiting(&server, 64).await;
    let person = ask(&server, "person");
    waiting(&server, 65).await;
    engine.open();
    person.await.unwrap();
    batch.await.unwrap();
    let portions = engine.portions();
    assert!(portions[2].contains(&"person".to_owned()), "{portions:?}");
    assert_eq!(portions[2].len(), 8, "the portion is filled up from the batch");
}

#[tokio::test]
async fn a_batch_does_not_starve_behind_single_requests() {
    let engine = StandIn::new();
    let (server, _first) = held(&engine, Settings { portion: 4, ..Settings::default() }).await;
    let batch = ask_batch(&server, &["batch".into()]);
    waiting(&server, 1).await;
    let singles: Vec<_> = (0..12).map(|n| ask(&server, &n.to_string())).collect();
    waiting(&server, 13).await;
    engine.open();
    batch.await.unwrap();
    for single in singles {
        single.await.unwrap();
    }
    assert!(engine.portions()[2].contains(&"batch".to_owned()), "{:?}", engine.portions());
}

#[tokio::test]
async fn a_batch_larger_than_the_queue_is_served_when_nothing_waits() {
    let server = Arc::new(Server::over(StandIn::new(), Settings { queue: 2, ..Settings::default() }).await);
    let reply = ask_batch(&server, &["a".into(), "b".into(), "c".into()]).await.unwrap();
    assert_eq!(reply.status, StatusCode::OK, "{reply}");
}

#[tokio::test]
async fn a_panic_harms_only_the_complaint_that_caused_it() {
    let engine = StandIn::new();
    let server = Arc::new(Server::over(engine, Settings::default()).await);
    let texts = ["before", "panic", "after"].map(String::from);
    let reply = ask_batch(&server, &texts).await.unwrap();
    let results = reply.json()["results"].clone();
    assert_eq!(results[0]["decision"]["id"], "before");
    assert_eq!(results[1]["problem"]["code"], "internal");
    assert_eq!(results[2]["decision"]["id"], "after");
    assert_eq!(ask(&server, "panic").await.unwrap().code(), "internal");
    assert_eq!(ask(&server, "and on").await.unwrap().status, StatusCode::OK);
}

#[tokio::test]
async fn several_workers_answer_each_their_own() {
    let engine = StandIn::new();
    let server = Arc::new(Server::over(engine, Settings { workers: 3, portion: 4, ..Settings::default() }).await);
    let waiters: Vec<_> = (0..200).map(|n| (n, ask(&server, &n.to_string()))).collect();
    for (n, waiter) in waiters {
        assert_eq!(waiter.await.unwrap().json()["id"], n.to_string());
    }
}

#[tokio::test]
async fn after_the_end_work_is_refused() {
    let server = Server::over(StandIn::new(), Settings::default()).await;
    server.state.leave();
    assert_eq!(server.get("/readyz").await.code(), "shutting_down");
    let state = server.state.clone();
    tokio::task::spawn_blocking(move || state.batcher().finish()).await.unwrap();
    let reply = server.classify(r#"{"text": "来晚了"}"#).await;
    assert_eq!((reply.status, reply.code().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "shutting_down"));
    assert_eq!(reply.header("retry-after"), "1");
}
