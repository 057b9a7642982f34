//! The one error of the crate. Every variant carries the facts, has a stable code and, where there is one, a way out.

use std::path::{Path, PathBuf};

/// The result of everything here that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong. Messages never hold complaint text.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the complaint text is empty")]
    EmptyText,
    #[error("the complaint text has no word in it: only punctuation, symbols or emoji")]
    TextWithoutWords,
    #[error("the complaint has {chars} characters; the limit is {limit}")]
    TextTooLong { chars: usize, limit: usize },
    #[error("{what}: {reason}")]
    InvalidRequest { what: String, reason: String },
    #[error(transparent)]
    Request(#[from] crate::request::Fault),
    #[error("{count} complaints in one batch; the limit is {limit}")]
    BatchTooLarge { count: usize, limit: usize },
    #[error("{waiting} complaints wait already, as many as can be answered in time")]
    Overloaded { waiting: usize },
    #[error("the server is shutting down")]
    ShuttingDown,
    #[error("cannot listen on {address}: {source}")]
    Listen { address: String, source: std::io::Error },
    #[error("{address} can be reached from other machines, and nobody could sign in yet: there is no administrator")]
    PublicAddress { address: String },
    #[error("{path}: {reason}", path = path.display())]
    Taxonomy { path: PathBuf, reason: String },
    #[error("{path}: {reason}", path = path.display())]
    Policy { path: PathBuf, reason: String },
    #[error("{path}: {reason}", path = path.display())]
    Recipe { path: PathBuf, reason: String },
    #[error("bundle {path}: {reason}", path = path.display())]
    Bundle { path: PathBuf, reason: String },
    #[error("bundle {path}: {file} has hash {found}, the manifest says {expected}", path = path.display())]
    BundleHash { path: PathBuf, file: String, expected: String, found: String },
    #[error("encoder {path}: {reason}", path = path.display())]
    Encoder { path: PathBuf, reason: String },
    #[error("{path}, line {line}: {reason}", path = path.display())]
    Row { path: PathBuf, line: usize, reason: String },
    #[error("{path}: {reason}", path = path.display())]
    Data { path: PathBuf, reason: String },
    #[error("{path}: {source}", path = path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("{}: {reason}", path.display())]
    Calendar { path: PathBuf, reason: String },
    #[error("{}: {reason}", path.display())]
    Deadlines { path: PathBuf, reason: String },
    #[error(
        "no deadline can be counted from {from}: the calendar has too little working time in the {years} years after it"
    )]
    DeadlineOutOfReach { from: jiff::Timestamp, years: i16 },
    #[error("{}: {reason}", path.display())]
    TicketPolicy { path: PathBuf, reason: String },
    #[error(transparent)]
    Number(#[from] crate::desk::ticket::NumberFault),
    #[error(
        "ticket {number} is at {state}, where `{command}` is not possible; possible now: {}",
        if allowed.is_empty() { "nothing".to_owned() } else { allowed.join(", ") }
    )]
    TicketTransition { number: String, state: String, command: &'static str, allowed: Vec<&'static str> },
    #[error("`{command}` is not for the role {role} here: {reason}")]
    TicketForbidden { command: &'static str, role: &'static str, reason: String },
    #[error("`{command}`: {reason}")]
    TicketCommand { command: &'static str, reason: String },
    #[error("ticket {number} is at version {found}; the command was meant for {expected}")]
    VersionConflict { number: String, expected: String, found: u64 },
    #[error("event {sequence} of the stored history is of the kind `{kind}`, which this version does not know")]
    UnknownEventKind { sequence: u64, kind: String },
    #[error("the stored history cannot be read at event {sequence}: {reason}")]
    TicketHistory { sequence: u64, reason: String },
    #[error("the URL of the database: {reason}")]
    StoreUrl { reason: String },
    #[error("the database is out of reach: {reason}")]
    StoreUnavailable { reason: String },
    #[error("the database has other tables than this program knows: {reason}")]
    StoreVersion { reason: String },
    #[error("two wrote the same into the database at once")]
    StoreRace,
    #[error("the database: {reason}")]
    Store { reason: String },
    #[error("{origin}: {reason}")]
    SealKeys { origin: String, reason: String },
    #[error("the sealed {what} cannot be opened: {reason}")]
    Sealed { what: String, reason: String },
    #[error("{reason}")]
    Unauthenticated { reason: String },
    #[error("`{needed}` is not for the role {role} here: {reason}")]
    Forbidden { needed: &'static str, role: &'static str, reason: String },
    #[error("too many failed sign-ins; locked for another {seconds} s")]
    LockedOut { seconds: u64 },
    #[error("too many requests; there is room again in {seconds} s")]
    RateLimited { seconds: u64 },
    #[error("the audit log is broken at entry {sequence}: {reason}")]
    AuditChain { sequence: u64, reason: String },
    #[error("the request came without the session's CSRF token")]
    Csrf,
    #[error("{}: {reason}", path.display())]
    NoticeTemplates { path: PathBuf, reason: String },
    #[error("the secret of a webhook cannot be used: {reason}")]
    WebhookSecret { reason: String },
    #[error("the URL of a webhook cannot be used: {reason}")]
    WebhookUrl { reason: String },
    #[error("the e-mail address cannot be used: {reason}")]
    MailAddress { reason: String },
    #[error("mail cannot be sent with these settings: {reason}")]
    MailSettings { reason: String },
    #[error("{}: {reason}", path.display())]
    RelatePolicy { path: PathBuf, reason: String },
    #[error("{}: {reason}", path.display())]
    IncidentPolicy { path: PathBuf, reason: String },
    #[error("backup: {reason}")]
    Backup { reason: String },
    #[error("there is no such ticket")]
    NoSuchTicket,
    #[error("there is no such key")]
    NoSuchKey,
    #[error("there is no such account")]
    NoSuchAccount,
    #[error("there is no such incident")]
    NoSuchIncident,
    #[error("nobody of this id has complained, as far as you may see")]
    NoSuchCustomer,
    #[error("there is no such complaint")]
    NoSuchComplaint,
    #[error("the same Idempotency-Key came with another request before")]
    IdempotencyConflict,
    #[error("the channel has sent another text, or other files, under the same external_id before: complaint {number}")]
    ExternalIdConflict { number: String },
    #[error("the multipart body cannot be read: {reason}")]
    Multipart { reason: String },
    #[error("{part} is, by its first bytes, no file that is taken here")]
    AttachmentKind { part: String },
    #[error("{part} is larger than {limit} bytes")]
    AttachmentTooLarge { part: String, limit: u64 },
    #[error("more attachments than the {limit} that there may be")]
    TooManyAttachments { limit: usize },
    #[error("there is no such attachment")]
    NoSuchAttachment,
    #[error("the attachment is damaged: {reason}")]
    AttachmentDamaged { reason: String },
    #[error("the store of attachments: {reason}")]
    AttachmentStore { reason: String },
    #[error("the place of the attachments cannot be used: {reason}")]
    AttachmentsUrl { reason: String },
    #[error("the work was taken over by another worker")]
    LeaseLost,
    #[error("the device {device} cannot be used: {reason}")]
    Device { device: String, reason: String },
    #[error("tensor work failed: {0}")]
    Tensor(#[from] candle_core::Error),
    #[error("internal fault: {0}")]
    Internal(String),
}

impl Error {
    /// A file that could not be read or written.
    pub fn file(path: impl AsRef<Path>, source: std::io::Error) -> Self {
        Error::File { path: path.as_ref().to_owned(), source }
    }

    /// The stable code, the same on the command line, over HTTP and in logs.
    pub fn code(&self) -> &'static str {
        match self {
            Error::EmptyText => "empty_text",
            Error::TextWithoutWords => "text_without_words",
            Error::TextTooLong { .. } => "text_too_long",
            Error::InvalidRequest { .. } => "invalid_request",
            Error::Request(fault) => fault.code(),
            Error::BatchTooLarge { .. } => "batch_too_large",
            Error::Overloaded { .. } => "overloaded",
            Error::ShuttingDown => "shutting_down",
            Error::Listen { .. } => "listen",
            Error::PublicAddress { .. } => "public_address",
            Error::Taxonomy { .. } => "invalid_taxonomy",
            Error::Policy { .. } => "invalid_policy",
            Error::Recipe { .. } => "invalid_recipe",
            Error::Bundle { .. } => "invalid_bundle",
            Error::BundleHash { .. } => "bundle_hash_mismatch",
            Error::Encoder { .. } => "invalid_encoder",
            Error::Row { .. } => "invalid_row",
            Error::Data { .. } => "invalid_data",
            Error::File { .. } => "file",
            Error::Calendar { .. } => "invalid_calendar",
            Error::Deadlines { .. } => "invalid_deadlines",
            Error::DeadlineOutOfReach { .. } => "deadline_out_of_reach",
            Error::TicketPolicy { .. } => "invalid_ticket_policy",
            Error::Number(fault) => fault.code(),
            Error::TicketTransition { .. } => "illegal_transition",
            Error::TicketForbidden { .. } => "forbidden_command",
            Error::TicketCommand { .. } => "invalid_command",
            Error::VersionConflict { .. } => "version_conflict",
            Error::UnknownEventKind { .. } => "unknown_event_kind",
            Error::TicketHistory { .. } => "invalid_history",
            Error::StoreUrl { .. } => "invalid_store_url",
            Error::StoreUnavailable { .. } => "store_unavailable",
            Error::StoreVersion { .. } => "store_version",
            Error::StoreRace => "store_race",
            Error::Store { .. } => "store",
            Error::SealKeys { .. } => "invalid_seal_keys",
            Error::Sealed { .. } => "sealed",
            Error::Unauthenticated { .. } => "unauthenticated",
            Error::Forbidden { .. } => "forbidden",
            Error::LockedOut { .. } => "locked_out",
            Error::RateLimited { .. } => "rate_limited",
            Error::AuditChain { .. } => "audit_chain",
            Error::Csrf => "csrf",
            Error::NoticeTemplates { .. } => "invalid_notice_templates",
            Error::WebhookSecret { .. } => "invalid_webhook_secret",
            Error::WebhookUrl { .. } => "invalid_webhook_url",
            Error::MailAddress { .. } => "invalid_mail_address",
            Error::MailSettings { .. } => "invalid_mail_settings",
            Error::RelatePolicy { .. } => "invalid_relate_policy",
            Error::IncidentPolicy { .. } => "invalid_incident_policy",
            Error::Backup { .. } => "backup",
            Error::NoSuchTicket => "no_such_ticket",
            Error::NoSuchKey => "no_such_key",
            Error::NoSuchAccount => "no_such_account",
            Error::NoSuchIncident => "no_such_incident",
            Error::NoSuchCustomer => "no_such_customer",
            Error::NoSuchComplaint => "no_such_complaint",
            Error::IdempotencyConflict => "idempotency_conflict",
            Error::ExternalIdConflict { .. } => "external_id_conflict",
            Error::Multipart { .. } => "invalid_multipart",
            Error::AttachmentKind { .. } => "attachment_kind",
            Error::AttachmentTooLarge { .. } => "attachment_too_large",
            Error::TooManyAttachments { .. } => "too_many_attachments",
            Error::NoSuchAttachment => "no_such_attachment",
            Error::AttachmentDamaged { .. } => "attachment_damaged",
            Error::AttachmentStore { .. } => "attachment_store",
            Error::AttachmentsUrl { .. } => "invalid_attachments_url",
            Error::LeaseLost => "lease_lost",
            Error::Device { .. } => "device",
            Error::Tensor(_) => "tensor",
            Error::Internal(_) => "internal",
        }
    }

    /// The way out, where there is a general one.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Error::EmptyText | Error::TextWithoutWords => "send the customer's own words in `text`".into(),
            Error::TextTooLong { limit, .. } => format!("send the first {limit} characters, or split the message"),
            Error::Request(fault) => return fault.hint(),
            Error::BatchTooLarge { limit, .. } => format!("send at most {limit} at a time"),
            Error::Overloaded { .. } => "try again after the time in Retry-After".into(),
            Error::Listen { source, .. } => match source.kind() {
                std::io::ErrorKind::AddrInUse => {
                    "another program has this port: choose another, or --listen 127.0.0.1:0 for any free one".into()
                }
                std::io::ErrorKind::PermissionDenied => {
                    "ports below 1024 need special rights: choose a higher one".into()
                }
                _ => "the form is HOST:PORT, as in --listen 127.0.0.1:8080".into(),
            },
            Error::PublicAddress { .. } => {
                "keep to 127.0.0.1, or make a key first: `fenzhen key create NAME --role admin`".into()
            }
            Error::Bundle { path, .. } | Error::BundleHash { path, .. } => {
                format!("copy the bundle again, then run `fenzhen bundle verify {}`", path.display())
            }
            Error::Encoder { .. } => {
                "the folder must hold config.json, model.safetensors and tokenizer.json of a BERT-style encoder".into()
            }
            Error::File { .. } => "check the path and the permissions".into(),
            Error::DeadlineOutOfReach { .. } => {
                "check the calendar's week and holidays, and the time of the event".into()
            }
            Error::Number(fault) => fault.hint().into(),
            Error::TicketTransition { .. } => "do one of what is possible now, or read the ticket again".into(),
            Error::VersionConflict { .. } => "read the ticket again and repeat with its new ETag".into(),
            Error::UnknownEventKind { .. } => "a newer version wrote it: start that version".into(),
            Error::TicketHistory { .. } => "restore the history from a backup".into(),
            Error::StoreUrl { .. } => {
                "as in sqlite:///var/lib/fenzhen/desk.sqlite or postgres://user@host/fenzhen".into()
            }
            Error::StoreUnavailable { .. } => {
                "check that the database runs, has space, and may be reached from here".into()
            }
            Error::SealKeys { .. } => {
                "keep the key file with the database and its backups: without it nothing opens".into()
            }
            Error::Sealed { .. } => "start with the key file that was used when it was written".into(),
            Error::Unauthenticated { .. } => "send the header `Authorization: Bearer fz_…` with an API key".into(),
            Error::Csrf => "send the token that came with the sign-in in the header `x-csrf-token`".into(),
            Error::WebhookSecret { .. } => {
                "the form is whsec_ and base64 of 24 to 64 bytes; leave it out to get a new one".into()
            }
            Error::WebhookUrl { .. } => {
                "use an https URL of a public host, or let the operator allow the network".into()
            }
            Error::AuditChain { .. } => "compare it with a backup: somebody changed the log, or the disk did".into(),
            Error::StoreRace => "try again: the other one was first".into(),
            Error::StoreVersion { .. } => "start the version of the program that wrote it, or restore a backup".into(),
            Error::IdempotencyConflict => {
                "use a new key for a new request, and the old one only to repeat the old one".into()
            }
            Error::ExternalIdConflict { .. } => {
                "add what is new to that complaint's ticket, or send it under its own id".into()
            }
            Error::Multipart { .. } => "let a library make it: multipart/form-data as in RFC 7578".into(),
            Error::AttachmentKind { .. } => {
                "send JPEG, PNG, WebP, GIF or HEIC, or a recording as MP3, WAV, M4A, OGG or AMR".into()
            }
            Error::AttachmentTooLarge { .. } => {
                "an image may have 10 MiB, a recording 20 MiB: send it smaller, or a part of it".into()
            }
            Error::TooManyAttachments { .. } => "three may come at once, and a ticket may have fifty".into(),
            Error::AttachmentDamaged { .. } => "restore the file from a backup of the attachments".into(),
            Error::AttachmentStore { .. } => {
                "check that the store of attachments is there, has space, and may be written".into()
            }
            Error::AttachmentsUrl { .. } => {
                "as in --attachments /var/lib/fenzhen/attachments, or s3://bucket/prefix with a build that has `--features s3`"
                    .into()
            }
            Error::Device { .. } => "use --device cpu".into(),
            _ => return None,
        })
    }
}
