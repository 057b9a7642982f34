//! What many paths may answer beside what they are for, for the document.

use std::collections::BTreeMap;
use utoipa::{
    IntoResponses,
    openapi::{Content, Ref, RefOr, Response, ResponseBuilder},
};

/// A path of whoever has its token.
pub(super) struct RefusedProgress;

/// A path that knows its caller and takes only the parameters that it names.
pub(super) struct Refused;

/// A path that takes JSON.
pub(super) struct RefusedBody;

/// A path that takes files.
pub(super) struct RefusedFiles;

/// A path that takes JSON, or files with it.
pub(super) struct RefusedBodyOrFiles;

impl IntoResponses for RefusedBodyOrFiles {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[
            ("408", "The body is too slow"),
            ("413", "A file or the body is too large, or the text too long"),
            ("415", "Neither application/json nor multipart/form-data, or a file of no kind that is taken"),
        ])
    }
}

impl IntoResponses for RefusedFiles {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[
            ("400", "A multipart body or a query that does not have the form"),
            ("408", "The body is too slow"),
            ("413", "A file or the body is too large"),
            ("415", "Not multipart/form-data, or a file of no kind that is taken"),
            ("422", "Too many files, or a part that does not fit"),
            ("429", "Too much at once"),
            ("503", "The database or the store of attachments is out of reach"),
        ])
    }
}

impl IntoResponses for Refused {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[
            ("400", "Not JSON where that is asked for, or a query parameter that does not fit"),
            ("401", "No API key or session, or one that is not good"),
            ("403", "Not for this role, or another department's"),
            ("429", "More than the caller's share"),
            ("503", "The database is out of reach"),
        ])
    }
}

impl IntoResponses for RefusedProgress {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[
            ("400", "Not JSON where that is asked for, or a query parameter that does not fit"),
            ("404", "There is none"),
            ("429", "More than the caller's share"),
            ("503", "The database is out of reach"),
        ])
    }
}

impl IntoResponses for RefusedBody {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[("408", "The body is too slow"), ("413", "Too much, or too long"), ("415", "Not application/json")])
    }
}

fn problems(all: &[(&str, &str)]) -> BTreeMap<String, RefOr<Response>> {
    let problem = |description: &str| {
        let content = Content::new(Some(Ref::from_schema_name("Problem")));
        ResponseBuilder::new().description(description).content("application/problem+json", content).build()
    };
    all.iter().map(|(status, description)| ((*status).to_owned(), problem(description).into())).collect()
}
