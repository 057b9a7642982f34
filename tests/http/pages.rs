//! The pages for people: whole, from this server only.

use crate::{server::Server, stand_in::StandIn};
use axum::http::StatusCode;
use fenzhen::serve::Settings;

const FILES: &[(&str, &str)] = &[
    ("/", "text/html"),
    ("/page.css", "text/css"),
    ("/page.js", "text/javascript"),
    ("/card.js", "text/javascript"),
    ("/words.js", "text/javascript"),
    ("/docs", "text/html"),
    ("/docs.css", "text/css"),
    ("/docs.js", "text/javascript"),
    ("/icon.svg", "image/svg+xml"),
];

#[tokio::test]
async fn every_file_is_served_with_its_kind_and_a_policy() {
    let server = Server::over(StandIn::new(), Settings::default()).await;
    for (path, kind) in FILES {
        let reply = server.get(path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}");
        assert!(reply.header("content-type").starts_with(kind), "{path}");
        assert!(reply.header("content-security-policy").starts_with("default-src 'none'; script-src 'self'"), "{path}");
        assert!(!reply.body.trim().is_empty(), "{path}");
    }
}

#[tokio::test]
async fn no_file_asks_for_anything_from_elsewhere() {
    let server = Server::over(StandIn::new(), Settings::default()).await;
    for (path, kind) in FILES {
        from_here_only(path, kind, &server.get(path).await.body, FILES);
    }
}

/// A file of a page asks for nothing but the files that there are, and has no script or style in its markup.
pub fn from_here_only(path: &str, kind: &str, body: &str, files: &[(&str, &str)]) {
    let body = body.replace("http://www.w3.org/2000/svg", "");
    for word in ["http:", "https:", "//cdn", "@import", "url("] {
        assert!(!body.contains(word), "{path} has {word}");
    }
    if kind != "text/html" {
        return;
    }
    for word in [" style=", "<style", " onclick", " onload", "javascript:"] {
        assert!(!body.contains(word), "{path} has {word}");
    }
    for place in ["src=\"", "href=\""] {
        for target in body.split(place).skip(1).map(|rest| rest.split('"').next().unwrap()) {
            let known = files.iter().any(|(file, _)| *file == target) || target == "/openapi.json";
            assert!(known || target.starts_with('#'), "{path} points to {target}");
        }
    }
}
