//! A file of complaints as rows, of which each says what it holds or why it cannot be read.

use super::{
    Content, Input, Item,
    columns::{Columns, Wanted},
};
use crate::{Error, Result, data::open::Format};
use encoding_rs::Encoding;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// A file of complaints, read in bounded chunks.
pub struct Source {
    /// The file itself.
    pub input: Input,
    /// Which column holds what.
    pub columns: Columns,
    /// The names that rows use.
    pub names: Vec<String>,
    first: Option<Vec<Item>>,
}

impl Source {
    /// Opens a file and finds its columns. `encoding` is guessed where absent; `named` says what the user knows better: field →
    /// column, where `text` is the words.
    ///
    /// # Errors
    /// [`Error::File`]; [`Error::Data`] where no column holds text, or a named one is not there.
    pub fn open(
        path: &Path,
        encoding: Option<&'static Encoding>,
        wanted: Wanted,
        named: &BTreeMap<String, String>,
    ) -> Result<Self> {
        let mut input = Input::open(path, encoding)?;
        let first = input.next_chunk()?;
        let names = match input.format() {
            Format::Csv => input.header().0.to_vec(),
            Format::Jsonl => keys(&first),
        };
        let columns =
            Columns::find(&names, &first, wanted, named).map_err(|reason| Error::Data { path: path.into(), reason })?;
        Ok(Source { input, columns, names, first: Some(first) })
    }

    /// The next rows; empty at the end.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn next_chunk(&mut self) -> Result<Vec<Item>> {
        match self.first.take() {
            Some(first) => Ok(first),
            None => self.input.next_chunk(),
        }
    }
}

/// The names that the objects of a JSONL file use, paths into inner objects too.
fn keys(items: &[Item]) -> Vec<String> {
    let mut keys = BTreeSet::new();
    for item in items {
        let Content::Object(object, _) = &item.content else { continue };
        for (key, value) in object {
            keys.insert(key.clone());
            if let Value::Object(inner) = value {
                keys.extend(inner.keys().map(|k| format!("{key}.{k}")));
            }
        }
    }
    keys.into_iter().collect()
}
