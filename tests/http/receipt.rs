//! `?receipt=true`: what is needed to take a decision again.

use crate::{
    classify::{PIPELINE, TEXTS},
    document::foretold,
    server::Server,
};
use axum::http::StatusCode;
use fenzhen::{Complaint, Decision, serve::Settings};
use serde_json::json;

#[tokio::test]
async fn the_same_decision_comes_out_of_a_receipt_bit_for_bit() {
    let server = Server::over(PIPELINE.clone(), Settings::default()).await;
    let document = server.get("/openapi.json").await.json();
    let mut single = Vec::new();
    for text in TEXTS {
        let body = json!({"text": text, "order": {"amount": 399.0}, "id": "mine"}).to_string();
        let reply = server.post("/v1/classify?receipt=true", body.clone()).await;
        assert_eq!(reply.status, StatusCode::OK, "{reply}");
        foretold(&document, "post", "/v1/classify", &reply);
        let mut decision: Decision = serde_json::from_str(&reply.body).unwrap();
        let receipt = decision.receipt.take().unwrap();
        let complaint = Complaint { receipt: true, ..Complaint::from_json(body.as_bytes()).unwrap() };
        assert!(receipt.same(&PIPELINE.decide(&complaint).unwrap().receipt.unwrap()));
        // No word of the text, only where in it the evidence lies.
        let said = serde_json::to_string(&receipt).unwrap();
        assert!(said.is_ascii(), "{said}");
        let plain: Decision = serde_json::from_str(&server.post("/v1/classify", body).await.body).unwrap();
        assert_eq!(plain, decision, "the decision is the same without the receipt");
        single.push(receipt);
    }
    let complaints: Vec<_> = TEXTS.map(|text| json!({"text": text, "order": {"amount": 399.0}, "id": "mine"})).into();
    let body = json!({ "complaints": complaints }).to_string();
    let reply = server.post("/v1/classify/batch?receipt=true&lang=en", body.clone()).await;
    foretold(&document, "post", "/v1/classify/batch", &reply);
    for (n, receipt) in single.iter().enumerate() {
        let decision: Decision = serde_json::from_value(reply.json()["results"][n]["decision"].clone()).unwrap();
        assert!(receipt.same(&decision.receipt.unwrap()), "alone and in a batch");
    }
    let reply = server.post("/v1/classify/batch?explain=true", body).await;
    assert_eq!(reply.json()["code"], "unknown_parameter", "{reply}");
}
