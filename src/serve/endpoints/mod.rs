//! The paths of the service, one file each.

mod batch;
mod bundles;
mod classify;
mod desk;
mod health;
mod metrics;
mod policy;
mod ready;
mod taxonomy;

use crate::taxonomy::Language;

use super::{
    State, observe, pages,
    problem::{Problem, Refusal},
    query, share,
};
use axum::{Router, middleware, routing::get};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The whole service over a state, without a socket.
pub fn app(state: State) -> Router {
    let with_desk = state.front().is_some();
    let (router, document) = api(with_desk);
    let document = document.to_pretty_json().expect("the document is plain data");
    router
        .route("/openapi.json", get(|| async move { pages::json(document) }))
        .merge(pages::routes())
        .merge(if with_desk { pages::desk_routes() } else { Router::new() })
        .fallback(|| async { Refusal::NotFound })
        .method_not_allowed_fallback(|| async { Refusal::MethodNotAllowed })
        .layer(CatchPanicLayer::custom(observe::panicked))
        .layer(middleware::from_fn_with_state(state.clone(), share::share))
        .layer(middleware::from_fn_with_state(state.clone(), observe::observe))
        .with_state(state)
}

/// The OpenAPI 3.1 document of a service with a desk.
pub fn openapi() -> utoipa::openapi::OpenApi {
    api(true).1
}

fn api(with_desk: bool) -> (Router<State>, utoipa::openapi::OpenApi) {
    let router = OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(classify::classify))
        .routes(routes!(batch::batch))
        .routes(routes!(bundles::bundles))
        .routes(routes!(taxonomy::taxonomy))
        .routes(routes!(policy::policy))
        .routes(routes!(health::health))
        .routes(routes!(ready::ready))
        .routes(routes!(metrics::metrics));
    let (router, mut document) = if with_desk { router.merge(desk::routes()) } else { router }.split_for_parts();
    query::describe_texts(&mut document);
    (router, document)
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Fenzhen 分诊",
        description = "Reads Chinese customer complaints and decides what they are, how urgent they are, how the \
            customer feels and who must act. Errors are problems (RFC 9457) with a stable `code`. Every answer has an \
            `x-request-id` and a `Server-Timing` header (queue, tokenise, infer, total; milliseconds).",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    tags(
        (name = "classify", description = "Decide about complaints"),
        (name = "complaints", description = "Hand complaints in, and read them"),
        (name = "tickets", description = "What comes of them"),
        (name = "incidents", description = "What many complain about"),
        (name = "progress", description = "What the customer sees and says"),
        (name = "access", description = "Who may sign in"),
        (name = "reports", description = "Figures"),
        (name = "staff", description = "Who works at the desk"),
        (name = "notices", description = "Who is told of what happens"),
        (name = "about", description = "What answers, and with which labels"),
        (name = "operate", description = "Health and numbers")
    ),
    components(schemas(Problem, Language))
)]
struct Document;
