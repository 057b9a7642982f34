//! A line of a template: words, and places for facts.

/// What a place stands for; its name in braces is in [`Place::NAMES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Number,
    Category,
    Priority,
    Department,
    Agent,
    From,
    Stage,
    Text,
    Promised,
    Clock,
    Due,
    PercentLeft,
    Level,
    Incident,
    Count,
    Link,
    At,
    Items,
}

impl Place {
    pub(super) const NAMES: [(&'static str, Place); 18] = [
        ("number", Place::Number),
        ("category", Place::Category),
        ("priority", Place::Priority),
        ("department", Place::Department),
        ("agent", Place::Agent),
        ("from", Place::From),
        ("stage", Place::Stage),
        ("text", Place::Text),
        ("promised", Place::Promised),
        ("clock", Place::Clock),
        ("due", Place::Due),
        ("percent_left", Place::PercentLeft),
        ("level", Place::Level),
        ("incident", Place::Incident),
        ("count", Place::Count),
        ("link", Place::Link),
        ("at", Place::At),
        ("items", Place::Items),
    ];

    fn from_name(name: &str) -> Option<Place> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, place)| *place)
    }
}

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Words(String),
    Place(Place),
}

/// A line.
pub(super) type Line = Vec<Piece>;

/// Why a line cannot be read, and what in it to point at.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bad<'l> {
    pub(super) part: &'l str,
    pub(super) reason: String,
}

/// Reads a line: `{name}` is a place, `{{` and `}}` are braces.
pub(super) fn line(text: &str) -> Result<Line, Bad<'_>> {
    let mut pieces = Line::new();
    let mut words = String::new();
    let mut rest = text;
    while let Some(brace) = rest.find(['{', '}']) {
        words.push_str(&rest[..brace]);
        let (from, open) = (&rest[brace..], rest[brace..].starts_with('{'));
        if from.starts_with("{{") || from.starts_with("}}") {
            words.push_str(&from[..1]);
            rest = &from[2..];
            continue;
        }
        let Some(end) = from.find('}').filter(|_| open) else {
            let reason = "a brace without its partner; a brace itself is written twice".into();
            return Err(Bad { part: from, reason });
        };
        let part = &from[..=end];
        let Some(place) = Place::from_name(&part[1..end]) else {
            let known: Vec<String> = Place::NAMES.iter().map(|(name, _)| format!("{{{name}}}")).collect();
            return Err(Bad { part, reason: format!("unknown placeholder `{part}`; known: {}", known.join(" ")) });
        };
        if !words.is_empty() {
            pieces.push(Piece::Words(std::mem::take(&mut words)));
        }
        pieces.push(Piece::Place(place));
        rest = &from[end + 1..];
    }
    words.push_str(rest);
    if !words.is_empty() {
        pieces.push(Piece::Words(words));
    }
    Ok(pieces)
}
