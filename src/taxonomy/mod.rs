//! The labels and their tree, as data: a `taxonomy.toml` names every label once and no code knows any of them.

mod lookup;
mod parse;
#[cfg(test)]
mod tests;

use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::path::Path;
use utoipa::ToSchema;

/// A language that names and sentences exist in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    #[default]
    Zh,
    En,
}

/// A text in both languages: a display name or a description.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Name {
    pub zh: String,
    pub en: String,
}

impl Name {
    /// The text in one language.
    pub fn get(&self, language: Language) -> &str {
        match language {
            Language::Zh => &self.zh,
            Language::En => &self.en,
        }
    }
}

/// A label that stands alone: a department, a flag, a group of categories.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Label {
    pub id: String,
    pub name: Name,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Name>,
}

/// A leaf of the category tree: what the category head predicts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Category {
    #[serde(flatten)]
    pub label: Label,
    /// Index into [`Taxonomy::groups`]: the first level. Absent in a flat taxonomy.
    pub group: Option<usize>,
    /// Index into [`Taxonomy::departments`]: who acts unless something else says so.
    pub department: Option<usize>,
}

/// A level of urgency. The first in the file is the most urgent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PriorityLevel {
    #[serde(flatten)]
    pub label: Label,
}

/// A feeling with its place on the sentiment scale.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EmotionLabel {
    #[serde(flatten)]
    pub label: Label,
    /// -1 (bad) to 1 (good) at full intensity; 0 marks a feeling that is none.
    pub valence: f32,
}

/// A checked taxonomy. The order in the file is the order of every head's logits.
///
/// ```
/// let taxonomy = fenzhen::taxonomy::Taxonomy::retail();
/// let late = taxonomy.category_index("delivery.late").unwrap();
/// assert_eq!(taxonomy.category_path(late, Default::default()), ["配送问题", "延迟送达"]);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Taxonomy {
    pub id: String,
    pub version: String,
    pub name: Name,
    /// First level of the categories: those that others name as their parent.
    pub groups: Vec<Label>,
    /// Second level: the leaves.
    pub categories: Vec<Category>,
    /// Whether further categories of one complaint are predicted (any-of).
    pub secondary: bool,
    pub departments: Vec<Label>,
    pub priorities: Vec<PriorityLevel>,
    pub emotions: Vec<EmotionLabel>,
    /// Number of intensity levels (0, 1, …); 0 switches the head off.
    pub intensity_levels: usize,
    pub flags: Vec<Label>,
    /// Whether there is a sentiment head.
    pub sentiment: bool,
}

impl Taxonomy {
    /// The file of `retail-v1` as it is built in, for example to be written into a bundle.
    pub const RETAIL: &str = include_str!("retail-v1.toml");

    /// Reads and checks a `taxonomy.toml`.
    ///
    /// # Errors
    /// [`Error::File`]; [`Error::Taxonomy`] with the line at fault: unknown keys, duplicates, unknown parents or
    /// departments, empty lists, ids with other characters than `a-z 0-9 . _ -`.
    pub fn open(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|error| Error::file(path, error))?;
        Self::parse(&text, path)
    }

    /// The same from a text; `path` is only for messages.
    ///
    /// # Errors
    /// As [`Taxonomy::open`].
    pub fn parse(text: &str, path: &Path) -> Result<Self> {
        parse::taxonomy(text).map_err(|fault| Error::Taxonomy { path: path.to_owned(), reason: fault.tell(text) })
    }

    /// `retail-v1`, built in.
    pub fn retail() -> Self {
        Self::parse(Self::RETAIL, Path::new("retail-v1.toml")).expect("the built-in file is checked by a test")
    }
}
