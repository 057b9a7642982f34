mod explained;
mod golden;
mod histories;
mod properties;
mod timers;

use super::*;
use crate::taxonomy::Taxonomy;
use jiff::Timestamp;
use std::{path::Path, sync::LazyLock};

// Read once: the properties ask for them hundreds of times.
static OFFICE: LazyLock<Calendar> = LazyLock::new(Calendar::office);
static RETAIL: LazyLock<Taxonomy> = LazyLock::new(Taxonomy::retail);

/// In China.
fn at(text: &str) -> Timestamp {
    format!("{}+08:00", text.replace(' ', "T")).parse().unwrap()
}

/// A policy whose `resolution` has some span; `rest` follows.
fn policy(span: &str, rest: &str) -> DeadlinePolicy {
    let text = format!("id = \"p\"\nversion = \"1\"\n{rest}\n[[rules]]\nresolution = \"{span}\"\n");
    DeadlinePolicy::parse(&text, Path::new("p.toml"), &RETAIL).unwrap()
}

fn history(events: &[(&str, EventKind)]) -> Vec<Event> {
    events.iter().map(|(time, kind)| Event::new(at(time), *kind)).collect()
}

/// The resolution clock in the office.
fn resolution(policy: &DeadlinePolicy, events: &[Event], now: Timestamp) -> Deadline {
    let mut all = deadlines(events, &Subject::default(), &OFFICE, policy, now).unwrap();
    assert_eq!(all.len(), 1);
    all.remove(0)
}
