//! Where labelled rows come from, and what the columns of the file mean.

use super::{
    labelled::text_id,
    lines::Lines,
    open::{Format, Opened, open},
    row::{Row, shown},
    table::Table,
};
use crate::{Error, Result};
use encoding_rs::Encoding;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs::File,
    io::{self, BufRead, Read},
    path::{Path, PathBuf},
};

/// A file of labelled rows and how to read it; stands in recipes and is built from flags by the commands.
///
/// Without `columns`, the columns (CSV) or fields (JSONL) carry the names of a row's fields; a CSV may have others, which
/// are passed over, a JSONL row may not. With `columns`, only what stands there is read, and `text` under its own name
/// where it is not mentioned. A value that `values` does not mention stays as it is; one that stands for `""` is dropped.
///
/// ```toml
/// path = "weibo/train.csv"
/// columns = { text = "text", emotion = "label" }      # field of a row = column of the file
/// values.sentiment = { positive = 1.0, negative = -1.0 } # what a written value means
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// JSONL or CSV (UTF-8, BOM or GB18030), plain or `.gz`; relative to where the command runs.
    pub path: PathBuf,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, BTreeMap<String, toml::Value>>,
    /// A JSONL file of labels without texts, each with the `id` that [`text_id`] gives its text. Only the texts that it names
    /// are read, and they get its labels: so labels can be passed on where the texts belong to others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<PathBuf>,
    /// How often each row counts in training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<f32>,
    /// Only this share of the rows, chosen by a hash of the text: a part of a large set that stays the same on every run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<f32>,
    /// Without the rows that this share would choose: what another part of a recipe took from the same file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beyond: Option<f32>,
    /// Only rows with one of these in their field `source`; `""` stands for rows without that field. Every one must occur.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<Vec<String>>,
    /// In training: all of its rows teach, and none is set aside for calibration where another source has some. For rows that
    /// are not like those that will be read: easier, chosen because they are hard, or made up.
    #[serde(default, skip_serializing_if = "is_false")]
    pub teaches_only: bool,
    /// In training: the opposite, none of its rows teaches and all are set aside for calibration.
    #[serde(default, skip_serializing_if = "is_false")]
    pub held_out: bool,
    /// A missing file is skipped with a remark instead of refused.
    #[serde(default)]
    pub optional: bool,
}

/// A row with the line where it begins, or why that line gives no row.
pub struct Numbered {
    pub line: usize,
    pub row: std::result::Result<Row, String>,
}

impl Source {
    /// The same rows, but nothing is read of them except the texts; a file of labels still says which.
    ///
    /// # Errors
    /// As [`Source::load`].
    pub fn load_texts(&self) -> Result<Vec<Row>> {
        self.check_only()?;
        let read = ["text", "source"].into_iter().take(if self.only.is_some() { 2 } else { 1 });
        let column = |field: &str| self.columns.get(field).cloned().unwrap_or_else(|| field.to_owned());
        let columns = read.map(|field| (field.to_owned(), column(field))).collect();
        let texts = Source { columns, ..self.clone() };
        Ok(texts.load()?.into_iter().map(|row| Row { text: row.text, ..Row::default() }).collect())
    }

    /// A file whose columns carry the names of a row's fields.
    pub fn of(path: impl Into<PathBuf>) -> Self {
        Source { path: path.into(), ..Default::default() }
    }

    /// Reads all rows.
    ///
    /// # Errors
    /// [`crate::Error::Row`] names the file and the line of a row that cannot be read.
    pub fn load(&self) -> Result<Vec<Row>> {
        if self.optional && !self.path.exists() {
            tracing::warn!(path = %self.path.display(), "an optional file of rows is not there");
            return Ok(Vec::new());
        }
        if let (Some(share), Some(beyond)) = (self.share, self.beyond)
            && beyond >= share
        {
            return Err(self.fault(format!("no row lies within the share {share} and beyond {beyond}")));
        }
        self.check_only()?;
        let mut met = HashSet::new();
        let chosen = |row: &Result<Row>| row.as_ref().map_or(true, |row| self.chooses(row, &mut met));
        let rows = self.rows()?.map(|numbered| {
            let Numbered { line, row } = numbered?;
            row.map_err(|reason| Error::Row { path: self.path.clone(), line, reason })
        });
        let rows: Vec<Row> = match &self.labels {
            None => rows.filter(chosen).collect::<Result<_>>()?,
            Some(path) => joined(super::labelled::labels(path)?, rows.filter(chosen))?,
        };
        match self.only.iter().flatten().find(|name| !met.contains(*name)) {
            Some(name) => Err(self.fault(format!("only names the source {name:?}, which no row has"))),
            None => Ok(rows),
        }
    }

    /// That `only` can choose: a row of another spelling would be left out without a word.
    fn check_only(&self) -> Result<()> {
        let fault = |reason: &str| Err(self.fault(reason.to_owned()));
        match &self.only {
            Some(only) if only.is_empty() => fault("only names no source: leave it away to take all rows"),
            Some(_) if !self.columns.is_empty() && !self.columns.contains_key("source") => {
                fault("only chooses by the field source, and columns does not say which column that is")
            }
            _ => Ok(()),
        }
    }

    /// Whether a row is wanted; `met` gets the sources of `only` that occurred.
    fn chooses(&self, row: &Row, met: &mut HashSet<String>) -> bool {
        let within = |share| falls_within(share, &[b"share", row.text.as_bytes()]);
        let own = row.source.as_deref().unwrap_or_default();
        let named = self.only.as_ref().map(|only| only.iter().any(|name| name == own));
        if named == Some(true) && !met.contains(own) {
            met.insert(own.to_owned());
        }
        named != Some(false) && self.share.is_none_or(within) && !self.beyond.is_some_and(within)
    }

    /// Reads row by row; a broken one does not end the reading.
    ///
    /// # Errors
    /// [`Error::File`] and [`Error::Data`] where the file as a whole cannot be read.
    pub fn rows(&self) -> Result<Rows> {
        self.check_names()?;
        let Opened { reader, encoding, format, .. } = open(&self.path, None)?;
        let reading = match format {
            Format::Jsonl => Reading::Jsonl(Lines::new(reader), encoding),
            Format::Csv => {
                let table = Table::new(reader, encoding).map_err(|e| Error::file(&self.path, e))?;
                let columns = self.places(&table)?;
                Reading::Csv(table, columns)
            }
        };
        Ok(Rows { source: self.clone(), reading })
    }

    /// SHA-256 of the file, for the manifest of a bundle.
    pub fn hash(&self) -> Result<String> {
        hash(&self.path)
    }

    /// SHA-256 of the file of labels, where they stand in one of their own.
    pub fn labels_hash(&self) -> Result<Option<String>> {
        self.labels.as_deref().map(hash).transpose()
    }

    fn check_names(&self) -> Result<()> {
        match self.columns.keys().chain(self.values.keys()).find(|f| !Row::FIELDS.contains(&f.as_str())) {
            None => Ok(()),
            Some(field) => Err(self.fault(format!(
                "a row has no field {}; the fields are {}",
                shown(field),
                Row::FIELDS.join(", ")
            ))),
        }
    }

    /// Which field each column of a table fills.
    fn places<R: BufRead>(&self, table: &Table<R>) -> Result<Vec<(&'static str, usize)>> {
        let mut places = Vec::new();
        for field in Row::FIELDS {
            let (name, wanted) = match self.columns.get(field) {
                Some(column) => (column.as_str(), true),
                None if self.columns.is_empty() || field == "text" => (field, field == "text"),
                None => continue,
            };
            match table.column(name) {
                Some(place) => places.push((field, place)),
                None if wanted => {
                    let found: Vec<_> = table.header.iter().map(|name| shown(name)).collect();
                    let found =
                        if found.is_empty() { "it is empty".into() } else { format!("it has {}", found.join(", ")) };
                    return Err(self.fault(format!("no column {name:?} for the field {field}; {found}")));
                }
                None => {}
            }
        }
        Ok(places)
    }

    /// A fault in a row that [`Source::load`] gave: the label file and the id where labels stand apart from their texts, for
    /// the place in the file of texts says nothing then.
    pub fn fault_of(&self, index: usize, row: &Row, reason: String) -> Error {
        match (&self.labels, &row.id) {
            (Some(path), Some(id)) => Error::Data { path: path.clone(), reason: format!("the row {id}: {reason}") },
            _ => Error::Row { path: self.path.clone(), line: index + 1, reason },
        }
    }

    fn fault(&self, reason: String) -> Error {
        Error::Data { path: self.path.clone(), reason }
    }

    /// What a written value of a field means.
    fn meant(&self, field: &str, written: Value) -> Value {
        let Some(meanings) = self.values.get(field) else { return written };
        let meaning = |value: Value| {
            let key = match &value {
                Value::String(text) => text.trim().to_owned(),
                other => other.to_string(),
            };
            meanings.get(&key).map_or(value, json)
        };
        match written {
            Value::Array(items) => {
                Value::Array(items.into_iter().map(meaning).filter(|v| v.as_str() != Some("")).collect())
            }
            other => meaning(other),
        }
    }

    fn row_of_object(&self, object: serde_json::Map<String, Value>) -> std::result::Result<Row, String> {
        let mut row = Row::default();
        let mut has_text = false;
        if self.columns.is_empty() {
            for (field, value) in object {
                has_text |= field == "text";
                row.set(&field, self.meant(&field, value))?;
            }
        } else {
            let mut object = object;
            for field in Row::FIELDS {
                let name = match self.columns.get(field) {
                    Some(name) => name.as_str(),
                    None if field == "text" => field,
                    None => continue,
                };
                if let Some(value) = object.remove(name) {
                    has_text |= field == "text";
                    row.set(field, self.meant(field, value))?;
                }
            }
        }
        if has_text { Ok(row) } else { Err("the field text is missing".into()) }
    }

    fn row_of_cells(&self, places: &[(&'static str, usize)], cells: Vec<String>) -> std::result::Result<Row, String> {
        let mut row = Row::default();
        for &(field, place) in places {
            let cell = cells.get(place).cloned().unwrap_or_default();
            let empty = cell.trim().is_empty() && field != "text";
            if !empty {
                row.set(field, self.meant(field, Value::String(cell)))?;
            } else if matches!(field, "secondary" | "flags") {
                row.set(field, Value::Array(Vec::new()))?;
            }
        }
        Ok(row)
    }
}

fn hash(path: &Path) -> Result<String> {
    let fault = |source| Error::file(path, source);
    let mut file = File::open(path).map_err(fault)?;
    let (mut hasher, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => hasher.update(&buffer[..n]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(fault(error)),
        }
    }
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The rows that have labels, with them in place of their own; each label is given once.
fn joined(mut labels: HashMap<String, Row>, rows: impl Iterator<Item = Result<Row>>) -> Result<Vec<Row>> {
    rows.filter_map(|row| match row {
        Ok(row) => labels.remove(&text_id(&row.text)).map(|labels| Ok(Row { text: row.text, ..labels })),
        Err(error) => Some(Err(error)),
    })
    .collect()
}

/// Whether the hash of some bytes falls within a share of all hashes: a random choice that is the same on every run and does
/// not move when rows are added.
pub fn falls_within(share: f32, bytes: &[&[u8]]) -> bool {
    let mut hash = Sha256::new();
    bytes.iter().for_each(|part| hash.update(part));
    let digest = hash.finalize();
    let head = u32::from_le_bytes([digest[0], digest[1], digest[2], digest[3]]);
    f64::from(head) < f64::from(share) * f64::from(u32::MAX)
}

fn is_false(flag: &bool) -> bool {
    !flag
}

fn json(value: &toml::Value) -> Value {
    match value {
        toml::Value::String(s) => s.clone().into(),
        toml::Value::Integer(i) => (*i).into(),
        toml::Value::Float(f) => (*f).into(),
        toml::Value::Boolean(b) => (*b).into(),
        toml::Value::Array(items) => items.iter().map(json).collect(),
        toml::Value::Datetime(time) => time.to_string().into(),
        toml::Value::Table(_) => Value::Null,
    }
}

enum Reading {
    Jsonl(Lines<Box<dyn BufRead + Send>>, &'static Encoding),
    Csv(Table<Box<dyn BufRead + Send>>, Vec<(&'static str, usize)>),
}

/// The rows of a file, one by one.
pub struct Rows {
    source: Source,
    reading: Reading,
}

impl Iterator for Rows {
    type Item = Result<Numbered>;

    fn next(&mut self) -> Option<Self::Item> {
        let read = match &mut self.reading {
            Reading::Csv(table, places) => table.next_record().map(|record| {
                record.map(|record| Numbered {
                    line: record.line,
                    row: match record.fault {
                        Some(fault) => Err(fault),
                        None => self.source.row_of_cells(places, record.cells),
                    },
                })
            }),
            Reading::Jsonl(lines, encoding) => loop {
                match lines.next_line() {
                    Ok(Some(line)) if line.bytes.iter().all(u8::is_ascii_whitespace) => continue,
                    Ok(Some(line)) => {
                        let row = super::jsonl::object(&line, encoding).and_then(|o| self.source.row_of_object(o));
                        break Ok(Some(Numbered { line: line.number, row }));
                    }
                    Ok(None) => break Ok(None),
                    Err(error) => break Err(error),
                }
            },
        };
        read.map_err(|error| Error::file(&self.source.path, error)).transpose()
    }
}
