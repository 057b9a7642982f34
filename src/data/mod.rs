//! Labelled rows: read, checked, split, inspected.

use crate::{Result, classify::Head, taxonomy::Taxonomy};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::PathBuf};

/// One labelled message. Any label may be missing; the row then teaches only the heads it has labels for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secondary: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emotion: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intensity: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flags: Option<Vec<String>>,
    /// -1 to 1. Where absent and emotion and intensity are there, the taxonomy's valence gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentiment: Option<f32>,
    /// Rows of one group (a customer, a conversation) stay in one split.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// When it was written (RFC 3339 or a date), for splits by time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
}

/// What a row teaches one head.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// Index of the one right label.
    Label(usize),
    /// Indices of all right labels.
    Labels(Vec<usize>),
    /// A number in [-1, 1].
    Value(f32),
}

/// What a row teaches, head by head, as indices into the taxonomy.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Targets {
    values: [Option<Target>; 8],
}

impl Targets {
    /// Looks a row's labels up.
    ///
    /// # Errors
    /// The field and the label that the taxonomy does not know, as a sentence.
    pub fn of(_row: &Row, _taxonomy: &Taxonomy) -> std::result::Result<Self, String> {
        todo!()
    }

    pub fn get(&self, head: Head) -> Option<&Target> {
        self.values[head as usize].as_ref()
    }

    /// The label of a one-of head.
    pub fn label(&self, head: Head) -> Option<usize> {
        match self.get(head) {
            Some(Target::Label(index)) => Some(*index),
            _ => None,
        }
    }
}

/// A file of labelled rows and how to read it; stands in recipes and is built from flags by the commands.
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
    /// How often each row counts in training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<f32>,
    /// A missing file is skipped with a remark instead of refused.
    #[serde(default)]
    pub optional: bool,
}

impl Source {
    /// Reads all rows.
    ///
    /// # Errors
    /// [`crate::Error::Row`] names the file and the line of a row that cannot be read.
    pub fn load(&self) -> Result<Vec<Row>> {
        todo!()
    }

    /// SHA-256 of the file, for the manifest of a bundle.
    pub fn hash(&self) -> Result<String> {
        todo!()
    }
}
