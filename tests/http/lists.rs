//! Lists a page at a time, and how many requests a caller has.

use crate::{desk::At, server::post};
use axum::{body::Body, http::Request};
use fenzhen::{desk::access::DeskRole, serve::Settings};
use serde_json::Value;
use std::collections::BTreeSet;

#[tokio::test(flavor = "multi_thread")]
async fn pages_follow_each_other_and_have_everything_once() {
    let at = At::open().await;
    for n in 0..7 {
        let body =
            format!(r#"{{"text": "第{n}个包裹快递三天没动静", "channel": "app", "customer": {{"id": "c{n}"}}}}"#);
        assert_eq!(at.send(post("/v1/complaints", body)).await.status, 201);
    }
    for list in ["/v1/complaints", "/v1/tickets"] {
        let (mut seen, mut sizes, mut next) = (Vec::new(), Vec::new(), String::new());
        loop {
            let page = at.get(&format!("{list}?limit=3{next}"), None).await;
            assert_eq!(page.status, 200, "{}", page.body);
            let page = page.json();
            let items = page["items"].as_array().unwrap();
            sizes.push(items.len());
            seen.extend(items.iter().map(|item| item["number"].as_str().unwrap().to_owned()));
            match &page["next"] {
                Value::Null => break,
                cursor => next = format!("&cursor={}", cursor.as_str().unwrap()),
            }
        }
        assert_eq!(sizes, [3, 3, 1], "{list}");
        let newest_first = seen.windows(2).all(|pair| pair[0] > pair[1]);
        assert!(newest_first && seen.iter().collect::<BTreeSet<_>>().len() == 7, "{list}: {seen:?}");
        let foreign = at.get(&format!("{list}?cursor=7"), None).await;
        assert_eq!((foreign.status.as_u16(), foreign.json()["code"].as_str()), (422, Some("invalid_request")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_too_much_waits_and_others_do_not() {
    let at = At::open_with(Settings { requests_a_minute: 5, ..Settings::default() }).await;
    let key = at.key(DeskRole::Admin, None).await;
    let mut left = Vec::new();
    for _ in 0..5 {
        let answer = at.get("/v1/tickets", Some(&key)).await;
        assert_eq!(answer.status, 200);
        assert!(answer.header("ratelimit-policy").contains("q=5;w=60"), "{:?}", answer.headers);
        left.push(answer.header("ratelimit").to_owned());
    }
    let remaining = |header: &String| header.contains(";r=");
    assert!(left.iter().all(remaining) && left[4].contains(";r=0;"), "{left:?}");
    let refused = at.get("/v1/tickets", Some(&key)).await;
    assert_eq!(refused.status, 429, "{}", refused.body);
    assert_eq!(refused.json()["code"], "rate_limited");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
    // An address has its share whatever keys it makes up; what is not the API is nobody's share.
    assert_eq!(at.get("/v1/tickets", Some("fz_made-up_key")).await.status, 429);
    let ready = Request::get("/readyz").body(Body::empty()).unwrap();
    assert_ne!(at.send(ready).await.status, 429);
}
