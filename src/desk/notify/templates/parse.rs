//! From a file to checked texts.

use super::{
    STAFF, Template, Text,
    line::{self, Line, Piece, Place},
};
use crate::{
    desk::notify::message::{Audience, Kind},
    located::{self, Fault},
};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

type File = BTreeMap<Spanned<String>, BTreeMap<Spanned<String>, RawText>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawText {
    zh: Option<RawTemplate>,
    en: Option<RawTemplate>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTemplate {
    subject: Spanned<String>,
    body: Spanned<String>,
}

/// Reads a file over the texts that are there already.
pub(super) fn texts(
    text: &str,
    mut texts: BTreeMap<(Kind, &'static str), Text>,
) -> Result<BTreeMap<(Kind, &'static str), Text>, Fault> {
    for (kind, audiences) in located::read::<File>(text)? {
        let known = Kind::from_id(kind.get_ref());
        let known = known.ok_or_else(|| Fault::at(&kind, format!("unknown kind of notice `{}`", kind.get_ref())))?;
        for (to, raw) in audiences {
            let key = (known, addressee(&to)?);
            let (zh, en) = (template(text, raw.zh)?, template(text, raw.en)?);
            let before = texts.remove(&key);
            let (old_zh, old_en) = before.map_or((None, None), |old| (Some(old.zh), Some(old.en)));
            let (Some(zh), Some(en)) = (zh.or(old_zh), en.or(old_en)) else {
                let reason = format!("`{}` is not built in for `{}`: it needs `zh` and `en`", kind.get_ref(), key.1);
                return Err(Fault::at(&to, reason));
            };
            if key.1 == Audience::Customer.id() {
                let names = |place: Place| [&zh, &en].into_iter().any(|text| names(text, place));
                if names(Place::Agent) {
                    return Err(Fault::at(&to, "`{agent}` is for the house: customers read no names of people"));
                }
                if known == Kind::TicketResolved && names(Place::Text) {
                    let reason = "`{text}` is the plan of the house: customers read the result, in `ticket.feedback`";
                    return Err(Fault::at(&to, reason));
                }
            }
            texts.insert(key, Text { zh, en });
        }
    }
    Ok(texts)
}

/// Whether a text has a place in it.
fn names(template: &Template, place: Place) -> bool {
    [&template.subject].into_iter().chain(&template.body).any(|line| line.contains(&Piece::Place(place)))
}

/// Whom a key is for.
fn addressee(to: &Spanned<String>) -> Result<&'static str, Fault> {
    let people = Audience::ALL.iter().filter(|audience| **audience != Audience::System).map(|audience| audience.id());
    let known: Vec<&'static str> = people.chain([STAFF]).collect();
    let found = known.iter().find(|id| *id == to.get_ref());
    let unknown = || Fault::at(to, format!("unknown audience `{}`; known: {}", to.get_ref(), known.join(", ")));
    found.copied().ok_or_else(unknown)
}

fn template(file: &str, raw: Option<RawTemplate>) -> Result<Option<Template>, Fault> {
    let Some(raw) = raw else { return Ok(None) };
    for (what, place) in [("subject", &raw.subject), ("body", &raw.body)] {
        if place.get_ref().trim().is_empty() {
            return Err(Fault::at(place, format!("the {what} is empty")));
        }
        if place.get_ref().chars().any(|c| c.is_control() && c != '\n') {
            return Err(Fault::at(place, format!("the {what} has control characters in it")));
        }
    }
    if raw.subject.get_ref().contains('\n') {
        return Err(Fault::at(&raw.subject, "the subject is one line"));
    }
    let subject = line(file, &raw.subject, raw.subject.get_ref())?;
    if subject.contains(&Piece::Place(Place::Items)) {
        return Err(Fault::at(&raw.subject, "`{items}` is for bodies"));
    }
    let body = raw.body.get_ref().trim_matches('\n').lines();
    let body = body.map(|text| line(file, &raw.body, text)).collect::<Result<_, _>>()?;
    Ok(Some(Template { subject, body }))
}

fn line(file: &str, place: &Spanned<String>, text: &str) -> Result<Line, Fault> {
    let fault = |part: &str, reason: String| {
        // The line within a text of many lines: where the part stands in the file, or else where the text begins.
        let span = place.span();
        let offset = file.get(span.clone()).and_then(|written| written.find(part)).unwrap_or(0);
        Fault::at(&Spanned::new(span.start + offset..span.end, ()), reason)
    };
    let pieces = line::line(text).map_err(|bad| fault(bad.part, bad.reason))?;
    if pieces.len() > 1 && pieces.contains(&Piece::Place(Place::Items)) {
        return Err(fault("{items}", "`{items}` stands alone on its line".into()));
    }
    Ok(pieces)
}
