//! What a caller is told when it did not work: `application/problem+json` (RFC 9457) with a stable code.

use crate::Error;
use axum::{
    Json,
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An RFC 9457 problem. `code` is stable, the sentences may change. Never holds anything that was sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Names the kind of problem; made of `code`.
    #[schema(example = "urn:fenzhen:problem:empty_text")]
    pub r#type: String,
    /// The kind of problem in a few words.
    pub title: String,
    #[schema(example = 422)]
    pub status: u16,
    /// What to match on.
    #[schema(example = "empty_text")]
    pub code: String,
    /// What is wrong this time.
    pub detail: String,
    /// The way out, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// This occurrence: the request id as a URN. Absent inside of a batch, whose request id is in the header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// The same as in the header `x-request-id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// Why a request was refused: what the engine says, or what HTTP itself asks for.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error(transparent)]
    Engine(#[from] Error),
    #[error("there is nothing at this path")]
    NotFound,
    #[error("this path does not answer to this method")]
    MethodNotAllowed,
    #[error("the body must be application/json, in UTF-8 and not compressed")]
    UnsupportedMediaType,
    #[error("the body must be multipart/form-data with a boundary, and not compressed")]
    NotMultipart,
    #[error("{places} requests with files arrive already, as many as there is room for")]
    TooManyUploads { places: usize },
    #[error("the body is larger than {limit} bytes")]
    BodyTooLarge { limit: usize },
    #[error("the body did not arrive within {seconds} s")]
    BodyTooSlow { seconds: u64 },
    #[error("the body broke off")]
    BodyBroken,
    #[error("this path takes no query parameters but {known}")]
    UnknownParameter { known: &'static str },
    #[error("the query parameter {name} {reason}")]
    InvalidParameter { name: &'static str, reason: &'static str },
    #[error("the model has not answered yet")]
    NotReady,
}

impl Refusal {
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::Engine(error) => error.code(),
            Refusal::NotFound => "not_found",
            Refusal::MethodNotAllowed => "method_not_allowed",
            Refusal::UnsupportedMediaType => "unsupported_media_type",
            Refusal::NotMultipart => "unsupported_media_type",
            Refusal::TooManyUploads { .. } => "too_many_uploads",
            Refusal::BodyTooLarge { .. } => "body_too_large",
            Refusal::BodyTooSlow { .. } => "body_too_slow",
            Refusal::BodyBroken => "body_broken",
            Refusal::UnknownParameter { .. } => "unknown_parameter",
            Refusal::InvalidParameter { .. } => "invalid_parameter",
            Refusal::NotReady => "not_ready",
        }
    }

    /// Status and title: the one place where errors become HTTP.
    pub fn status(&self) -> (StatusCode, &'static str) {
        use crate::request::Fault;
        match self {
            Refusal::Engine(error) => match error {
                Error::Request(Fault::NotUtf8 { .. } | Fault::Empty | Fault::NotJson { .. }) => {
                    (StatusCode::BAD_REQUEST, "The body cannot be read")
                }
                Error::Request(_) | Error::InvalidRequest { .. } => {
                    (StatusCode::UNPROCESSABLE_ENTITY, "The request does not fit the form")
                }
                Error::EmptyText | Error::TextWithoutWords => {
                    (StatusCode::UNPROCESSABLE_ENTITY, "There is no text to read")
                }
                Error::TextTooLong { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "The text is too long"),
                Error::BatchTooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "The batch is too large"),
                Error::Number(_) | Error::TicketCommand { .. } => {
                    (StatusCode::UNPROCESSABLE_ENTITY, "The request does not fit the form")
                }
                Error::TicketForbidden { .. } => (StatusCode::FORBIDDEN, "Not yours to do"),
                Error::TicketTransition { .. } => (StatusCode::CONFLICT, "Not possible now"),
                Error::VersionConflict { .. } => (StatusCode::PRECONDITION_FAILED, "Somebody was faster"),
                Error::Overloaded { .. } => (StatusCode::TOO_MANY_REQUESTS, "Too much at once"),
                Error::NoSuchTicket
                | Error::NoSuchComplaint
                | Error::NoSuchIncident
                | Error::NoSuchCustomer
                | Error::NoSuchAttachment
                | Error::NoSuchKey
                | Error::NoSuchAccount => (StatusCode::NOT_FOUND, "Not found"),
                Error::IdempotencyConflict => (StatusCode::UNPROCESSABLE_ENTITY, "The key was used before"),
                Error::StoreRace => (StatusCode::CONFLICT, "Somebody was faster"),
                Error::ExternalIdConflict { .. } => (StatusCode::CONFLICT, "The id was used before"),
                Error::Multipart { .. } => (StatusCode::BAD_REQUEST, "The body cannot be read"),
                Error::AttachmentKind { .. } => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "Not a file that is taken"),
                Error::AttachmentTooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "The file is too large"),
                Error::TooManyAttachments { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "Too many files"),
                Error::AttachmentStore { .. } => {
                    (StatusCode::SERVICE_UNAVAILABLE, "The store of attachments is out of reach")
                }
                Error::Unauthenticated { .. } => (StatusCode::UNAUTHORIZED, "Not signed in"),
                Error::WebhookSecret { .. } | Error::WebhookUrl { .. } | Error::MailAddress { .. } => {
                    (StatusCode::UNPROCESSABLE_ENTITY, "The request does not fit the form")
                }
                Error::Csrf => (StatusCode::FORBIDDEN, "Not from our own page"),
                Error::Forbidden { .. } => (StatusCode::FORBIDDEN, "Not yours to do"),
                Error::LockedOut { .. } | Error::RateLimited { .. } => {
                    (StatusCode::TOO_MANY_REQUESTS, "Too much at once")
                }
                Error::StoreUnavailable { .. } => (StatusCode::SERVICE_UNAVAILABLE, "The database is out of reach"),
                Error::ShuttingDown => (StatusCode::SERVICE_UNAVAILABLE, "The server is shutting down"),
                Error::Listen { .. }
                | Error::PublicAddress { .. }
                | Error::Taxonomy { .. }
                | Error::Policy { .. }
                | Error::Recipe { .. }
                | Error::Bundle { .. }
                | Error::BundleHash { .. }
                | Error::Encoder { .. }
                | Error::Row { .. }
                | Error::Data { .. }
                | Error::File { .. }
                | Error::Calendar { .. }
                | Error::Deadlines { .. }
                | Error::DeadlineOutOfReach { .. }
                | Error::TicketPolicy { .. }
                | Error::UnknownEventKind { .. }
                | Error::TicketHistory { .. }
                | Error::StoreUrl { .. }
                | Error::StoreVersion { .. }
                | Error::Store { .. }
                | Error::Backup { .. }
                | Error::AttachmentDamaged { .. }
                | Error::AttachmentsUrl { .. }
                | Error::SealKeys { .. }
                | Error::Sealed { .. }
                | Error::AuditChain { .. }
                | Error::NoticeTemplates { .. }
                | Error::MailSettings { .. }
                | Error::RelatePolicy { .. }
                | Error::IncidentPolicy { .. }
                | Error::LeaseLost
                | Error::Device { .. }
                | Error::Tensor(_)
                | Error::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "A fault on our side"),
            },
            Refusal::NotFound => (StatusCode::NOT_FOUND, "Not found"),
            Refusal::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "Method not allowed"),
            Refusal::UnsupportedMediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "Not JSON"),
            Refusal::NotMultipart => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "Not multipart"),
            Refusal::TooManyUploads { .. } => (StatusCode::TOO_MANY_REQUESTS, "Too much at once"),
            Refusal::BodyTooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "The body is too large"),
            Refusal::BodyTooSlow { .. } => (StatusCode::REQUEST_TIMEOUT, "The body is too slow"),
            Refusal::BodyBroken => (StatusCode::BAD_REQUEST, "The body cannot be read"),
            Refusal::UnknownParameter { .. } => (StatusCode::BAD_REQUEST, "Unknown parameter"),
            Refusal::InvalidParameter { .. } => (StatusCode::BAD_REQUEST, "The parameter does not fit"),
            Refusal::NotReady => (StatusCode::SERVICE_UNAVAILABLE, "Not ready yet"),
        }
    }

    /// The problem without its request id, which the outermost layer adds. Our own faults are told by a fixed sentence:
    /// their cause is for the log.
    pub fn problem(&self) -> Problem {
        let (status, title) = self.status();
        let ours = status == StatusCode::INTERNAL_SERVER_ERROR;
        let code = if ours { "internal" } else { self.code() };
        Problem {
            r#type: format!("urn:fenzhen:problem:{code}"),
            title: title.to_owned(),
            status: status.as_u16(),
            code: code.to_owned(),
            detail: if ours {
                "something failed here; the log knows it by the request id".into()
            } else {
                self.to_string()
            },
            hint: match self {
                Refusal::Engine(error) if !ours => error.hint(),
                Refusal::BodyTooLarge { .. } => Some("send large sets to /v1/classify/batch in parts".into()),
                Refusal::NotFound => Some("/openapi.json lists what there is".into()),
                Refusal::UnsupportedMediaType => Some("send the header `content-type: application/json`".into()),
                _ => None,
            },
            instance: None,
            request_id: None,
        }
    }

    /// Writes our own faults to the log, once; the caller's are counted and not logged.
    pub fn log(&self) {
        if self.status().0 == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(code = self.code(), fault = %self, "a request failed on our side");
        }
    }
}

impl Problem {
    /// Names the request that met the problem.
    pub fn of_request(mut self, id: &str) -> Self {
        self.instance = Some(format!("urn:fenzhen:request:{id}"));
        self.request_id = Some(id.to_owned());
        self
    }

    /// The answer, with the problem among its extensions too, for the layers outside.
    fn answer(self, mut headers: Vec<(header::HeaderName, HeaderValue)>) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(&self)).into_response();
        headers.push((header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json")));
        for (name, value) in headers {
            response.headers_mut().insert(name, value);
        }
        response.extensions_mut().insert(self);
        response
    }

    /// The problem of an answer made inside, now with its request id.
    pub fn complete(response: &mut Response, id: &str) {
        if let Some(problem) = response.extensions_mut().remove::<Problem>() {
            let problem = problem.of_request(id);
            let body = serde_json::to_vec(&problem).expect("a problem has only strings and a number");
            response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
            *response.body_mut() = Body::from(body);
            response.extensions_mut().insert(problem);
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        self.log();
        let mut headers = Vec::new();
        if self.status().0 == StatusCode::TOO_MANY_REQUESTS || self.status().0 == StatusCode::SERVICE_UNAVAILABLE {
            let seconds = match &self {
                Refusal::Engine(Error::LockedOut { seconds } | Error::RateLimited { seconds }) => (*seconds).max(1),
                _ => 1,
            };
            headers.push((header::RETRY_AFTER, HeaderValue::from(seconds)));
        }
        if self.status().0 == StatusCode::UNAUTHORIZED {
            headers.push((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
        }
        self.problem().answer(headers)
    }
}
