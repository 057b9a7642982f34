//! The labels and their tree, as data: a `taxonomy.toml` names every label once and no code knows any of them.

use crate::Result;
use std::path::Path;

/// A display name in both languages.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Name {
    pub zh: String,
    pub en: String,
}

/// A label that stands alone: a department, a flag, a group of categories.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    pub id: String,
    pub name: Name,
    pub description: String,
}

/// A leaf of the category tree: what the category head predicts.
#[derive(Debug, Clone, PartialEq)]
pub struct Category {
    pub label: Label,
    /// Index into [`Taxonomy::groups`]: the first level.
    pub group: Option<usize>,
    /// Index into [`Taxonomy::departments`].
    pub department: Option<usize>,
}

/// A level of urgency. The first in the file is the most urgent.
#[derive(Debug, Clone, PartialEq)]
pub struct PriorityLevel {
    pub label: Label,
}

/// A feeling with its place on the sentiment scale.
#[derive(Debug, Clone, PartialEq)]
pub struct EmotionLabel {
    pub label: Label,
    /// -1 (bad) to 1 (good).
    pub valence: f32,
}

/// A checked taxonomy. The order in the file is the order of every head's logits.
#[derive(Debug, Clone, PartialEq)]
pub struct Taxonomy {
    pub id: String,
    pub version: String,
    pub name: Name,
    /// First level of the categories.
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
    /// Reads and checks a `taxonomy.toml`.
    ///
    /// # Errors
    /// [`crate::Error::Taxonomy`] with the line at fault: unknown keys, duplicates, unknown parents or departments.
    pub fn open(_path: &Path) -> Result<Self> {
        todo!()
    }

    /// The same from a text; `path` is only for messages.
    pub fn parse(_text: &str, _path: &Path) -> Result<Self> {
        todo!()
    }

    /// `retail-v1`, built in.
    pub fn retail() -> Self {
        todo!()
    }
}
