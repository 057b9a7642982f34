//! From facts to sentences: the texts that people read, as data, in Chinese and English.
//!
//! The result is plain text. Whatever a fact holds, it stays one: no value is read as a template, no control character gets
//! through, and the subject is a single line, so nothing that a customer writes becomes a header.

mod line;
mod parse;
mod render;
#[cfg(test)]
mod tests;
mod value;

use super::message::{Audience, Kind, Notice};
use crate::{Error, Result, taxonomy::Language};
use jiff::{Timestamp, tz::TimeZone};
use line::Line;
use std::{collections::BTreeMap, path::Path};

const BUILT_IN: &str = include_str!("texts.toml");

/// The checked texts of every kind and audience.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Templates {
    texts: BTreeMap<(Kind, &'static str), Text>,
}

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Text {
    zh: Template,
    en: Template,
}

/// A text in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Template {
    subject: Line,
    body: Vec<Line>,
}

/// Who reads it, and when: what does not belong to the notice.
#[derive(Clone, PartialEq, Eq)]
pub struct Reader<'a> {
    /// The language.
    pub language: Language,
    /// Where the times of day are told.
    pub zone: &'a TimeZone,
    /// The instant at which "today" is today.
    pub now: Timestamp,
    /// Where the reader can see more. A customer's opens the ticket to whoever holds it, so it is made for this one message
    /// and kept neither in the outbox nor in a log.
    pub link: Option<&'a str>,
}

/// A message as plain text.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line without control characters.
    pub subject: String,
    /// Lines that end in `\n`, without other control characters.
    pub body: String,
}

impl std::fmt::Debug for Rendered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rendered({} characters)", self.subject.chars().count() + self.body.chars().count())
    }
}

impl Templates {
    /// The built-in texts.
    pub fn built_in() -> Self {
        parse::texts(BUILT_IN, BTreeMap::new())
            .map(|texts| Templates { texts })
            .expect("the built-in texts are checked by the tests")
    }

    /// The built-in texts with those of a file in their place; `path` is only for messages.
    ///
    /// # Errors
    /// [`Error::NoticeTemplates`] with the line at fault: unknown kinds, audiences, keys or placeholders, an empty text, a
    /// subject of several lines, a language that is missing.
    pub fn parse(text: &str, path: &Path) -> Result<Self> {
        match parse::texts(text, Self::built_in().texts) {
            Ok(texts) => Ok(Templates { texts }),
            Err(fault) => Err(Error::NoticeTemplates { path: path.to_owned(), reason: fault.tell(text) }),
        }
    }

    /// Whether a kind is told to an audience.
    pub fn covers(&self, kind: Kind, audience: Audience) -> bool {
        self.text(kind, audience).is_some()
    }

    /// What a reader is told; none where a kind is not told to its audience.
    pub fn render(&self, notice: &Notice, reader: &Reader<'_>) -> Option<Rendered> {
        self.template(notice.kind, notice.audience, reader.language)
            .map(|template| render::rendered(self, template, notice, reader))
    }

    fn template(&self, kind: Kind, audience: Audience, language: Language) -> Option<&Template> {
        self.text(kind, audience).map(|text| match language {
            Language::Zh => &text.zh,
            Language::En => &text.en,
        })
    }

    fn text(&self, kind: Kind, audience: Audience) -> Option<&Text> {
        let staff = match audience {
            Audience::Agent | Audience::DepartmentHead | Audience::Supervisor => Some(STAFF),
            Audience::Customer | Audience::System => None,
        };
        [Some(audience.id()), staff].into_iter().flatten().find_map(|to| self.texts.get(&(kind, to)))
    }
}

/// Whom a text of this key is for: every audience of the house that has none of its own.
const STAFF: &str = "staff";
