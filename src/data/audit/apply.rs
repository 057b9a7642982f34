//! Puts a reviewer's verdicts into a copy of a label file; every other byte stays as it is.

use super::sheet::Verdict;
use crate::{
    Error, Result,
    classify::Head,
    data::{
        Source, label_ids,
        open::{Format, open},
        row::shown,
        table::Table,
    },
    taxonomy::Taxonomy,
};
use serde::Serialize;
use serde_json::value::RawValue;
use std::{collections::BTreeMap, ops::Range, path::Path};

/// What became of the verdicts about one file.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Applied {
    /// Labels that are others now.
    pub changed: usize,
    /// Labels that the reviewer left as they are.
    pub kept: usize,
    /// Lines of the sheet that are about other files.
    pub elsewhere: usize,
    pub refused: Vec<Refusal>,
}

/// A verdict that was not carried out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Refusal {
    /// Line of the sheet.
    pub line: usize,
    pub reason: String,
}

/// Bytes of the file and what takes their place.
type Edit = (Range<usize>, Vec<u8>);

/// The bytes of the file with the wanted labels. A verdict is refused where it names no label of the taxonomy, or where the
/// row is not the one that the audit saw; the others are carried out. A changed category does not change the department.
///
/// # Errors
/// [`Error::Data`] where the file is packed or in UTF-16, or where no verdict is about it; as [`open`].
pub fn apply(source: &Source, verdicts: &[Verdict], taxonomy: &Taxonomy) -> Result<(Vec<u8>, Applied)> {
    let fault = |reason: &str| Error::Data { path: source.path.clone(), reason: reason.into() };
    let bytes = std::fs::read(&source.path).map_err(|e| Error::file(&source.path, e))?;
    if bytes.starts_with(&[0x1f, 0x8b]) || bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(fault("labels are rewritten in plain UTF-8 or GB18030 files; unpack or convert it first"));
    }
    let file = Labels::open(source, &bytes)?;
    let mut applied = Applied::default();
    let mut edits: BTreeMap<(usize, Head), (&str, Edit)> = BTreeMap::new();
    let about = about(&source.path, verdicts);
    for verdict in verdicts {
        if !about(verdict) {
            applied.elsewhere += 1;
            continue;
        }
        if verdict.wanted == verdict.given {
            applied.kept += 1;
            continue;
        }
        let place = (verdict.row, verdict.head);
        let made = match edits.get(&place) {
            Some((wanted, ..)) if *wanted == verdict.wanted => continue,
            Some(_) => Err("another line wants another label for the same row".into()),
            None if !label_ids(taxonomy, verdict.head).contains(&verdict.wanted) => {
                let wanted = shown(&verdict.wanted);
                Err(format!("{wanted} is neither empty, nor \"suggested\", nor a label of {}", verdict.head.name()))
            }
            None => file.edit(source, verdict),
        };
        match made {
            Ok(edit) => {
                applied.changed += 1;
                edits.insert(place, (&verdict.wanted, edit));
            }
            Err(reason) => applied.refused.push(Refusal { line: verdict.line, reason }),
        }
    }
    if applied.elsewhere == verdicts.len() && !verdicts.is_empty() {
        return Err(fault("the audit has no line about this file"));
    }
    let mut edits: Vec<Edit> = edits.into_values().map(|(_, edit)| edit).collect();
    edits.sort_by_key(|(range, _)| range.start);
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    for (range, text) in edits {
        out.extend_from_slice(&bytes[at..range.start]);
        out.extend_from_slice(&text);
        at = range.end;
    }
    out.extend_from_slice(&bytes[at..]);
    Ok((out, applied))
}

/// Whether a verdict is about a file: by its path, or by its name where no path of the sheet is the same (the file has moved).
fn about<'a>(path: &'a Path, verdicts: &[Verdict]) -> impl Fn(&Verdict) -> bool + 'a {
    let exact = verdicts.iter().any(|verdict| Path::new(&verdict.file) == path);
    move |verdict| {
        let seen = Path::new(&verdict.file);
        if exact { seen == path } else { seen.file_name() == path.file_name() }
    }
}

/// A label file with the places of its lines.
struct Labels<'a> {
    bytes: &'a [u8],
    /// Without line ends.
    lines: Vec<Range<usize>>,
    /// Separator and column names of a table.
    table: Option<(u8, Vec<String>)>,
}

impl<'a> Labels<'a> {
    fn open(source: &Source, bytes: &'a [u8]) -> Result<Self> {
        let opened = open(&source.path, None)?;
        let table = match opened.format {
            Format::Jsonl => None,
            Format::Csv => {
                let table =
                    Table::new(opened.reader, opened.encoding).map_err(|error| Error::file(&source.path, error))?;
                Some((table.separator, table.header))
            }
        };
        let mut lines = Vec::new();
        let mut start = if bytes.starts_with("\u{feff}".as_bytes()) { 3 } else { 0 };
        for line in bytes[start..].split_inclusive(|&b| b == b'\n') {
            let text = line.strip_suffix(b"\n").unwrap_or(line);
            let text = text.strip_suffix(b"\r").unwrap_or(text);
            lines.push(start..start + text.len());
            start += line.len();
        }
        Ok(Labels { bytes, lines, table })
    }

    /// What to put where.
    fn edit(&self, source: &Source, verdict: &Verdict) -> Result<Edit, String> {
        let changed = |what: &str| format!("{what}; the file is not the one that was audited");
        let line = verdict.row.checked_sub(1).and_then(|row| self.lines.get(row));
        let line = line.ok_or_else(|| changed("there is no such line"))?;
        let name = |field: &str| source.columns.get(field).cloned().unwrap_or_else(|| field.to_owned());
        let find = |field: &str| match &self.table {
            None => self.member(line, &name(field)),
            Some((separator, header)) => {
                let column = header.iter().position(|column| *column == name(field))?;
                self.cell(line.start, *separator, column)
            }
        };
        let id = find("id").map(|range| self.value(&range)).unwrap_or_default();
        if !verdict.id.is_empty() && !id.is_empty() && id != verdict.id {
            return Err(changed("the row has another id"));
        }
        let range = find(verdict.head.name()).ok_or_else(|| changed("the row has no such label"))?;
        if self.value(&range) != verdict.given {
            return Err(changed("the row has another label"));
        }
        let quoted = self.bytes[range.start] == b'"';
        let text = if quoted { format!("\"{}\"", verdict.wanted) } else { verdict.wanted.clone() };
        Ok((range, text.into_bytes()))
    }

    /// A written label or id without its quotes. Neither has escapes in it, or it is found to be another one.
    fn value(&self, range: &Range<usize>) -> String {
        let text = String::from_utf8_lossy(&self.bytes[range.clone()]);
        let text = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(&text);
        text.trim().to_owned()
    }

    /// Where the value of a member of the object in a line stands.
    fn member(&self, line: &Range<usize>, name: &str) -> Option<Range<usize>> {
        let text = std::str::from_utf8(&self.bytes[line.clone()]).ok()?;
        let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
        let value = members.get(name)?.get();
        // The raw value is a part of the line, so its address tells its place.
        let start = line.start + (value.as_ptr() as usize - text.as_ptr() as usize);
        Some(start..start + value.len())
    }

    /// Where a cell of the record that begins at `start` stands, its quotes included. Separators and quotes are looked for in
    /// bytes: no longer character of UTF-8 or GB18030 has one in it.
    fn cell(&self, start: usize, separator: u8, column: usize) -> Option<Range<usize>> {
        let mut at = start;
        for cell in 0.. {
            let from = at;
            if self.bytes.get(at) == Some(&b'"') {
                at += 1;
                loop {
                    match (self.bytes.get(at)?, self.bytes.get(at + 1)) {
                        (b'"', Some(b'"')) => at += 2,
                        (b'"', _) => break at += 1,
                        _ => at += 1,
                    }
                }
            }
            while self.bytes.get(at).is_some_and(|&b| b != separator && b != b'\n' && b != b'\r') {
                at += 1;
            }
            if cell == column {
                return (from < at).then_some(from..at);
            }
            if self.bytes.get(at) != Some(&separator) {
                return None;
            }
            at += 1;
        }
        None
    }
}
