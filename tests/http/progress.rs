//! The customer's page: private, without a word of a complaint in it, and kind to who comes with a wrong link.

use crate::{
    desk::At,
    pages::from_here_only,
    server::{Reply, Server, post},
    stand_in::StandIn,
};
use axum::http::StatusCode;
use fenzhen::serve::Settings;

const FILES: &[(&str, &str)] = &[
    ("/page.css", "text/css"),
    ("/card.js", "text/javascript"),
    ("/icon.svg", "image/svg+xml"),
    ("/progress.css", "text/css"),
    ("/progress.js", "text/javascript"),
    ("/progress-words.js", "text/javascript"),
];

/// What tries to become a part of the page.
const MARKUP: &str = "快递三天没动静<script>alert(1)</script><img src=x onerror=alert(2)>";

fn is_private(reply: &Reply) {
    assert_eq!(reply.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(reply.header("referrer-policy"), "no-referrer");
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert_eq!(reply.header("x-robots-tag"), "noindex, nofollow");
    let policy = reply.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(reply.headers.get_all("cache-control").iter().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_private_and_holds_nothing_of_the_complaint() {
    let at = At::open().await;
    let body = serde_json::json!({"text": MARKUP}).to_string();
    let taken = at.send(post("/v1/complaints", body)).await.json();
    let (page, progress) = (taken["page"].as_str().unwrap(), taken["progress"].as_str().unwrap());
    assert_eq!(format!("/v1{page}"), progress);
    let said = serde_json::json!({"action": {"kind": "reply", "text": MARKUP}}).to_string();
    let told = at.send(post(&format!("{progress}/actions"), said)).await;
    assert!(told.json()["timeline"].to_string().contains("alert(2)"), "{told}");
    assert_eq!((told.header("content-type"), told.header("x-content-type-options")), ("application/json", "nosniff"));

    let reply = at.get(page, None).await;
    assert_eq!(reply.status, StatusCode::OK);
    is_private(&reply);
    let token = page.rsplit('/').next().unwrap();
    for secret in ["alert(", "快递三天没动静", taken["number"].as_str().unwrap(), token] {
        assert!(!reply.body.contains(secret), "the page has {secret}");
    }
    // Whatever stands behind the token: links in messages get parameters of others on the way.
    assert_eq!(at.get(&format!("{page}?lang=en&utm_source=mail"), None).await.body, reply.body);
    from_here_only(page, "text/html", &reply.body, FILES);
    // Every label belongs to a field, and every field has one.
    for id in reply.body.split("<label for=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert_eq!(reply.body.matches(&format!(" id=\"{id}\"")).count(), 1, "{id}");
    }
    let fields = reply.body.matches("<textarea").count() + reply.body.matches("type=\"file\"").count();
    assert_eq!(reply.body.matches("<label for=").count(), fields);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_action_of_a_customer_has_its_form() {
    let at = At::open().await;
    let taken = at.send(post("/v1/complaints", r#"{"text": "鞋子开胶了"}"#)).await.json();
    let (page, progress) = (taken["page"].as_str().unwrap(), taken["progress"].as_str().unwrap());
    let page = at.get(page, None).await.body;
    let mut seen = std::collections::BTreeSet::new();
    let mut note = |actions: &serde_json::Value| {
        seen.extend(actions.as_array().unwrap().iter().map(|action| action.as_str().unwrap().to_owned()));
    };
    note(&at.get(progress, None).await.json()["actions"]);
    let withdraw = r#"{"action": {"kind": "withdraw", "reason": "已经解决"}}"#;
    note(&at.send(post(&format!("{progress}/actions"), withdraw)).await.json()["actions"]);
    assert!(seen.contains("reply") && seen.contains("reopen") && seen.contains("attach"), "{seen:?}");
    for action in seen.iter().map(String::as_str).chain(["confirm", "dispute"]) {
        assert_eq!(page.matches(&format!("data-action=\"{action}\"")).count(), 1, "{action}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_is_told_on_a_page() {
    let at = At::open().await;
    for path in ["/progress/nonsense", "/progress/%00", "/progress/%FF", "/progress/", "/progress"] {
        let reply = at.get(path, None).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
        is_private(&reply);
        assert!(reply.body.contains("找不到这件投诉") && reply.body.contains("There is no such complaint"), "{path}");
        assert!(!reply.body.contains("nonsense") && !reply.body.contains("<script"), "{path}");
        from_here_only(path, "text/html", &reply.body, FILES);
    }
    for (path, kind) in FILES {
        let reply = at.get(path, None).await;
        assert!(reply.status == StatusCode::OK && reply.header("content-type").starts_with(kind), "{path}");
        from_here_only(path, kind, &reply.body, FILES);
    }
    let without_desk = Server::over(StandIn::new(), Settings::default()).await;
    assert_eq!(without_desk.get("/progress/nonsense").await.code(), "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_not_tried_without_end() {
    let at = At::open_with(Settings { requests_a_minute: 3, ..Settings::default() }).await;
    let mut refused = 0;
    for _ in 0..8 {
        refused += usize::from(at.get("/progress/nonsense", None).await.status == StatusCode::TOO_MANY_REQUESTS);
    }
    assert!(refused >= 4, "{refused}");
}

#[test]
fn both_languages_have_the_same_words() {
    let words = include_str!("../../src/serve/pages/progress-words.js");
    let page = include_str!("../../src/serve/pages/progress.html");
    let (zh, en) = words.split_once("  en: {").unwrap();
    for id in page.split("data-t=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        for language in [zh, en] {
            assert!(language.contains(&format!(" {id}: \"")), "{id}");
        }
    }
    let codes = |text: &str| -> Vec<String> {
        let problems = text.split_once("problems: {").unwrap().1.split('}').next().unwrap();
        let keys = problems.split(": \"").filter_map(|part| part.rsplit([' ', '\n']).next());
        keys.map(str::to_owned).filter(|key| key.contains('_') || key == "internal").collect()
    };
    assert!(codes(zh).len() > 15, "{:?}", codes(zh));
    assert_eq!(codes(zh), codes(en));
}
