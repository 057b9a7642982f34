//! What stands in a place: clean, and in the reader's language and time.

use super::{Reader, line::Place};
use crate::{
    desk::notify::message::Notice,
    taxonomy::{Language, Name},
};
use jiff::{Timestamp, ToSpan, civil::Time};

/// No text of a notice is longer, in characters; who needs more opens the ticket.
const MOST_TEXT: usize = 2000;

/// The value of a place that is one value; none where the notice does not have it.
pub(super) fn value(place: Place, notice: &Notice, reader: &Reader<'_>) -> Option<String> {
    let facts = &notice.facts;
    let name = |name: &Option<Name>| name.as_ref().map(|name| name.get(reader.language).to_owned());
    let time = |time: Option<Timestamp>| time.map(|time| told(time, reader));
    let value = match place {
        Place::Number => facts.number.clone(),
        Place::Category => name(&facts.category),
        Place::Priority => name(&facts.priority),
        Place::Department => name(&facts.department),
        Place::Agent => facts.agent.as_ref().map(|agent| agent.name.clone()),
        Place::From => name(&facts.from),
        Place::Stage => name(&facts.stage),
        Place::Text => return facts.text.as_ref().map(|text| clean(text.as_str())).filter(|text| !text.is_empty()),
        Place::Promised => time(facts.promised),
        Place::Clock => name(&facts.clock),
        Place::Due => time(facts.due),
        Place::PercentLeft => facts.percent_left.map(|percent| percent.to_string()),
        Place::Level => facts.level.map(|level| level.to_string()),
        Place::Incident => facts.incident.clone(),
        Place::Count => facts.count.map(|count| count.to_string()),
        Place::Link => reader.link.map(str::to_owned),
        Place::At => time(Some(notice.at)),
        Place::Items => None,
    };
    value.map(|value| one_line(&value)).filter(|value| !value.is_empty())
}

/// A text of several lines without what is not text: control characters, marks that turn the direction of writing, empty
/// lines at both ends; cut where it is too long.
fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}', '\u{85}', '\u{b}', '\u{c}'], "\n");
    let text: String = text.replace('\t', " ").chars().filter(|c| *c == '\n' || is_text(*c)).collect();
    let text = text.trim();
    match text.char_indices().nth(MOST_TEXT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The same on one line, with single spaces.
pub(super) fn one_line(text: &str) -> String {
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_text(c: char) -> bool {
    let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !c.is_control() && !turns && !matches!(c, '\u{200b}' | '\u{feff}')
}

/// An instant as people say it: 今日18:00, `18:00 today`. Midnight belongs to the day that it ends.
fn told(at: Timestamp, reader: &Reader<'_>) -> String {
    let local = |at: Timestamp| reader.zone.to_datetime(at);
    let (now, then) = (local(reader.now).date(), local(at));
    let before = if then.time() == Time::midnight() { then.date().yesterday().ok() } else { None };
    let (day, time) = match before {
        Some(day) => (day, "24:00".to_owned()),
        None => (then.date(), then.strftime("%H:%M").to_string()),
    };
    let near = |days: i32| now.checked_add(days.days()).is_ok_and(|date| date == day);
    match reader.language {
        Language::Zh if near(0) => format!("今日{time}"),
        Language::Zh if near(1) => format!("明日{time}"),
        Language::Zh if near(-1) => format!("昨日{time}"),
        Language::Zh if day.year() == now.year() => format!("{}月{}日{time}", day.month(), day.day()),
        Language::Zh => format!("{}年{}月{}日{time}", day.year(), day.month(), day.day()),
        Language::En if near(0) => format!("{time} today"),
        Language::En if near(1) => format!("{time} tomorrow"),
        Language::En if near(-1) => format!("{time} yesterday"),
        Language::En if day.year() == now.year() => format!("{time} on {}", day.strftime("%-d %b")),
        Language::En => format!("{time} on {}", day.strftime("%-d %b %Y")),
    }
}
