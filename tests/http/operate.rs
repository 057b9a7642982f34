//! Health, readiness, numbers, request ids.

use crate::{
    server::{Server, post},
    stand_in::StandIn,
};
use axum::http::StatusCode;
use fenzhen::serve::Settings;

#[tokio::test]
async fn ready_only_after_the_model_has_answered() {
    let engine = StandIn::new();
    let server = Server::cold(engine.clone(), Settings::default());
    assert_eq!(server.get("/healthz").await.json()["status"], "ok");
    let reply = server.get("/readyz").await;
    assert_eq!((reply.status, reply.code().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "not_ready"));
    assert!(engine.portions().is_empty());
    server.state.warm_up().await.unwrap();
    assert_eq!(engine.portions().len(), 1, "a real complaint went through");
    let reply = server.get("/readyz").await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.json()["versions"]["bundle"], "none@0");
}

#[tokio::test]
async fn request_ids_are_kept_if_sane_and_made_otherwise() {
    let server = Server::over(StandIn::new(), Settings::default()).await;
    for (given, kept) in [("order-7.a_B", true), ("", false), ("a b", false), ("<script>", false)] {
        let mut request = post("/v1/classify", r#"{"text": "包装破了"}"#);
        request.headers_mut().insert("x-request-id", given.parse().unwrap());
        let reply = server.send(request).await;
        let id = reply.header("x-request-id");
        if kept {
            assert_eq!(id, given);
        } else {
            assert_eq!(uuid::Uuid::parse_str(id).unwrap().get_version_num(), 7);
        }
    }
    let mut request = post("/v1/classify", "{}");
    request.headers_mut().insert("x-request-id", "a".repeat(65).parse().unwrap());
    assert_ne!(server.send(request).await.header("x-request-id").len(), 65);
}

#[tokio::test]
async fn every_answer_says_where_the_time_went() {
    let server = Server::over(StandIn::new(), Settings::default()).await;
    let reply = server.classify(r#"{"text": "包装破了"}"#).await;
    let timing: Vec<_> = reply.headers.get_all("server-timing").iter().map(|v| v.to_str().unwrap()).collect();
    assert!(timing[0].starts_with("queue;dur="), "{timing:?}");
    assert!(timing[0].ends_with(", tokenise;dur=1, infer;dur=2"), "{timing:?}");
    assert!(timing[1].starts_with("total;dur="), "{timing:?}");
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert!(server.get("/nowhere").await.header("server-timing").starts_with("total;dur="));
}

#[tokio::test]
async fn the_numbers_tell_what_happened() {
    let server = Server::over(StandIn::new(), Settings::default()).await;
    server.classify(r#"{"text": "包装破了"}"#).await;
    server.classify("{").await;
    server.classify(r#"{"text": "fault"}"#).await;
    server.get("/some/where").await;
    let reply = server.get("/metrics").await;
    assert_eq!(reply.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    for line in [
        r#"fenzhen_requests_total{method="POST",path="/v1/classify",status="200"} 1"#,
        r#"fenzhen_requests_total{method="POST",path="/v1/classify",status="400"} 1"#,
        r#"fenzhen_requests_total{method="GET",path="(none)",status="404"} 1"#,
        r#"fenzhen_problems_total{code="not_json"} 1"#,
        r#"fenzhen_problems_total{code="internal"} 1"#,
        r#"fenzhen_complaints_total{outcome="decided"} 2"#,
        r#"fenzhen_complaints_total{outcome="internal"} 1"#,
        r#"fenzhen_decisions_total{action="review"} 2"#,
        r#"fenzhen_portion_complaints_bucket{le="1"} 3"#,
        r#"fenzhen_infer_seconds_count 3"#,
        "fenzhen_ready 1",
        "fenzhen_waiting 0",
        "# TYPE fenzhen_request_seconds histogram",
    ] {
        assert!(reply.body.lines().any(|l| l == line), "{line} is not in\n{}", reply.body);
    }
}

#[tokio::test]
async fn metrics_names_are_not_made_up_by_callers() {
    let server = Server::over(StandIn::new(), Settings::default()).await;
    let request = axum::http::Request::builder().method("BREW").uri("/v1/classify").body("".into()).unwrap();
    server.send(request).await;
    let metrics = server.get("/metrics").await.body;
    assert!(metrics.contains(r#"method="other""#) && !metrics.contains("BREW"), "{metrics}");
}
