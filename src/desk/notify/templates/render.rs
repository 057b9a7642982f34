//! A template with its places filled.

use super::{
    Reader, Rendered, Template, Templates,
    line::{Line, Piece, Place},
    value::{one_line, value},
};
use crate::desk::notify::message::{Facts, Item, Notice};

/// No subject is longer, in characters.
const MOST_SUBJECT: usize = 120;

/// The message of a template.
pub(super) fn rendered(templates: &Templates, template: &Template, notice: &Notice, reader: &Reader<'_>) -> Rendered {
    let mut body = String::new();
    for line in &template.body {
        if line.as_slice() == [Piece::Place(Place::Items)] {
            for item in &notice.facts.items {
                if let Some(told) = item_line(templates, item, notice, reader) {
                    body.push_str(&format!("- {told}\n"));
                }
            }
        } else if let Some(told) = whole_line(line, notice, reader) {
            body.push_str(&told);
            body.push('\n');
        }
    }
    Rendered { subject: subject(&template.subject, notice, reader), body }
}

/// A deadline of a digest: the subject that it would have had alone.
fn item_line(templates: &Templates, item: &Item, digest: &Notice, reader: &Reader<'_>) -> Option<String> {
    let template = templates.template(item.kind, digest.audience, reader.language)?;
    let Item { kind, number, clock, due } = item.clone();
    let facts = Facts { number, clock, due, ..Facts::default() };
    Some(subject(&template.subject, &Notice { kind, facts, ..digest.clone() }, reader))
}

/// A line of the body; none where one of its places has no value.
fn whole_line(line: &Line, notice: &Notice, reader: &Reader<'_>) -> Option<String> {
    line.iter()
        .map(|piece| match piece {
            Piece::Words(words) => Some(words.clone()),
            Piece::Place(place) => value(*place, notice, reader),
        })
        .collect()
}

/// The subject: always there, on one line; a place without a value is empty.
fn subject(line: &Line, notice: &Notice, reader: &Reader<'_>) -> String {
    let pieces = line.iter().map(|piece| match piece {
        Piece::Words(words) => words.clone(),
        Piece::Place(place) => value(*place, notice, reader).unwrap_or_default(),
    });
    one_line(&pieces.collect::<String>()).chars().take(MOST_SUBJECT).collect()
}
