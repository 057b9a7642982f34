//! Labelled rows as a model learns them, with the places where they stand.

use super::{Place, Row, Source, Targets};
use crate::{
    Error, Result,
    classify::Head,
    segment::{Reading, Segmenter},
    taxonomy::Taxonomy,
};
use rayon::prelude::*;

/// Rows that have a text and a label: side by side where each stands, what it is, how it reads and what it teaches.
#[derive(Debug, Default)]
pub struct Entries {
    pub places: Vec<Place>,
    pub rows: Vec<Row>,
    pub readings: Vec<Reading>,
    /// Of the heads that were asked for only.
    pub targets: Vec<Targets>,
    /// Rows that have no words to read, or no label of these heads.
    pub skipped: usize,
}

/// Reads files for some heads.
///
/// # Errors
/// As [`Source::rows`]; [`Error::Row`] where a row is broken or has a label that the taxonomy does not know.
pub fn entries(sources: &[Source], taxonomy: &Taxonomy, heads: &[Head]) -> Result<Entries> {
    let mut found = Vec::new();
    for source in sources {
        for numbered in source.rows()? {
            let numbered = numbered?;
            let at = Place { file: source.path.clone(), line: numbered.line };
            let fault = |reason| Error::Row { path: at.file.clone(), line: at.line, reason };
            let row = numbered.row.map_err(fault)?;
            let targets = Targets::of(&of_heads(&row, heads), taxonomy).map_err(fault)?;
            found.push((at, row, targets));
        }
    }
    let segmenter = Segmenter::new();
    let readings: Vec<Option<Reading>> = found.par_iter().map(|(_, row, _)| segmenter.read(&row.text).ok()).collect();
    let mut entries = Entries::default();
    for ((at, row, targets), reading) in found.into_iter().zip(readings) {
        match reading {
            Some(reading) if !targets.is_empty() => {
                entries.places.push(at);
                entries.rows.push(row);
                entries.readings.push(reading);
                entries.targets.push(targets);
            }
            _ => entries.skipped += 1,
        }
    }
    Ok(entries)
}

/// The labels of some heads, without the rest.
fn of_heads(row: &Row, heads: &[Head]) -> Row {
    let mut only = Row::default();
    for head in heads {
        match head {
            Head::Category => only.category = row.category.clone(),
            Head::Secondary => only.secondary = row.secondary.clone(),
            Head::Department => only.department = row.department.clone(),
            Head::Priority => only.priority = row.priority.clone(),
            Head::Emotion => only.emotion = row.emotion.clone(),
            Head::Intensity => only.intensity = row.intensity,
            Head::Flags => only.flags = row.flags.clone(),
            Head::Sentiment => only.sentiment = row.sentiment,
        }
    }
    only
}
