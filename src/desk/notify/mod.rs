//! Telling people and software what happens to complaints.
//!
//! A change and the notices of it are written in one transaction, so nothing is told that did not happen and nothing that
//! happened stays untold; a worker claims their deliveries afterwards. Store and worker are elsewhere; here is what they need:
//!
//! 1. [`Notice`] is what somebody is to be told: facts, with an id that stays the same in every attempt.
//! 2. [`plan`] gathers deadlines for people into digests, so that a bad morning is few messages; software gets every notice.
//! 3. [`Templates`] make sentences of a notice, in Chinese or English, as plain text.
//! 4. [`sign`] signs webhooks as Standard Webhooks has it; [`verify`] is the receiver's side.
//! 5. [`Channel`] is the seam to a receiver: [`Webhook`] behind the [`Guard`] against requests to the own network, and
//!    [`Mail`]. Chat robots, SMS and push join here.
//! 6. [`next_attempt`] says when a delivery that failed is tried again, and when no more.
//!
//! ```
//! use fenzhen::{desk::notify::*, taxonomy::Language};
//! let now: jiff::Timestamp = "2026-11-26T10:00+08:00".parse().unwrap();
//! let facts = Facts {
//!     number: Some("20261126-000123-4".into()),
//!     promised: Some("2026-11-26T18:00+08:00".parse().unwrap()),
//!     ..Facts::default()
//! };
//! let notice = Notice { id: uuid::Uuid::now_v7(), kind: Kind::TicketOpened, at: now, audience: Audience::Customer, facts };
//! let zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap();
//! let reader = Reader { language: Language::Zh, zone: &zone, now, link: None };
//! let told = Templates::built_in().render(&notice, &reader).unwrap();
//! assert!(told.body.contains("预计今日18:00前给出方案"));
//! ```

mod backoff;
mod deliver;
mod digest;
mod message;
mod templates;
mod webhook;

pub use backoff::{SCHEDULE, next_attempt};
pub use deliver::{
    Channel, Endpoint, Mail, MailSecurity, MailSettings, Mailbox, Mailer, Outcome, Outgoing, Sending, Timeouts,
    Webhook, Webhooks,
    guard::{Allowed, Guard},
};
pub use digest::{DigestPolicy, GATHERED, Message, Plan, plan};
pub use message::{Agent, Audience, Facts, Item, Kind, Masked, Notice};
pub use templates::{Reader, Rendered, Templates};
pub use webhook::{Mismatch, Secret, Signed, TOLERANCE, sign, verify};
