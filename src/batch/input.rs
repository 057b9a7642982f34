//! Rows in, whole and broken ones, in bounded chunks.

use crate::{
    Error, Result,
    data::{
        encoding, jsonl,
        lines::Lines,
        open::{Format, Opened, open},
        table::Table,
    },
};
use encoding_rs::Encoding;
use serde_json::{Map, Value};
use std::{
    io::BufRead,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// A chunk ends after so many rows or so many bytes of text, whichever comes first.
pub const ROWS: usize = 256;
const BYTES: usize = 1 << 20;

/// One row of the input.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The line where it begins.
    pub line: usize,
    pub content: Content,
    /// Why it cannot be read; the content then is what could be saved.
    pub fault: Option<String>,
}

/// What a row holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Of a table: one a column.
    Cells(Vec<String>),
    /// Of a JSONL file: the object, and the line as it was written, so that no number or order of keys changes on its way.
    Object(Map<String, Value>, String),
    /// A line of a JSONL file that is no object.
    Raw(String),
}

/// A file that is being read.
pub struct Input {
    path: PathBuf,
    rows: Rows,
    pub encoding: &'static Encoding,
    read: Arc<AtomicU64>,
    /// Bytes of the file in all.
    pub length: u64,
}

enum Rows {
    Csv(Table<Box<dyn BufRead + Send>>),
    Jsonl(Lines<Box<dyn BufRead + Send>>),
}

impl Input {
    /// Opens a CSV or JSONL file; without `encoding` it is guessed.
    pub fn open(path: &Path, encoding: Option<&'static Encoding>) -> Result<Self> {
        let Opened { reader, encoding, format, read, length } = open(path, encoding)?;
        let rows = match format {
            Format::Csv => Rows::Csv(Table::new(reader, encoding).map_err(|e| Error::file(path, e))?),
            Format::Jsonl => Rows::Jsonl(Lines::new(reader)),
        };
        Ok(Input { path: path.into(), rows, encoding, read, length })
    }

    pub fn format(&self) -> Format {
        match self.rows {
            Rows::Csv(_) => Format::Csv,
            Rows::Jsonl(_) => Format::Jsonl,
        }
    }

    /// The names of a table's columns and the byte between them; nothing for JSONL.
    pub fn header(&self) -> (&[String], u8) {
        match &self.rows {
            Rows::Csv(table) => (&table.header, table.separator),
            Rows::Jsonl(_) => (&[], b','),
        }
    }

    /// Bytes of the file read so far.
    pub fn position(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// The next rows; empty at the end.
    pub fn next_chunk(&mut self) -> Result<Vec<Item>> {
        let (mut items, mut bytes) = (Vec::new(), 0);
        while items.len() < ROWS && bytes < BYTES {
            let Some(item) = self.next_item()? else { break };
            bytes += match &item.content {
                Content::Cells(cells) => cells.iter().map(String::len).sum(),
                Content::Object(_, line) | Content::Raw(line) => line.len(),
            };
            items.push(item);
        }
        Ok(items)
    }

    fn next_item(&mut self) -> Result<Option<Item>> {
        let fault = |source| Error::file(&self.path, source);
        match &mut self.rows {
            Rows::Csv(table) => Ok(table.next_record().map_err(fault)?.map(|record| Item {
                line: record.line,
                content: Content::Cells(record.cells),
                fault: record.fault,
            })),
            Rows::Jsonl(lines) => loop {
                let Some(line) = lines.next_line().map_err(fault)? else { return Ok(None) };
                if line.bytes.iter().all(u8::is_ascii_whitespace) {
                    continue;
                }
                let written = match encoding::decode(self.encoding, &line.bytes) {
                    Ok(text) => text.into_owned(),
                    Err(text) => text,
                };
                let (content, fault) = match jsonl::object(&line, self.encoding) {
                    Ok(object) => (Content::Object(object, written), None),
                    Err(reason) => (Content::Raw(written), Some(reason)),
                };
                return Ok(Some(Item { line: line.number, content, fault }));
            },
        }
    }
}
