//! What a channel sends.

use crate::{
    Complaint, Result,
    desk::attachments::Received,
    request::{FIELD_LIMIT, Fault, Fields, ID_LIMIT, batch_of, said, utf8},
};
use jiff::Timestamp;

/// A complaint with what only the desk keeps: how to reach the customer, and what the customer wants.
#[derive(Clone, PartialEq)]
pub struct Submission {
    /// The message, and what the channel knows. Its `id` is the channel's own id of it.
    pub complaint: Complaint,
    /// A phone number, an address: stored sealed.
    pub contact: Option<String>,
    /// What the customer wants to happen, in the customer's words.
    pub wish: Option<String>,
    /// Files that came with it, received already; they come beside the JSON, not in it.
    pub attachments: Vec<Received>,
}

const KNOWN: &[&str] =
    &["text", "channel", "external_id", "customer", "contact", "order", "product", "region", "wish", "received_at"];

/// The longest channel name, in characters.
const CHANNEL_LIMIT: usize = 64;
/// The first second of 2000: nobody has complaints from before, and calendars need not know them.
const EARLIEST: i64 = 946_684_800;
/// More than any order costs, in yuan.
const AMOUNT_LIMIT: f64 = 1e9;

impl Submission {
    /// A submission of which only the words are known.
    pub fn of(text: impl Into<String>) -> Self {
        Submission { complaint: Complaint::of(text), contact: None, wish: None, attachments: Vec::new() }
    }

    /// Reads one request object: the fields of a complaint, with `external_id` in place of `id`, and `contact`, `wish`.
    ///
    /// # Errors
    /// [`crate::Error::Request`], which names the field and never quotes it.
    pub fn from_json(bytes: &[u8]) -> Result<Self> {
        Ok(read(utf8(bytes)?, "")?)
    }

    /// Reads `{"complaints": […]}`: one result each; one that is wrong does not harm the others.
    ///
    /// # Errors
    /// As [`crate::request::batch`].
    pub fn batch(bytes: &[u8], limit: usize) -> Result<Vec<Result<Self>>> {
        batch_of(bytes, limit, read)
    }

    /// When it came in: what the channel says, as long as that is not in the future.
    pub(super) fn received_at(&self, now: Timestamp) -> Timestamp {
        let said = self.complaint.received_at.as_ref().and_then(|at| at.parse::<Timestamp>().ok());
        said.map_or(now, |at| at.min(now))
    }
}

fn read(json: &str, path: &str) -> Result<Submission, Fault> {
    let mut fields = Fields::read(json, path, KNOWN)?;
    let mut submission = Submission {
        complaint: said(&mut fields)?,
        contact: fields.short_text("contact", ID_LIMIT)?,
        wish: fields.short_text("wish", FIELD_LIMIT)?,
        attachments: Vec::new(),
    };
    submission.complaint.id = fields.short_text("external_id", ID_LIMIT)?;
    check(&submission, &fields)?;
    fields.done()?;
    Ok(submission)
}

/// What a database and the rules have to live with for years is held to a form.
fn check(submission: &Submission, fields: &Fields) -> Result<(), Fault> {
    let complaint = &submission.complaint;
    let wrong = |field: &str, reason: &str| Err(Fault::InvalidValue { field: fields.at(field), reason: reason.into() });
    let customer = complaint.customer.as_ref();
    let order = complaint.order.as_ref();
    for (field, value) in [
        ("channel", &complaint.channel),
        ("external_id", &complaint.id),
        ("customer.id", &customer.and_then(|customer| customer.id.clone())),
        ("customer.tier", &customer.and_then(|customer| customer.tier.clone())),
        ("order.id", &order.and_then(|order| order.id.clone())),
        ("product", &complaint.product),
        ("region", &complaint.region),
        ("contact", &submission.contact),
    ] {
        match value {
            Some(value) if value.trim().is_empty() => {
                return wrong(field, "is blank: leave it out where it is not known");
            }
            Some(value) if value.chars().any(char::is_control) => return wrong(field, "has a control character"),
            _ => {}
        }
    }
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
    if let Some(channel) = &complaint.channel
        && (channel.len() > CHANNEL_LIMIT || !channel.chars().all(plain))
    {
        return wrong("channel", "must be a name of small letters and digits, as in wechat or mini-program");
    }
    let received = complaint.received_at.as_ref().and_then(|at| at.parse::<Timestamp>().ok());
    if received.is_some_and(|at| at < Timestamp::from_second(EARLIEST).unwrap_or(Timestamp::MIN)) {
        return wrong("received_at", "must not be before the year 2000");
    }
    if order.and_then(|order| order.amount).is_some_and(|amount| !(0.0..=AMOUNT_LIMIT).contains(&amount)) {
        return wrong("order.amount", "must be from 0 to 1,000,000,000 yuan");
    }
    Ok(())
}
