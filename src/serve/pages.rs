//! The pages for people: embedded in the binary, nothing from elsewhere.

mod progress;

use super::State;
use axum::{
    Router,
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};

/// Scripts and styles from this server only, no frames, no forms that leave.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";

pub(super) fn routes() -> Router<State> {
    Router::new()
        .route("/", file(HTML, include_str!("pages/page.html")))
        .route("/page.css", file(CSS, include_str!("pages/page.css")))
        .route("/page.js", file(JS, include_str!("pages/page.js")))
        .route("/card.js", file(JS, include_str!("pages/card.js")))
        .route("/words.js", file(JS, include_str!("pages/words.js")))
        .route("/docs", file(HTML, include_str!("pages/docs.html")))
        .route("/docs.css", file(CSS, include_str!("pages/docs.css")))
        .route("/docs.js", file(JS, include_str!("pages/docs.js")))
        .route("/icon.svg", file("image/svg+xml", include_str!("pages/icon.svg")))
}

/// The pages of a server with a desk.
pub(super) fn desk_routes() -> Router<State> {
    Router::new()
        .route("/progress/{token}", get(progress::progress))
        .route("/progress/", get(progress::missing))
        .route("/progress", get(progress::missing))
        .route("/progress.css", file(CSS, include_str!("pages/progress.css")))
        .route("/progress.js", file(JS, include_str!("pages/progress.js")))
        .route("/progress-words.js", file(JS, include_str!("pages/progress-words.js")))
}

fn file(kind: &'static str, content: &'static str) -> axum::routing::MethodRouter<State> {
    get(move || async move { page(kind, content) })
}

fn page(kind: &'static str, content: &'static str) -> Response {
    let headers: [(HeaderName, HeaderValue); 3] = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, content).into_response()
}

/// A document that is JSON already.
pub(super) fn json(document: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], document).into_response()
}
