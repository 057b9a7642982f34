//! The query of a request: what a path does not know is refused, not passed over. Never quotes what was sent.

use super::{State, problem::Refusal};
use axum::{extract::FromRequestParts, http::request::Parts};

/// No parameters.
pub(super) struct NoQuery;
/// Whether an explanation is asked for: `?explain=true`.
pub(super) struct Explain(pub bool);

impl FromRequestParts<State> for NoQuery {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Refusal> {
        match pairs(parts).next() {
            Some(_) => Err(Refusal::UnknownParameter { known: None }),
            None => Ok(NoQuery),
        }
    }
}

impl FromRequestParts<State> for Explain {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Refusal> {
        const NAME: &str = "explain";
        let mut explain = None;
        for (name, value) in pairs(parts) {
            if name != NAME {
                return Err(Refusal::UnknownParameter { known: Some(NAME) });
            }
            let value = match value {
                "true" => true,
                "false" => false,
                _ => return Err(Refusal::InvalidParameter { name: NAME, reason: "must be true or false" }),
            };
            if explain.replace(value).is_some() {
                return Err(Refusal::InvalidParameter { name: NAME, reason: "is given twice" });
            }
        }
        Ok(Explain(explain.unwrap_or(false)))
    }
}

/// Names and values as they were sent: what we know needs no decoding.
fn pairs(parts: &Parts) -> impl Iterator<Item = (&str, &str)> {
    let query = parts.uri.query().unwrap_or_default();
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}
