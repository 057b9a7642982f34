//! Whole files of complaints: [`Source`] reads CSV and JSONL, for [`score`], which writes the same with predictions, and for
//! the desk, which takes the rows in. Both say how far they are by [`Progress`], and which rows they could not use by [`Failure`].
//!
//! Rows travel in bounded chunks, so memory stays flat whatever the length of the file. A row that cannot be read or
//! decided does not harm the rows around it; in a scored file it keeps its place, with the reason in the column `error`.

mod columns;
mod input;
mod output;
mod prediction;
mod source;

pub use columns::{Columns, Wanted};
pub use input::{Content, Input, Item};
pub use prediction::Column;
pub use source::Source;

use crate::{Complaint, Decision, Error, Result, data::open::Format};
use encoding_rs::Encoding;
use output::Output;
use serde::Serialize;
use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
};

/// So many failed rows are named in the summary; the output file names them all.
const NAMED: usize = 1000;

/// How a file is read and written.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Guessed where absent.
    pub encoding: Option<&'static Encoding>,
    /// Field of a complaint → column, where the names do not tell; `text` is the words.
    pub columns: BTreeMap<String, String>,
    /// What is added, see [`Column::of`].
    pub added: Vec<Column>,
    /// Writes cells as they are, also those that a spreadsheet would run as a formula.
    pub verbatim: bool,
}

/// How far a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Rows that are done, those that failed among them.
    pub rows: usize,
    /// Bytes of the input read so far, and in all.
    pub read: u64,
    pub length: u64,
}

/// A row that was not scored, or not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The line of the input where it begins.
    pub line: usize,
    /// Stable, as [`Error::code`] has them; `invalid_row` where the row itself cannot be read.
    pub code: &'static str,
    /// In a sentence, which names the field.
    pub reason: String,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    pub rows: usize,
    pub failed: usize,
    /// The first of the rows that failed.
    pub failures: Vec<Failure>,
    pub encoding: &'static str,
    pub text_column: String,
    /// What else was read of a complaint: field → column.
    pub columns: BTreeMap<String, String>,
}

/// Chunks that wait between two of reading, deciding and writing, which go on side by side.
const AHEAD: usize = 1;

/// Rows on their way, with the complaints that they hold.
struct Chunk {
    items: Vec<Item>,
    read: Vec<Result<Complaint, String>>,
    /// Where in the file they end.
    position: u64,
}

/// Scores `from` into `to`. `decide` gets the complaints of a chunk and gives one result each, in order.
///
/// # Errors
/// [`Error::File`] and [`Error::Data`] where the files cannot be used; then `to` is as it was before. A row that fails is
/// no error.
pub fn score(
    from: &Path,
    to: &Path,
    options: &Options,
    mut decide: impl FnMut(&[Complaint]) -> Vec<Result<Decision>>,
    mut progress: impl FnMut(Progress),
) -> Result<Summary> {
    let source = Source::open(from, options.encoding, Wanted::Decision, &options.columns)?;
    refuse_overwriting(from, to)?;
    refuse_another_format(&source.input, to)?;
    let mut output = Output::create(to, &source.input, &source.names, options.added.clone(), options.verbatim)?;
    let mut summary = Summary {
        rows: 0,
        failed: 0,
        failures: Vec::new(),
        encoding: source.input.encoding.name(),
        text_column: source.columns.text.clone(),
        columns: source.columns.others.clone(),
    };
    let length = source.input.length;
    std::thread::scope(|scope| {
        let (to_decide, chunks) = sync_channel(AHEAD);
        let (to_write, decided) = sync_channel(AHEAD);
        scope.spawn(move || read_on(source, &to_decide));
        let writer = scope.spawn(|| write_on(&mut output, &mut summary, decided));
        let mut rows = 0;
        for chunk in chunks {
            let chunk: Chunk = chunk?;
            let complaints: Vec<Complaint> = chunk.read.iter().flatten().cloned().collect();
            let decided = decide(&complaints);
            rows += chunk.items.len();
            progress(Progress { rows, read: chunk.position, length });
            if to_write.send((chunk, decided)).is_err() {
                // The writer has stopped, and says why.
                break;
            }
        }
        drop(to_write);
        writer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })?;
    output.finish()?;
    Ok(summary)
}

/// Reads to the end, or until nobody asks for more.
fn read_on(mut source: Source, to: &SyncSender<Result<Chunk>>) {
    loop {
        let chunk = source.next_chunk().map(|items| {
            let complaint = |item: &Item| match &item.fault {
                Some(fault) => Err(fault.clone()),
                None => source.columns.complaint(&source.names, &item.content),
            };
            let read = items.iter().map(complaint).collect();
            Chunk { items, read, position: source.input.position() }
        });
        if chunk.as_ref().is_ok_and(|chunk| chunk.items.is_empty()) {
            return;
        }
        let last = chunk.is_err();
        if to.send(chunk).is_err() || last {
            return;
        }
    }
}

/// Writes what comes, and counts it.
fn write_on(
    output: &mut Output,
    summary: &mut Summary,
    chunks: Receiver<(Chunk, Vec<Result<Decision>>)>,
) -> Result<()> {
    for (chunk, decided) in chunks {
        let mut decided = decided.into_iter();
        for (item, read) in chunk.items.into_iter().zip(chunk.read) {
            let failure = match read {
                Err(reason) => Failure { line: item.line, code: "invalid_row", reason },
                Ok(_) => match decided.next() {
                    Some(Ok(decision)) => {
                        output.write(item, Ok(&decision))?;
                        summary.rows += 1;
                        continue;
                    }
                    Some(Err(error)) => Failure { line: item.line, code: error.code(), reason: error.to_string() },
                    None => return Err(Error::Internal("a complaint of the chunk got no decision".into())),
                },
            };
            output.write(item, Err(&format!("{}: {}", failure.code, failure.reason)))?;
            summary.rows += 1;
            summary.failed += 1;
            if summary.failures.len() < NAMED {
                summary.failures.push(failure);
            }
        }
    }
    Ok(())
}

fn refuse_overwriting(from: &Path, to: &Path) -> Result<()> {
    match (fs::canonicalize(from), fs::canonicalize(to)) {
        (Ok(from), Ok(place)) if from == place => Err(Error::Data {
            path: to.into(),
            reason: "the output would overwrite the input; give another file with -o".into(),
        }),
        _ => Ok(()),
    }
}

fn refuse_another_format(input: &Input, to: &Path) -> Result<()> {
    let name = to.to_string_lossy().to_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    let jsonl = [".jsonl", ".ndjson", ".json"].iter().any(|end| name.ends_with(end));
    let reason = match input.format() {
        Format::Csv if jsonl => "the input is a table, so the output is one: name it .csv",
        Format::Jsonl if !jsonl => "the input is JSONL, so the output is too: name it .jsonl",
        _ if name.ends_with(".xlsx") || name.ends_with(".xls") => "a workbook cannot be written; name it .csv",
        _ => return Ok(()),
    };
    Err(Error::Data { path: to.into(), reason: reason.into() })
}

#[cfg(test)]
mod tests;
