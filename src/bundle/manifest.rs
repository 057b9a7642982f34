use crate::classify::transformer::{Pooling, Precision};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a bundle is and which bytes it consists of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of this layout; this engine reads 1.
    pub format: u32,
    pub name: String,
    /// The first twelve digits of a hash over all other files: the same content has the same version.
    pub version: String,
    /// The engine that wrote it.
    pub engine: String,
    /// `id@version` of the taxonomy inside.
    pub taxonomy: String,
    /// How the transformer reads a text; absent in a bundle of a linear model alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reading: Option<Reading>,
    pub files: BTreeMap<String, FileRecord>,
}

/// From text to pieces to one vector.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    pub pooling: Pooling,
    pub prefix: String,
    pub max_pieces: usize,
    /// In what numbers it answers; without it, weights that are stored as bytes are used as bytes, others in f32.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<Precision>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRecord {
    pub bytes: u64,
    pub sha256: String,
}

impl Manifest {
    /// `name@version`, as it stands in every decision.
    pub fn id(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }

    /// What is wrong with it, as a sentence. File names may not lead out of the folder.
    pub fn check(&self) -> std::result::Result<(), String> {
        if self.format != 1 {
            return Err(format!("has format {}, this engine reads format 1", self.format));
        }
        if let Some(name) = self.files.keys().find(|n| n.contains(['/', '\\']) || n.starts_with('.')) {
            return Err(format!("the manifest names {name:?}, which is no plain file name"));
        }
        if !self.files.contains_key(super::file::TAXONOMY) {
            return Err("the manifest names no taxonomy.toml".into());
        }
        Ok(())
    }
}
