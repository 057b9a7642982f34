//! `POST /v1/classify` with the shipped bundle: real answers.

use crate::{document::foretold, server::Server};
use axum::http::StatusCode;
use fenzhen::{Complaint, Decision, Pipeline, serve::Settings};
use serde_json::json;
use std::sync::{Arc, LazyLock};

pub static PIPELINE: LazyLock<Arc<Pipeline>> =
    LazyLock::new(|| Arc::new(Pipeline::open("models/retail".as_ref(), None).expect("the shipped bundle opens")));

async fn server() -> Server {
    Server::over(PIPELINE.clone(), Settings::default()).await
}

pub const TEXTS: [&str; 5] = [
    "买的手机壳半个月了，物流一直停在杭州中转站没动过。这已经是我第三次投诉，再不处理我就打12315！",
    "昨天半夜电热毯冒烟，插头都烧黑了，家里还有八十岁的老人，幸好没有人受伤。",
    "退货都签收十天了，369块钱还没退给我，客服问急了就不回😡",
    "我叫王敏，电话13800138000，收到的奶粉罐子是瘪的。",
    "客服小李特别耐心，第二天就收到，谢谢👍",
];

#[tokio::test]
async fn a_decision_is_whole_and_true_to_the_text() {
    let server = server().await;
    let taxonomy = server.get("/v1/taxonomy").await.json();
    let policy = server.get("/v1/policy").await.json();
    let knows = |kind: &str, id: &str| taxonomy[kind].as_array().unwrap().iter().any(|label| label["id"] == id);
    for text in TEXTS {
        let reply = server.classify(json!({"text": text, "id": "mine"}).to_string()).await;
        assert_eq!(reply.status, StatusCode::OK, "{reply}");
        let decision: Decision = serde_json::from_str(&reply.body).unwrap();
        assert_eq!(decision.id, "mine");
        let category = decision.category.unwrap();
        assert!(knows("categories", &category.label), "{}", category.label);
        for choice in [&category, decision.department.as_ref().unwrap()] {
            let others: f32 = choice.alternatives.iter().map(|other| other.probability).sum();
            assert!(choice.probability > 0.0 && choice.probability + others <= 1.001, "{choice:?}");
            assert!(choice.alternatives.iter().all(|other| other.probability <= choice.probability), "{choice:?}");
        }
        assert!(knows("departments", &decision.department.unwrap().label));
        let priority = decision.priority.unwrap();
        assert!(knows("priorities", &priority.level));
        for reason in &priority.reasons {
            if let (Some(evidence), Some((from, to))) = (&reason.evidence, reason.span) {
                assert_eq!(&text[from..to], evidence, "evidence is a slice of the original text");
            }
            assert!(
                policy["signals"].as_array().unwrap().iter().any(|s| s["id"] == reason.signal.as_str()),
                "{reason:?}"
            );
        }
        let emotion = decision.emotion.unwrap();
        assert!(knows("emotions", &emotion.label) && (0.0..=3.0).contains(&emotion.intensity));
        assert!((emotion.probabilities.values().sum::<f32>() - 1.0).abs() < 1e-3);
        assert!((-1.0..=1.0).contains(&decision.sentiment.unwrap()));
        assert!(!decision.masked_text.contains("13800138000"));
        assert!(!decision.decision.reason.is_empty());
    }
}

#[tokio::test]
async fn urgent_words_raise_the_priority() {
    let server = server().await;
    let points = async |text: &str| {
        let reply = server.classify(json!({"text": text}).to_string()).await;
        reply.json()["priority"]["points"].as_i64().unwrap()
    };
    let plain = points("电热毯用了两天就不热了。").await;
    let urgent = points("电热毯用了两天就冒烟起火，老人被烫伤，已经报警。").await;
    assert!(urgent > plain, "{urgent} {plain}");
}

#[tokio::test]
async fn alone_and_in_a_batch_the_answer_is_the_same() {
    let server = server().await;
    let complaints: Vec<_> = TEXTS.iter().cycle().take(40).map(|text| json!({"text": text, "id": "x"})).collect();
    let batch = server.batch(json!({"complaints": complaints}).to_string()).await.json();
    for (n, text) in TEXTS.iter().enumerate() {
        let alone = server.classify(json!({"text": text, "id": "x"}).to_string()).await.json();
        let among: Decision = serde_json::from_value(batch["results"][n]["decision"].clone()).unwrap();
        let alone: Decision = serde_json::from_value(alone).unwrap();
        let (a, b) = (alone.category.unwrap(), among.category.unwrap());
        assert_eq!((a.label, alone.priority), (b.label, among.priority));
        assert!((a.probability - b.probability).abs() < 1e-4, "{} {}", a.probability, b.probability);
    }
}

#[tokio::test]
async fn texts_without_words_and_endless_texts_are_refused() {
    let server = server().await;
    let endless = "长".repeat(100_000);
    let cases = [
        ("", 422, "empty_text"),
        (" \n\t\u{3000}", 422, "empty_text"),
        ("😡😡😡🔥", 422, "text_without_words"),
        ("！！！？？……", 422, "text_without_words"),
        (&endless, 413, "text_too_long"),
    ];
    for (text, status, code) in cases {
        let reply = server.classify(json!({"text": text}).to_string()).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (status, code), "{reply}");
        let batch =
            server.batch(json!({"complaints": [{"text": text}, {"text": "包装破了"}]}).to_string()).await.json();
        assert_eq!(batch["results"][0]["problem"]["code"], code);
        assert!(batch["results"][1]["decision"].is_object());
    }
}

#[tokio::test]
async fn strange_characters_do_no_harm() {
    let server = server().await;
    for text in [
        "快递\u{0}没\u{1b}[31m到\u{7f}，\u{200b}\u{202e}等\u{feff}了三天",
        "退款\u{fffd}\u{e000}没到账",
        "ＡＢＣ快遞沒到，１３８００１３８０００",
        "包裝破損\u{301}\u{301}\u{301}",
        "👨‍👩‍👧‍👦孩子吃了拉肚子🇨🇳",
        "The parcel never arrived and nobody answers the phone",
    ] {
        let reply = server.classify(json!({"text": text}).to_string()).await;
        assert_eq!(reply.status, StatusCode::OK, "{text:?} {reply}");
    }
}

#[tokio::test]
async fn real_answers_fit_the_document() {
    let server = server().await;
    let document = server.get("/openapi.json").await.json();
    for text in TEXTS {
        foretold(&document, "post", "/v1/classify", &server.classify(json!({"text": text}).to_string()).await);
    }
    let batch = json!({"complaints": [Complaint::of(TEXTS[0]), {"text": ""}]}).to_string();
    foretold(&document, "post", "/v1/classify/batch", &server.batch(batch).await);
    for path in ["/v1/taxonomy", "/v1/policy", "/v1/bundles", "/readyz"] {
        foretold(&document, "get", path, &server.get(path).await);
    }
}

#[tokio::test]
async fn names_and_reasons_come_in_the_language_that_is_asked_for() {
    let server = server().await;
    let chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    let body = json!({"text": TEXTS[0]}).to_string();
    for (query, zh) in [("", true), ("?lang=zh", true), ("?lang=en", false)] {
        let reply = server.post(&format!("/v1/classify{query}"), body.clone()).await.json();
        assert_eq!(chinese(reply["decision"]["reason"].as_str().unwrap()), zh, "{reply}");
        assert_eq!(chinese(reply["category"]["name"][0].as_str().unwrap()), zh, "{reply}");
        let batch = json!({"complaints": [{"text": TEXTS[0]}]}).to_string();
        let reply = server.post(&format!("/v1/classify/batch{query}"), batch).await.json();
        assert_eq!(chinese(reply["results"][0]["decision"]["decision"]["reason"].as_str().unwrap()), zh, "{reply}");
    }
    let explained = server.post("/v1/classify?explain=true&lang=en", body).await.json();
    assert!(!chinese(explained["explanation"]["heads"][0]["name"][0].as_str().unwrap()), "{explained}");
}
