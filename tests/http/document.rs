//! The OpenAPI document: kept as a golden file, and held against real answers.

use crate::{
    schema::check,
    server::{Reply, Server},
    stand_in::StandIn,
};
use fenzhen::serve::Settings;
use serde_json::Value;

/// The answer must have a status and a body that the document foretells for the path.
pub fn foretold(document: &Value, method: &str, path: &str, reply: &Reply) {
    let status = reply.status.as_u16().to_string();
    let response = &document["paths"][path][method]["responses"][&status];
    assert!(response.is_object(), "{method} {path} answers {status}, the document does not know that");
    let kind = reply.header("content-type").split(';').next().unwrap();
    let schema = &response["content"][kind]["schema"];
    assert!(schema.is_object(), "{method} {path} {status} comes as {kind}, the document does not know that");
    let value = serde_json::from_str(&reply.body).unwrap_or_else(|_| Value::from(reply.body.clone()));
    check(document, schema, &value, "answer").unwrap_or_else(|e| panic!("{method} {path} {status}: {e}"));
}

#[tokio::test]
async fn the_document_is_openapi_3_1_and_changes_only_on_purpose() {
    let server = Server::over(StandIn::new(), Settings::default()).await;
    let reply = server.get("/openapi.json").await;
    assert!(reply.json()["openapi"].as_str().unwrap().starts_with("3.1"));
    insta::assert_snapshot!("openapi", reply.body);
}

#[test]
fn the_desks_document_changes_only_on_purpose() {
    insta::assert_snapshot!("openapi_with_desk", fenzhen::serve::openapi().to_pretty_json().unwrap());
}

#[tokio::test]
async fn every_path_of_the_document_answers_as_it_says() {
    let server = Server::over(StandIn::new(), Settings::default()).await;
    let document = server.get("/openapi.json").await.json();
    let mut seen = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            seen += 1;
            match (method.as_str(), path.as_str()) {
                ("get", path) => foretold(&document, "get", path, &server.get(path).await),
                ("post", "/v1/classify") => {
                    let bodies = [
                        r#"{"text": "包装破了", "id": "7"}"#,
                        "{",
                        "{}",
                        r#"{"text": "fault"}"#,
                        r#"{"text": "包装破了", "order": {"amount": "3"}}"#,
                    ];
                    for body in bodies {
                        foretold(&document, "post", path, &server.classify(body).await);
                    }
                }
                ("post", "/v1/classify/batch") => {
                    for body in [r#"{"complaints": [{"text": "包装破了"}, 5]}"#, "[]", r#"{"complaints": []}"#, ""]
                    {
                        foretold(&document, "post", path, &server.batch(body).await);
                    }
                }
                other => panic!("no request is written for {other:?}"),
            }
        }
    }
    assert_eq!(seen, 8);
    let cold = Server::cold(StandIn::new(), Settings::default());
    for path in ["/readyz", "/v1/bundles"] {
        foretold(&document, "get", path, &cold.get(path).await);
    }
}

#[tokio::test]
async fn requests_that_are_taken_fit_the_document() {
    let server = Server::over(StandIn::new(), Settings::default()).await;
    let document = server.get("/openapi.json").await.json();
    let schema = &document["paths"]["/v1/classify"]["post"]["requestBody"]["content"]["application/json"]["schema"];
    let bodies = [
        (r#"{"text": "包装破了"}"#, true),
        (
            r#"{"text": "包装破了", "customer": {"id": "1", "tier": "vip"}, "order": {"amount": 88.5}, "region": null}"#,
            true,
        ),
        (r#"{"txt": "包装破了"}"#, false),
        (r#"{"text": 5}"#, false),
        (r#"{"text": "包装破了", "order": {"sum": 3}}"#, false),
    ];
    for (body, fits) in bodies {
        let value = serde_json::from_str(body).unwrap();
        assert_eq!(check(&document, schema, &value, "request").is_ok(), fits, "{body}");
        assert_eq!(server.classify(body).await.status.is_success(), fits, "{body}");
    }
}
