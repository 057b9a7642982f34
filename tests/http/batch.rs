//! `POST /v1/classify/batch`

use crate::{server::Server, stand_in::StandIn};
use axum::http::StatusCode;
use fenzhen::serve::Settings;
use serde_json::json;

#[tokio::test]
async fn one_bad_complaint_does_not_harm_the_others() {
    let server = Server::over(StandIn::new(), Settings::default()).await;
    let reply = server
        .batch(
            r#"{"complaints": [
                {"text": "第一条", "id": "1"}, {"txt": "拼错了"}, {"text": "\ud800"}, 5, {"text": "第五条", "id": "5"},
                {"text": 3}, null, {"text": "第八条", "id": "8"}, {"text": "fault"}
            ]}"#,
        )
        .await;
    assert_eq!(reply.status, StatusCode::OK);
    insta::assert_snapshot!("mixed_batch", reply);
}

#[tokio::test]
async fn order_is_kept_over_many_portions() {
    let server = Server::over(StandIn::new(), Settings { portion: 7, workers: 3, ..Settings::default() }).await;
    let complaints: Vec<_> = (0..256).map(|n| json!({"text": format!("第{n}条"), "id": n.to_string()})).collect();
    let reply = server.batch(json!({"complaints": complaints}).to_string()).await;
    let results = reply.json()["results"].as_array().unwrap().clone();
    assert_eq!(results.len(), 256);
    for (n, result) in results.iter().enumerate() {
        assert_eq!(result["decision"]["id"], n.to_string());
    }
}

#[tokio::test]
async fn a_batch_of_only_bad_complaints_is_answered() {
    let server = Server::over(StandIn::new(), Settings::default()).await;
    let reply = server.batch(r#"{"complaints": [1, 2]}"#).await;
    assert_eq!(reply.json()["results"][1]["problem"]["code"], "wrong_type");
}

#[tokio::test]
async fn timings_count_every_portion_once() {
    let server = Server::over(StandIn::new(), Settings { portion: 2, ..Settings::default() }).await;
    let reply = server.batch(json!({"complaints": vec![json!({"text": "慢"}); 6]}).to_string()).await;
    let timing: Vec<_> = reply.headers.get_all("server-timing").iter().map(|v| v.to_str().unwrap()).collect();
    // Three portions or more, of 1 ms and 2 ms each in the stand-in's word.
    let portions = timing[0].split("tokenise;dur=").nth(1).unwrap().split(',').next().unwrap().parse::<f64>().unwrap();
    assert!((3.0..=6.0).contains(&portions), "{timing:?}");
    assert!(timing[0].ends_with(&format!("infer;dur={}", 2.0 * portions)), "{timing:?}");
}
