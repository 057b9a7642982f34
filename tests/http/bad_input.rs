//! What is wrong with a request is told clearly, with a stable code, without quoting it; and the server lives on.

use crate::{
    server::{Reply, Server, post},
    stand_in::StandIn,
};
use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};
use fenzhen::serve::Settings;

async fn server() -> Server {
    Server::over(StandIn::new(), Settings { body: 1 << 16, batch_body: 1 << 17, ..Settings::default() }).await
}

async fn refused(body: impl Into<Body>) -> Reply {
    let server = server().await;
    let reply = server.classify(body).await;
    assert!(server.classify(r#"{"text": "还活着"}"#).await.status.is_success(), "the server lives on");
    reply
}

/// Status, code, detail and hint on a line.
fn line(reply: &Reply) -> String {
    let (code, problem) = (reply.code(), reply.json());
    let hint = problem["hint"].as_str().map(|h| format!(" | {h}")).unwrap_or_default();
    format!("{} {code}: {}{hint}", reply.status.as_u16(), problem["detail"].as_str().unwrap())
}

#[tokio::test]
async fn every_wrong_body_has_its_problem() {
    let deep = format!(r#"{{"text": {}{}}}"#, "[".repeat(20_000), "]".repeat(20_000));
    let deep_unknown = format!(r#"{{"text": "好", "more": {}{}}}"#, "[".repeat(20_000), "]".repeat(20_000));
    let bodies: &[(&str, &[u8])] = &[
        ("nothing", b""),
        ("blanks", b" \n\t "),
        ("not JSON", b"text=hello"),
        ("Chinese, not JSON", "快递没到".as_bytes()),
        ("cut off", br#"{"text": "ab"#),
        ("trailing comma", br#"{"text": "ab",}"#),
        ("trailing garbage", br#"{"text": "ab"} xyz"#),
        ("two objects", br#"{"text": "ab"}{"text": "cd"}"#),
        ("invalid UTF-8", b"{\"text\": \"\xc4\xe3\xba\xc3\"}"),
        ("raw control character", b"{\"text\": \"a\x01b\"}"),
        ("lone high surrogate", br#"{"text": "\ud800"}"#),
        ("lone low surrogate", br#"{"text": "a\udc00b"}"#),
        ("half pair, then a letter", br#"{"text": "\ud83dx"}"#),
        ("surrogate in a key", br#"{"\ud800": "a"}"#),
        ("bad escape", br#"{"text": "\x41"}"#),
        ("a string", br#""hello""#),
        ("a list", br#"[{"text": "a"}]"#),
        ("a number", b"42"),
        ("null", b"null"),
        ("empty object", b"{}"),
        ("text is a number", br#"{"text": 5}"#),
        ("text is null", br#"{"text": null}"#),
        ("text is a list", br#"{"text": ["a"]}"#),
        ("text is an object", br#"{"text": {"zh": "a"}}"#),
        ("id is a number", br#"{"text": "a", "id": 7}"#),
        ("customer is a string", br#"{"text": "a", "customer": "vip"}"#),
        ("tier is a number", br#"{"text": "a", "customer": {"tier": 3}}"#),
        ("amount is a string", br#"{"text": "a", "order": {"amount": "88"}}"#),
        ("amount is too large", br#"{"text": "a", "order": {"amount": 1e999}}"#),
        ("misspelt field", br#"{"txt": "a"}"#),
        ("unknown field", br#"{"text": "a", "colour": "red"}"#),
        ("unknown field inside", br#"{"text": "a", "order": {"sum": 3}}"#),
        ("text twice", br#"{"text": "a", "text": "b"}"#),
        ("amount twice", br#"{"text": "a", "order": {"amount": 1, "amount": 2}}"#),
        ("time without an offset", br#"{"text": "a", "received_at": "2026-11-25 09:30"}"#),
        ("deep nesting", deep.as_bytes()),
        ("deep nesting in an unknown field", deep_unknown.as_bytes()),
        ("batch sent as single", br#"{"complaints": [{"text": "a"}]}"#),
    ];
    let server = server().await;
    let mut lines = Vec::new();
    for (name, body) in bodies {
        let reply = server.classify(body.to_vec()).await;
        assert!(reply.status.is_client_error(), "{name}: {reply}");
        lines.push(format!("{name}\n    {}", line(&reply)));
    }
    assert!(server.classify(r#"{"text": "还活着"}"#).await.status.is_success());
    insta::assert_snapshot!("wrong_bodies", lines.join("\n"));
}

#[tokio::test]
async fn a_wrong_batch_has_its_problem() {
    let bodies = [
        ("single sent as batch", r#"{"text": "a"}"#.to_owned()),
        ("bare list", r#"[{"text": "a"}]"#.to_owned()),
        ("no list", r#"{"complaints": {"text": "a"}}"#.to_owned()),
        ("null", r#"{"complaints": null}"#.to_owned()),
        ("empty list", r#"{"complaints": []}"#.to_owned()),
        ("twice", r#"{"complaints": [], "complaints": []}"#.to_owned()),
        ("257", format!(r#"{{"complaints": [{}]}}"#, vec![r#"{"text": "a"}"#; 257].join(","))),
        ("50,000 zeros", format!(r#"{{"complaints": [{}]}}"#, vec!["0"; 50_000].join(","))),
        ("cut off", r#"{"complaints": [{"text": "a"}, {"te"#.to_owned()),
    ];
    let server = server().await;
    let mut lines = Vec::new();
    for (name, body) in bodies {
        let reply = server.batch(body).await;
        assert!(reply.status.is_client_error(), "{name}: {reply}");
        lines.push(format!("{name}\n    {}", line(&reply)));
    }
    insta::assert_snapshot!("wrong_batches", lines.join("\n"));
}

#[tokio::test]
async fn a_problem_has_the_form_of_rfc_9457() {
    insta::assert_snapshot!("problem", refused(r#"{"txet": "快递没到"}"#).await);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_by_its_head() {
    let server = server().await;
    let mut request = post("/v1/classify", Body::empty());
    request.headers_mut().insert("content-length", (1_u64 << 40).into());
    let reply = server.send(request).await;
    assert_eq!(
        line(&reply),
        "413 body_too_large: the body is larger than 65536 bytes | send large sets to /v1/classify/batch in parts"
    );
}

#[tokio::test]
async fn a_body_that_grows_too_large_is_refused_too() {
    let reply = refused(format!(r#"{{"text": "{}"}}"#, "长".repeat(30_000))).await;
    assert_eq!((reply.status, reply.code().as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"));
}

#[tokio::test]
async fn only_json_in_utf8_is_taken() {
    let server = server().await;
    let kinds = [
        ("", false),
        ("text/plain", false),
        ("application/x-www-form-urlencoded", false),
        ("application/json; charset=gbk", false),
        ("application/json", true),
        ("Application/JSON; Charset=\"UTF-8\"", true),
        ("application/vnd.shop+json", true),
    ];
    for (kind, taken) in kinds {
        let mut request = post("/v1/classify", r#"{"text": "包装破了"}"#);
        request.headers_mut().insert("content-type", kind.parse().unwrap());
        let reply = server.send(request).await;
        if taken {
            assert_eq!(reply.status, StatusCode::OK, "{kind}");
        } else {
            assert_eq!((reply.status.as_u16(), reply.code().as_str()), (415, "unsupported_media_type"), "{kind}");
        }
    }
    let mut request = post("/v1/classify", r#"{"text": "包装破了"}"#);
    request.headers_mut().insert("content-encoding", "gzip".parse().unwrap());
    assert_eq!(server.send(request).await.code(), "unsupported_media_type");
}

#[tokio::test]
async fn wrong_paths_and_methods_are_problems_too() {
    let server = server().await;
    insta::assert_snapshot!("not_found", server.get("/v1/klassify").await);
    let request = Request::get("/v1/classify").header("x-request-id", "test").body(Body::empty()).unwrap();
    insta::assert_snapshot!("method_not_allowed", server.send(request).await);
    for (method, path) in [(Method::DELETE, "/healthz"), (Method::POST, "/"), (Method::OPTIONS, "/v1/classify")] {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let reply = server.send(request).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (405, "method_not_allowed"), "{path}");
        assert!(!reply.header("allow").is_empty());
    }
}

#[tokio::test]
async fn query_parameters_are_not_silently_ignored() {
    let server = server().await;
    for (path, told) in [
        (
            "/v1/classify?explian=true",
            "400 unknown_parameter: this path takes no query parameters but explain, lang and receipt",
        ),
        (
            "/v1/classify?explain=true&mood=good",
            "400 unknown_parameter: this path takes no query parameters but explain, lang and receipt",
        ),
        ("/v1/classify?lang=fr", "400 invalid_parameter: the query parameter lang must be zh or en"),
        ("/v1/classify?explain=yes", "400 invalid_parameter: the query parameter explain must be true or false"),
        ("/v1/classify?explain", "400 invalid_parameter: the query parameter explain must be true or false"),
        ("/v1/classify?explain=true&explain=true", "400 invalid_parameter: the query parameter explain is given twice"),
        (
            "/v1/classify/batch?explain=true",
            "400 unknown_parameter: this path takes no query parameters but lang and receipt",
        ),
    ] {
        assert_eq!(line(&server.post(path, r#"{"text": "包装破了"}"#).await), told, "{path}");
    }
}

#[tokio::test]
async fn a_byte_order_mark_and_null_fields_do_no_harm() {
    let body = "\u{feff}{\"text\": \"包装破了\", \"id\": null, \"customer\": null, \"order\": {\"amount\": null}}";
    assert_eq!(server().await.classify(body).await.status, StatusCode::OK);
}

#[tokio::test]
async fn escaped_characters_arrive_as_what_they_mean() {
    let reply = server().await.classify(r#"{"text": "\u5feb\u9012\ud83d\ude21\u0000"}"#).await;
    assert_eq!(reply.json()["masked_text"], "快递😡\0");
}
