//! `POST /v1/classify?explain=true`.

use crate::{
    classify::{PIPELINE, TEXTS},
    document::foretold,
    server::{Server, log},
    stand_in::StandIn,
};
use axum::http::StatusCode;
use fenzhen::{Decision, serve::Settings};
use serde_json::json;

#[tokio::test]
async fn the_words_are_slices_of_the_text_and_each_lowers_the_probability() {
    let server = Server::over(PIPELINE.clone(), Settings::default()).await;
    let document = server.get("/openapi.json").await.json();
    let mut words = 0;
    for text in TEXTS {
        let body = json!({"text": text, "id": "mine"}).to_string();
        let reply = server.post("/v1/classify?explain=true", body.clone()).await;
        assert_eq!(reply.status, StatusCode::OK, "{reply}");
        assert!(reply.headers.get_all("server-timing").iter().any(|v| v.to_str().unwrap().contains("explain;dur=")));
        foretold(&document, "post", "/v1/classify", &reply);
        let mut explained: Decision = serde_json::from_str(&reply.body).unwrap();
        let explanation = explained.explanation.take().unwrap();
        assert!(explanation.candidates <= 16 && explanation.model_calls <= 5, "{explanation:?}");
        let heads: Vec<&str> = explanation.heads.iter().map(|of| of.head.name()).collect();
        assert_eq!(heads, ["category", "department", "priority", "emotion"]);
        for of in &explanation.heads {
            words += of.words.len();
            assert!(of.words.len() <= 5 && of.words.is_sorted_by(|a, b| a.drop >= b.drop), "{of:?}");
            for word in &of.words {
                assert!(word.drop > 0.0 && word.drop <= of.probability, "{word:?}");
                let slice = &text[word.span.0..word.span.1];
                assert!(slice == word.text || (slice == "13800138000" && word.text == "[PHONE]"), "{word:?}");
            }
        }
        assert!(!reply.body.contains("13800138000"));
        assert_eq!(explanation.similar.len(), 3);
        assert!(explanation.similar.is_sorted_by(|a, b| a.similarity >= b.similarity));
        for similar in &explanation.similar {
            assert!((-1.0..=1.0).contains(&similar.similarity) && !similar.text.is_empty(), "{similar:?}");
            let heads: Vec<&str> = similar.labels.iter().map(|given| given.head.name()).collect();
            assert_eq!(heads, ["category", "department", "priority", "emotion"]);
            assert!(similar.labels.iter().all(|given| !given.name.is_empty()), "{similar:?}");
        }
        let category = explained.category.as_ref().unwrap();
        let of = &explanation.heads[0];
        assert_eq!((&of.label, &of.name, of.probability), (&category.label, &category.name, category.probability));
        for path in ["/v1/classify", "/v1/classify?explain=false"] {
            let plain: Decision = serde_json::from_str(&server.post(path, body.clone()).await.body).unwrap();
            assert_eq!(plain, explained, "the decision is the same without the explanation");
        }
    }
    assert!(words > 20, "{words}");
}

#[tokio::test]
async fn a_text_that_cannot_be_read_is_refused_as_ever() {
    let server = Server::over(PIPELINE.clone(), Settings::default()).await;
    let reply = server.post("/v1/classify?explain=true", r#"{"text": "😡！"}"#).await;
    assert_eq!((reply.status.as_u16(), reply.code().as_str()), (422, "text_without_words"));
}

#[tokio::test]
async fn only_who_asks_gets_an_explanation() {
    let server = Server::over(StandIn::new(), Settings::default()).await;
    let answer = |path: &'static str| {
        let server = &server;
        async move { server.post(path, r#"{"text": "包装破了"}"#).await }
    };
    let (plain, explained) = tokio::join!(answer("/v1/classify"), answer("/v1/classify?explain=true"));
    assert!(plain.json().get("explanation").is_none(), "{plain}");
    assert_eq!(explained.json()["explanation"]["candidates"], 4);
}

#[tokio::test]
async fn an_engine_that_fails_to_explain_harms_nobody_else() {
    let server = Server::over(StandIn::new(), Settings { workers: 1, ..Settings::default() }).await;
    for text in ["inexplicable", "riddle"] {
        let body = json!({"text": text, "id": "canary-of-explain"}).to_string();
        let reply = server.post("/v1/classify?explain=true", body).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (500, "internal"), "{text}");
    }
    assert!(server.classify(r#"{"text": "inexplicable"}"#).await.status.is_success(), "the worker lives on");
    assert!(!log().text().contains("canary-of-explain"));
}
