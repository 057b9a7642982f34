//! Rows out: the input's own columns and the predictions, first into a temporary file.

use super::{
    input::{Content, Input, Item},
    prediction::{Column, cell},
};
use crate::{
    Decision, Error, Result,
    data::{open::Format, table::harmless},
};
use flate2::{Compression, write::GzEncoder};
use serde_json::{Map, Value};
use std::{
    collections::HashSet,
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

/// A file that is being written; it takes its name only when it is whole.
pub struct Output {
    path: PathBuf,
    partial: Partial,
    rows: Writer,
    columns: Vec<Column>,
    /// The names of the predictions; `predicted_…` where the input has a column of that name.
    names: Vec<String>,
    /// Whether cells are written as they are, formulas too.
    verbatim: bool,
}

enum Writer {
    Csv(Box<csv::Writer<Sink>>),
    Jsonl(Sink),
}

enum Sink {
    Plain(BufWriter<File>),
    Packed(GzEncoder<BufWriter<File>>),
}

/// The temporary file; gone when the scoring is given up.
struct Partial(Option<PathBuf>);

impl Drop for Partial {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            // The run has failed already; a file that cannot be removed changes nothing about that.
            let _ = fs::remove_file(path);
        }
    }
}

impl Output {
    /// Begins the file beside its final place. `keys` are the names that the input's rows use.
    pub fn create(path: &Path, input: &Input, keys: &[String], columns: Vec<Column>, verbatim: bool) -> Result<Self> {
        // A link keeps pointing at its file; a device or a folder would be replaced by the finished file.
        let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
            return Err(Error::Data { path: path.into(), reason: "the output must be a file".into() });
        }
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .ok_or_else(|| Error::Data { path: path.into(), reason: "the output must be a file".into() })?;
        let partial = path.with_file_name(format!(".{name}.{}.partial", std::process::id()));
        let file = BufWriter::with_capacity(1 << 16, File::create(&partial).map_err(|e| Error::file(path, e))?);
        let partial = Partial(Some(partial));
        let mut sink = match name.to_lowercase().ends_with(".gz") {
            true => Sink::Packed(GzEncoder::new(file, Compression::default())),
            false => Sink::Plain(file),
        };
        let taken: HashSet<&str> = keys.iter().map(String::as_str).collect();
        let names: Vec<String> = columns.iter().map(|column| free_name(column.name(), |n| taken.contains(n))).collect();
        let (header, separator) = input.header();
        let fault = |source| Error::file(path, source);
        let rows = match input.format() {
            Format::Jsonl => Writer::Jsonl(sink),
            Format::Csv => {
                // Without the mark Excel takes UTF-8 for the system's encoding, and Chinese comes out as garbage.
                sink.write_all("\u{feff}".as_bytes()).map_err(fault)?;
                let mut table = csv::WriterBuilder::new().delimiter(separator).from_writer(sink);
                table.write_record(header.iter().chain(&names)).map_err(|e| fault(e.into()))?;
                Writer::Csv(Box::new(table))
            }
        };
        Ok(Output { path: path.into(), partial, rows, columns, names, verbatim })
    }

    /// Writes a row with its decision, or with the error in its place.
    pub fn write(&mut self, item: Item, outcome: Result<&Decision, &str>) -> Result<()> {
        let added = self.columns.iter().map(|&column| match (outcome, column) {
            (Ok(decision), _) => column.value(decision),
            (Err(error), Column::Error) => error.into(),
            (Err(_), _) => Value::Null,
        });
        let done = match (&mut self.rows, item.content) {
            (Writer::Csv(table), Content::Cells(cells)) => {
                let added = added.map(|value| cell(&value));
                let verbatim = self.verbatim;
                table
                    .write_record(cells.into_iter().chain(added).map(|c| if verbatim { c } else { harmless(c) }))
                    .map_err(io::Error::from)
            }
            (Writer::Jsonl(sink), content) => {
                let (object, line) = match content {
                    Content::Object(object, line) => (object, line),
                    Content::Raw(raw) => {
                        let object = Map::from_iter([("raw".to_owned(), Value::from(raw))]);
                        let line = Value::Object(object.clone()).to_string();
                        (object, line)
                    }
                    Content::Cells(_) => return Err(Error::Internal("a table has no place in a JSONL file".into())),
                };
                let mut longer = Map::new();
                for (name, value) in self.names.iter().zip(added).filter(|(_, value)| !value.is_null()) {
                    longer.insert(free_name(name, |n| object.contains_key(n)), value);
                }
                sink.write_all(joined(&line, &object, longer).as_bytes())
            }
            (Writer::Csv(_), _) => Err(io::Error::other("a table has rows of cells only")),
        };
        done.map_err(|source| Error::file(&self.path, source))
    }

    /// Puts the whole file in its place.
    pub fn finish(mut self) -> Result<()> {
        let fault = |source| Error::file(&self.path, source);
        let sink = match self.rows {
            Writer::Jsonl(sink) => sink,
            Writer::Csv(table) => table.into_inner().map_err(|e| fault(e.into_error()))?,
        };
        let file = match sink {
            Sink::Plain(file) => file,
            Sink::Packed(packed) => packed.finish().map_err(fault)?,
        };
        let file = file.into_inner().map_err(|e| fault(e.into_error()))?;
        file.sync_all().map_err(fault)?;
        if let Some(partial) = &self.partial.0 {
            fs::rename(partial, &self.path).map_err(fault)?;
        }
        self.partial.0 = None;
        Ok(())
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Sink::Plain(file) => file.write(bytes),
            Sink::Packed(packed) => packed.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Sink::Plain(file) => file.flush(),
            Sink::Packed(packed) => packed.flush(),
        }
    }
}

/// An object as it was written, with more members at its end.
fn joined(line: &str, object: &Map<String, Value>, more: Map<String, Value>) -> String {
    let more = Value::Object(more).to_string();
    let (head, tail) = (line.trim_end(), &more[1..]);
    let head = head.strip_suffix('}').unwrap_or(head).trim_end();
    let comma = if object.is_empty() || tail == "}" { "" } else { ", " };
    format!("{head}{comma}{tail}\n")
}

fn free_name(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut free = name.to_owned();
    while taken(&free) {
        free.insert_str(0, "predicted_");
    }
    free
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_defused_and_numbers_are_not_touched() {
        for cell in ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3", "\t=1", "＝1"] {
            assert_eq!(harmless(cell.into()), format!("'{cell}"));
        }
        for cell in ["-0.92", "+8613812345678", "6222020200112233445", "快递=慢", "", "007"] {
            assert_eq!(harmless(cell.into()), cell);
        }
    }

    #[test]
    fn an_object_grows_at_its_end_and_keeps_every_digit() {
        let line = "{\"z\": 12345678901234567890123, \"a\": 1.10 } ";
        let object: Map<String, Value> = serde_json::from_str(line).unwrap();
        let more = Map::from_iter([("points".to_owned(), Value::from(3))]);
        let grown = joined(line, &object, more.clone());
        assert_eq!(grown, "{\"z\": 12345678901234567890123, \"a\": 1.10, \"points\":3}\n");
        assert_eq!(joined("{}", &Map::new(), more), "{\"points\":3}\n");
        assert_eq!(joined(line, &object, Map::new()), "{\"z\": 12345678901234567890123, \"a\": 1.10}\n");
    }

    #[test]
    fn a_taken_name_is_stepped_around() {
        let taken = ["category", "predicted_category"];
        assert_eq!(free_name("category", |n| taken.contains(&n)), "predicted_predicted_category");
        assert_eq!(free_name("points", |n| taken.contains(&n)), "points");
    }
}
