//! A complaint as a row to train on.

use super::{Options, corrections::Corrections};
use crate::{
    classify,
    data::{Row, labels},
    desk::{store::instant, ticket::Head},
    taxonomy::Taxonomy,
};

/// The heads of which tickets have labels, in the order of a row.
const HEADS: [Head; 6] =
    [Head::Category, Head::Secondary, Head::Department, Head::Priority, Head::Emotion, Head::Flags];

/// What of a complaint goes into a row: nothing that says who wrote it.
pub(super) struct Written {
    /// Known by its text alone.
    pub id: String,
    /// The message, masked.
    pub text: String,
    pub channel: Option<String>,
    /// Microseconds.
    pub received_at: i64,
}

/// The row with those labels that the taxonomy has.
pub(super) fn row(written: Written, said: &Corrections, taxonomy: &Taxonomy, options: &Options) -> Row {
    let mut row = Row {
        id: Some(written.id),
        text: written.text,
        channel: written.channel,
        // The day is enough to split by time; the minute might be enough to find who it was.
        time: Some(options.zone.to_datetime(instant(written.received_at)).date().to_string()),
        ..Row::default()
    };
    for head in HEADS {
        if options.only_confirmed && !said.confirmed.contains(&head) {
            continue;
        }
        let head_of_row = asked(head);
        if head_of_row.width(taxonomy) == 0 {
            continue;
        }
        let known: Vec<String> = match said.labels.get(&head) {
            Some(held) => labels(taxonomy, head_of_row).filter(|id| held.contains(*id)).map(str::to_owned).collect(),
            // That there is no flag is a label as well, where the engine or a person looked.
            None if head.is_any_of() && said.ticket.classified => Vec::new(),
            None => continue,
        };
        match head {
            Head::Category => row.category = known.into_iter().next(),
            Head::Secondary => row.secondary = Some(known),
            Head::Department => row.department = known.into_iter().next(),
            Head::Priority => row.priority = known.into_iter().next(),
            Head::Emotion => row.emotion = known.into_iter().next(),
            Head::Flags => row.flags = Some(known),
        }
    }
    row.source = Some(source(&row, said));
    row
}

/// Whether a row has a label of a head.
pub(super) fn has(row: &Row, head: Head) -> bool {
    match head {
        Head::Category => row.category.is_some(),
        Head::Secondary => row.secondary.is_some(),
        Head::Department => row.department.is_some(),
        Head::Priority => row.priority.is_some(),
        Head::Emotion => row.emotion.is_some(),
        Head::Flags => row.flags.is_some(),
    }
}

/// Whether a row has any label.
pub(super) fn is_labelled(row: &Row) -> bool {
    HEADS.into_iter().any(|head| has(row, head))
}

/// Which of the labels are people's, for whoever reviews the file: the others are the engine's own.
fn source(row: &Row, said: &Corrections) -> String {
    let list = |wanted: &dyn Fn(Head) -> bool| {
        let heads: Vec<&str> =
            HEADS.into_iter().filter(|head| wanted(*head) && has(row, *head)).map(Head::id).collect();
        heads.join(", ")
    };
    let corrected = list(&|head| said.corrected.contains_key(&head));
    let confirmed = list(&|head| said.confirmed.contains(&head) && !said.corrected.contains_key(&head));
    let parts = [("corrected", corrected), ("confirmed", confirmed)];
    let told: Vec<String> = parts
        .into_iter()
        .filter(|(_, heads)| !heads.is_empty())
        .map(|(what, heads)| format!("{what} {heads}"))
        .collect();
    format!("ticket: {}", if told.is_empty() { "closed unchanged".to_owned() } else { told.join("; ") })
}

/// The head of the classifier that answers the same question.
fn asked(head: Head) -> classify::Head {
    match head {
        Head::Category => classify::Head::Category,
        Head::Secondary => classify::Head::Secondary,
        Head::Department => classify::Head::Department,
        Head::Priority => classify::Head::Priority,
        Head::Emotion => classify::Head::Emotion,
        Head::Flags => classify::Head::Flags,
    }
}
