//! Reading a request: the JSON object of `/v1/classify`, the same over HTTP and in `classify --jsonl`.
//!
//! Read by hand and not by a derived `Deserialize`, for three reasons: derived messages quote what was sent, and that may
//! be a complaint; each fault gets its own stable code and the path of the field; and nothing that is skipped is built
//! in memory, so that a body costs about its own size, however it is nested.

use crate::{
    Complaint, Error, Result,
    complaint::{Customer, Order},
};
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt};

/// The longest id, in characters.
pub const ID_LIMIT: usize = 256;
/// The longest other field besides the text, in characters.
pub const FIELD_LIMIT: usize = 1_000;

/// What is wrong with a request. Holds paths of known fields and positions, never anything that was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("the request is not UTF-8: byte {offset} does not fit")]
    NotUtf8 { offset: usize },
    #[error("the request is empty")]
    Empty,
    #[error("this is not JSON: {reason} at line {line}, column {column}")]
    NotJson { reason: String, line: usize, column: usize },
    #[error("{field} must be {expected}, not {found}")]
    WrongType { field: String, expected: &'static str, found: &'static str },
    #[error("{within} has a field that is not known{}", meant.map(|m| format!("; was `{m}` meant?")).unwrap_or_default())]
    UnknownField { within: String, known: &'static [&'static str], meant: Option<&'static str> },
    #[error("{field} is missing")]
    MissingField { field: String },
    #[error("{field} is given twice")]
    DuplicateField { field: String },
    #[error("{field} {reason}")]
    InvalidValue { field: String, reason: String },
}

impl Fault {
    /// The stable code, part of [`Error::code`].
    pub fn code(&self) -> &'static str {
        match self {
            Fault::NotUtf8 { .. } => "not_utf8",
            Fault::Empty => "empty_body",
            Fault::NotJson { .. } => "not_json",
            Fault::WrongType { .. } => "wrong_type",
            Fault::UnknownField { .. } => "unknown_field",
            Fault::MissingField { .. } => "missing_field",
            Fault::DuplicateField { .. } => "duplicate_field",
            Fault::InvalidValue { .. } => "invalid_value",
        }
    }

    /// The way out.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Fault::NotUtf8 { .. } => "encode the request as UTF-8 (GBK and GB18030 files: use `fenzhen score`)".into(),
            Fault::Empty => r#"send an object such as {"text": "…"}"#.into(),
            Fault::UnknownField { known, .. } => format!("known here: {}", known.join(", ")),
            Fault::MissingField { .. } | Fault::WrongType { .. } => {
                "see /openapi.json for the form of a request".into()
            }
            _ => return None,
        })
    }
}

impl Complaint {
    /// Reads one request object.
    ///
    /// # Errors
    /// [`Error::Request`] with a [`Fault`] that says which field, and never quotes it.
    ///
    /// ```
    /// use fenzhen::Complaint;
    /// let complaint = Complaint::from_json(r#"{"text": "快递三天没动静", "order": {"amount": 88.5}}"#.as_bytes())?;
    /// assert_eq!(complaint.order.unwrap().amount, Some(88.5));
    /// let error = Complaint::from_json(r#"{"txet": "快递三天没动静"}"#.as_bytes()).unwrap_err();
    /// assert_eq!(error.to_string(), "the request has a field that is not known; was `text` meant?");
    /// # Ok::<(), fenzhen::Error>(())
    /// ```
    pub fn from_json(bytes: &[u8]) -> Result<Self> {
        Ok(complaint(utf8(bytes)?, "")?)
    }
}

/// Reads a batch: one result a complaint, in order; one that is wrong does not harm the others.
///
/// # Errors
/// [`Error::Request`] where the whole cannot be read, [`Error::BatchTooLarge`] above `limit`.
pub fn batch(bytes: &[u8], limit: usize) -> Result<Vec<Result<Complaint>>> {
    batch_of(bytes, limit, complaint)
}

/// The same for any form of a complaint.
pub(crate) fn batch_of<T>(
    bytes: &[u8],
    limit: usize,
    read: impl Fn(&str, &str) -> Result<T, Fault>,
) -> Result<Vec<Result<T>>> {
    let mut fields = Fields::read(utf8(bytes)?, "", &["complaints"])?;
    let raw = fields.needed("complaints")?;
    fields.done()?;
    let list: List = match kind(raw) {
        "a list" => serde_json::from_str(raw).map_err(|e| not_json(&e))?,
        found => return Err(Fault::WrongType { field: "complaints".into(), expected: "a list", found }.into()),
    };
    if list.count > limit.min(KEPT) {
        return Err(Error::BatchTooLarge { count: list.count, limit: limit.min(KEPT) });
    }
    if list.count == 0 {
        let reason = "is empty: at least one complaint is needed".into();
        return Err(Fault::InvalidValue { field: "complaints".into(), reason }.into());
    }
    Ok(list.items.iter().enumerate().map(|(i, raw)| Ok(read(raw.get(), &format!("complaints[{i}]"))?)).collect())
}

/// How many members of a list are kept while reading; more are only counted.
const KEPT: usize = 4_096;

const COMPLAINT: &[&str] = &["id", "text", "channel", "customer", "order", "product", "region", "received_at"];

fn complaint(json: &str, path: &str) -> Result<Complaint, Fault> {
    let mut fields = Fields::read(json, path, COMPLAINT)?;
    let complaint = Complaint { id: fields.short_text("id", ID_LIMIT)?, ..said(&mut fields)? };
    fields.done()?;
    Ok(complaint)
}

/// What every form of a complaint has: all but its id.
pub(crate) fn said(fields: &mut Fields) -> Result<Complaint, Fault> {
    let complaint = Complaint {
        text: text(fields.needed("text")?, &fields.at("text"))?,
        channel: fields.short_text("channel", FIELD_LIMIT)?,
        customer: fields.object("customer", customer)?,
        order: fields.object("order", order)?,
        product: fields.short_text("product", FIELD_LIMIT)?,
        region: fields.short_text("region", FIELD_LIMIT)?,
        received_at: fields.short_text("received_at", FIELD_LIMIT)?,
        ..Complaint::default()
    };
    if complaint.received_at.as_ref().is_some_and(|t| t.parse::<jiff::Timestamp>().is_err()) {
        let reason = "must be a time with its offset, as in 2026-11-25T09:30:00+08:00 (RFC 3339)".into();
        return Err(Fault::InvalidValue { field: fields.at("received_at"), reason });
    }
    Ok(complaint)
}

fn customer(json: &str, path: &str) -> Result<Customer, Fault> {
    let mut fields = Fields::read(json, path, &["id", "tier"])?;
    let customer = Customer { id: fields.short_text("id", ID_LIMIT)?, tier: fields.short_text("tier", FIELD_LIMIT)? };
    fields.done()?;
    Ok(customer)
}

fn order(json: &str, path: &str) -> Result<Order, Fault> {
    let mut fields = Fields::read(json, path, &["id", "amount"])?;
    let order = Order { id: fields.short_text("id", ID_LIMIT)?, amount: fields.number("amount")? };
    fields.done()?;
    Ok(order)
}

/// The fields of one object as they stand in the source, to be taken one by one.
pub(crate) struct Fields<'a> {
    path: String,
    known: &'static [&'static str],
    given: Vec<(&'static str, &'a RawValue)>,
    unknown: Option<Fault>,
}

impl<'a> Fields<'a> {
    pub(crate) fn read(json: &'a str, path: &str, known: &'static [&'static str]) -> Result<Self, Fault> {
        if json.trim_ascii().is_empty() {
            return Err(Fault::Empty);
        }
        let found = kind(json);
        if found != "an object" {
            // What is not JSON at all is told as that, and not as a wrong type.
            serde_json::from_str::<IgnoredAny>(json).map_err(|e| not_json(&e))?;
            return Err(Fault::WrongType { field: whole(path), expected: "an object", found });
        }
        let mut reader = serde_json::Deserializer::from_str(json);
        let object = serde::Deserializer::deserialize_map(&mut reader, ObjectVisitor { path, known });
        let object = object.and_then(|object| reader.end().map(|()| object)).map_err(|e| not_json(&e))?;
        match object.duplicate {
            Some(field) => Err(Fault::DuplicateField { field: join(path, field) }),
            None => Ok(Fields { path: path.to_owned(), known, given: object.given, unknown: object.unknown }),
        }
    }

    pub(crate) fn at(&self, field: &str) -> String {
        join(&self.path, field)
    }

    /// The source of a field; absent and null are the same.
    fn take(&mut self, field: &str) -> Option<&'a str> {
        debug_assert!(self.known.contains(&field), "{field} is not listed");
        let place = self.given.iter().position(|(name, _)| *name == field)?;
        Some(self.given.swap_remove(place).1.get()).filter(|raw| *raw != "null")
    }

    fn needed(&mut self, field: &str) -> Result<&'a str, Fault> {
        // A wrong name is the likelier fault than a missing field, and the more useful one to hear of.
        match self.given.iter().position(|(name, _)| *name == field) {
            Some(place) => Ok(self.given.swap_remove(place).1.get()),
            None => Err(self.unknown.take().unwrap_or(Fault::MissingField { field: self.at(field) })),
        }
    }

    pub(crate) fn short_text(&mut self, field: &str, limit: usize) -> Result<Option<String>, Fault> {
        let Some(raw) = self.take(field) else { return Ok(None) };
        let value = text(raw, &self.at(field))?;
        match value.chars().nth(limit) {
            None => Ok(Some(value)),
            Some(_) => {
                Err(Fault::InvalidValue { field: self.at(field), reason: format!("is longer than {limit} characters") })
            }
        }
    }

    fn number(&mut self, field: &str) -> Result<Option<f64>, Fault> {
        let Some(raw) = self.take(field) else { return Ok(None) };
        match kind(raw) {
            "a number" => serde_json::from_str(raw)
                .map(Some)
                .map_err(|_| Fault::InvalidValue { field: self.at(field), reason: "is a number out of range".into() }),
            found => Err(Fault::WrongType { field: self.at(field), expected: "a number", found }),
        }
    }

    fn object<T>(&mut self, field: &str, read: fn(&str, &str) -> Result<T, Fault>) -> Result<Option<T>, Fault> {
        self.take(field).map(|raw| read(raw, &self.at(field))).transpose()
    }

    pub(crate) fn done(self) -> Result<(), Fault> {
        self.unknown.map_or(Ok(()), Err)
    }
}

struct Object<'a> {
    given: Vec<(&'static str, &'a RawValue)>,
    duplicate: Option<&'static str>,
    unknown: Option<Fault>,
}

struct ObjectVisitor<'p> {
    path: &'p str,
    known: &'static [&'static str],
}

impl<'de> Visitor<'de> for ObjectVisitor<'_> {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
        let mut object = Object { given: Vec::new(), duplicate: None, unknown: None };
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            match self.known.iter().find(|known| **known == key) {
                Some(known) => {
                    if object.given.iter().any(|(name, _)| name == known) {
                        object.duplicate = Some(known);
                        map.next_value::<IgnoredAny>()?;
                    } else {
                        object.given.push((known, map.next_value()?));
                    }
                }
                None => {
                    map.next_value::<IgnoredAny>()?;
                    object.unknown.get_or_insert_with(|| Fault::UnknownField {
                        within: whole(self.path),
                        known: self.known,
                        meant: meant(&key, self.known),
                    });
                }
            }
        }
        Ok(object)
    }
}

/// A list of which at most [`KEPT`] members are kept, as they stand in the source.
struct List<'a> {
    items: Vec<&'a RawValue>,
    count: usize,
}

impl<'de> serde::Deserialize<'de> for List<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListVisitor;
        impl<'de> Visitor<'de> for ListVisitor {
            type Value = List<'de>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a list")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<List<'de>, A::Error> {
                let mut items = Vec::new();
                while items.len() < KEPT
                    && let Some(item) = seq.next_element()?
                {
                    items.push(item);
                }
                let mut count = items.len();
                while seq.next_element::<IgnoredAny>()?.is_some() {
                    count += 1;
                }
                Ok(List { items, count })
            }
        }
        deserializer.deserialize_seq(ListVisitor)
    }
}

pub(crate) fn utf8(bytes: &[u8]) -> Result<&str, Fault> {
    // Some clients begin with a byte order mark; RFC 8259 lets a parser ignore it.
    let text = std::str::from_utf8(bytes).map_err(|e| Fault::NotUtf8 { offset: e.valid_up_to() })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

fn text(raw: &str, field: &str) -> Result<String, Fault> {
    match kind(raw) {
        // The form was checked when the object was read; what is left to fail are escapes such as a lone \ud800.
        "a string" => serde_json::from_str(raw).map_err(|_| Fault::InvalidValue {
            field: field.to_owned(),
            reason: "has an escape that is no character, such as half of a surrogate pair (\\ud800)".into(),
        }),
        found => Err(Fault::WrongType { field: field.to_owned(), expected: "a string", found }),
    }
}

/// What kind of JSON value a piece of source begins.
fn kind(json: &str) -> &'static str {
    match json.trim_ascii_start().bytes().next() {
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "true or false",
        Some(b'n') => "null",
        _ => "a number",
    }
}

fn not_json(error: &serde_json::Error) -> Fault {
    use serde_json::error::Category;
    // Only syntax errors are told in serde_json's words: those are fixed sentences that quote nothing.
    let reason = match error.classify() {
        Category::Eof => "it ends too early".into(),
        Category::Syntax => {
            let message = error.to_string();
            message.rsplit_once(" at line ").map_or(message.clone(), |(reason, _)| reason.to_owned())
        }
        _ => "it cannot be read".into(),
    };
    Fault::NotJson { reason, line: error.line(), column: error.column() }
}

fn join(path: &str, field: &str) -> String {
    if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") }
}

fn whole(path: &str) -> String {
    if path.is_empty() { "the request".into() } else { path.to_owned() }
}

/// The known field that a wrong name is one or two slips away from.
fn meant(key: &str, known: &[&'static str]) -> Option<&'static str> {
    if key.len() > 32 {
        return None;
    }
    let best = known.iter().map(|k| (slips(key, k), *k)).min()?;
    (best.0 <= 2 && best.0 < best.1.len()).then_some(best.1)
}

/// Levenshtein's distance over bytes.
fn slips(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.to_lowercase().bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.bytes().enumerate() {
            let change = diagonal + usize::from(x != y);
            let best = change.min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = std::mem::replace(&mut row[j + 1], best);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests;
