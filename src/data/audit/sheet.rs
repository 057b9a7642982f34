//! The findings as a table for a reviewer, and the verdicts back.

use super::{Reason, Suspect};
use crate::{
    Error, Result,
    classify::Head,
    data::{
        Entries,
        open::{Format, open},
        table::{Table, harmless},
    },
};
use std::{fs::File, io::Write, path::Path};

const COLUMNS: [&str; 12] = [
    "rank",
    "file",
    "line",
    "id",
    "head",
    "given",
    "suggested",
    "given_probability",
    "suggested_probability",
    "reason",
    "text",
    "verdict",
];

/// Writes suspects as CSV: UTF-8 with a byte order mark, so that Excel shows Chinese; the texts masked; `verdict` empty for
/// the reviewer, who writes `suggested`, the id of a label, or nothing to keep what is there.
///
/// # Errors
/// [`Error::File`] where it cannot be written.
pub fn write(path: &Path, suspects: &[Suspect], entries: &Entries) -> Result<()> {
    let fault = |source: std::io::Error| Error::file(path, source);
    let mut file = File::create(path).map_err(fault)?;
    file.write_all("\u{feff}".as_bytes()).map_err(fault)?;
    let mut table = csv::Writer::from_writer(file);
    table.write_record(COLUMNS).map_err(|e| fault(e.into()))?;
    for (rank, suspect) in suspects.iter().enumerate() {
        let reasons: Vec<String> = suspect.reasons.iter().map(told).collect();
        let cells = [
            (rank + 1).to_string(),
            harmless(suspect.at.file.display().to_string()),
            suspect.at.line.to_string(),
            as_text(suspect.id.as_deref().unwrap_or_default()),
            suspect.head.name().to_owned(),
            suspect.given.clone(),
            suspect.suggested.clone(),
            format!("{:.4}", suspect.given_probability),
            format!("{:.4}", suspect.suggested_probability),
            reasons.join("; "),
            harmless(entries.readings[suspect.row].text.masked()),
            String::new(),
        ];
        table.write_record(cells).map_err(|e| fault(e.into()))?;
    }
    table.flush().map_err(fault)
}

/// In words; never the text of a row.
fn told(reason: &Reason) -> String {
    match reason {
        Reason::Model => "a model that learnt the other rows is confident of the suggested label".into(),
        Reason::SameText { other } => format!("the same text as {other}, which has another label"),
        Reason::NearText { other, similarity } => {
            format!("{:.0} % of the shingles of {other}, which has another label", similarity * 100.0)
        }
    }
}

/// An id that a spreadsheet would take for a number (00012, 5055e21) and write back as another one is given as a formula
/// that says text; every other id as it is.
fn as_text(id: &str) -> String {
    if id.parse::<f64>().is_ok() { format!("=\"{id}\"") } else { harmless(id.to_owned()) }
}

/// A cell as it was before it was made safe for a spreadsheet.
fn plain(cell: &str) -> &str {
    let text = cell.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    text.or_else(|| cell.strip_prefix('\'')).unwrap_or(cell)
}

/// One line of a sheet that a reviewer has filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Line of the sheet.
    pub line: usize,
    /// The file and the line of the row that it is about, as the audit saw them.
    pub file: String,
    pub row: usize,
    pub id: String,
    pub head: Head,
    pub given: String,
    /// The label that the reviewer wants; the given one where the cell is empty.
    pub wanted: String,
}

/// Reads the verdicts of a sheet, also one that a spreadsheet has saved in another encoding or with another separator.
///
/// # Errors
/// [`Error::Data`] where a column is missing, [`Error::Row`] where a line is broken.
pub fn read(path: &Path) -> Result<Vec<Verdict>> {
    let opened = open(path, None)?;
    if opened.format != Format::Csv {
        return Err(Error::Data {
            path: path.into(),
            reason: "an audit is a CSV; give the one that was written".into(),
        });
    }
    let mut table = Table::new(opened.reader, opened.encoding).map_err(|e| Error::file(path, e))?;
    let mut places = [0; 7];
    for (place, name) in places.iter_mut().zip(["file", "line", "id", "head", "given", "suggested", "verdict"]) {
        let reason = || format!("no column {name:?}; it must be an audit by `fenzhen data audit`");
        *place = table.column(name).ok_or_else(|| Error::Data { path: path.into(), reason: reason() })?;
    }
    let mut verdicts = Vec::new();
    while let Some(record) = table.next_record().map_err(|e| Error::file(path, e))? {
        let fault = |reason: String| Error::Row { path: path.into(), line: record.line, reason };
        if let Some(reason) = record.fault {
            return Err(fault(reason));
        }
        let [file, row, id, head, given, suggested, verdict] = places.map(|place| record.cells[place].trim());
        let named = |candidate: &Head| candidate.name() == head;
        let head = Head::ALL.into_iter().find(named).ok_or_else(|| fault("the head has no known name".into()))?;
        let wanted = match verdict {
            "" | "given" => given,
            "suggested" => suggested,
            label => label,
        };
        verdicts.push(Verdict {
            line: record.line,
            file: plain(file).to_owned(),
            row: row.parse().map_err(|_| fault("the line is no number".into()))?,
            id: plain(id).to_owned(),
            head,
            given: given.to_owned(),
            wanted: wanted.to_owned(),
        });
    }
    Ok(verdicts)
}
