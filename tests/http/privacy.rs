//! Complaint text never reaches the log, the metrics or a problem. The canary is a text that would be found if it did.

use crate::{
    server::{Server, log, post},
    stand_in::StandIn,
};
use fenzhen::serve::Settings;

const CANARY: &str = "金丝雀歌唱八三七二";
const LATIN: &str = "canarysings8372";

#[tokio::test]
async fn no_canary_sings() {
    let server = Server::over(StandIn::new(), Settings::default()).await;
    let mut told = Vec::new();
    let text = format!("{CANARY}{LATIN}");
    // Each puts the canary where a careless message would quote it.
    let bodies = [
        format!(r#"{{"text": "{text}", "id": "{text}", "customer": {{"tier": "{text}"}}, "channel": "{text}"}}"#),
        format!(r#"{{"text": "panic", "id": "{text}"}}"#),
        format!(r#"{{"text": "fault", "id": "{text}"}}"#),
        format!(r#"{{"{text}": "a"}}"#),
        format!(r#"{{"text": "a", "{LATIN}": "a"}}"#),
        format!(r#"{{"text": ["{text}"]}}"#),
        format!(r#"{{"text": "a", "customer": "{text}"}}"#),
        format!(r#"{{"text": "a", "order": {{"amount": "{text}"}}}}"#),
        format!(r#"{{"text": "a", "received_at": "{text}"}}"#),
        format!(r#"{{"text": "{text}\ud800"}}"#),
        format!(r#"{{"text": "{text}\x"}}"#),
        format!(r#"{{"text": "{text}"#),
        format!(r#""{text}""#),
        text.clone(),
        format!(r#"{{"text": "a"}} {text}"#),
        format!(r#"{{"text": "a", "id": "{}"}}"#, text.repeat(100)),
    ];
    for body in &bodies {
        let reply = server.classify(body.clone()).await;
        if !reply.status.is_success() {
            told.push(reply.body);
        }
        let reply = server.batch(format!(r#"{{"complaints": [{body}]}}"#)).await;
        let results = reply.json()["results"].clone();
        match &results[0]["problem"] {
            serde_json::Value::Null if reply.status.is_success() => {}
            serde_json::Value::Null => told.push(reply.body),
            problem => told.push(problem.to_string()),
        }
    }
    assert!(told.len() > 25, "most of these are refused");
    // Places besides the body.
    let mut request = post(&format!("/v1/{LATIN}?{LATIN}={LATIN}"), "{}");
    request.headers_mut().insert("x-request-id", format!("<{LATIN}>").parse().unwrap());
    request.headers_mut().insert("user-agent", LATIN.parse().unwrap());
    told.push(server.send(request).await.body);
    told.push(server.post(&format!("/v1/classify?text={LATIN}"), "{}").await.body);
    told.push(server.get("/metrics").await.body);
    told.push(log().text());
    for text in &told {
        assert!(!text.contains(CANARY) && !text.contains(LATIN), "the canary sings in {text}");
    }
    assert!(log().text().contains(r#""path":"/v1/classify""#), "the log was listened to");
}

#[tokio::test]
async fn a_fault_is_found_in_the_log_by_its_request_id() {
    let server = Server::over(StandIn::new(), Settings::default()).await;
    let mut request = post("/v1/classify/batch", r#"{"complaints": [{"text": "fault"}]}"#);
    request.headers_mut().insert("x-request-id", "find-me-1".parse().unwrap());
    let reply = server.send(request).await;
    assert_eq!(reply.json()["results"][0]["problem"]["code"], "internal");
    let log = log().text();
    let line = log.lines().find(|line| line.contains("find-me-1") && line.contains("ERROR")).expect("it is logged");
    assert!(line.contains("a stand-in's fault"), "{line}");
}
