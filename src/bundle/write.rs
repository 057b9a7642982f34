use super::{FileRecord, Manifest, Reading, file, hash, hex};
use crate::{
    ENGINE, Error, Result,
    classify::transformer::{Storage, quantize},
    explain::SimilarFiles,
};
use candle_core::Tensor;
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, path::Path};

/// Writes a file beside its final place and renames it: a reader sees the old one or the whole new one.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    let beside = path.with_extension("partial");
    std::fs::write(&beside, bytes).map_err(|e| Error::file(&beside, e))?;
    std::fs::rename(&beside, path).map_err(|e| Error::file(path, e))
}

/// Writes tensors as a safetensors file.
pub fn write_tensors(path: &Path, tensors: &BTreeMap<String, Tensor>, storage: Storage) -> Result<()> {
    write_file(path, &quantize::to_bytes(tensors, storage)?)
}

/// Writes the complaints that a bundle keeps to show.
pub fn write_similar(folder: &Path, files: &SimilarFiles) -> Result<()> {
    write_file(&folder.join(file::SIMILAR), files.lines.as_bytes())?;
    write_file(&folder.join(file::SIMILAR_VECTORS), &files.tensors)
}

impl Manifest {
    /// Records every file that lies in a folder and writes `manifest.json`: the last step in making a bundle.
    pub fn write(folder: &Path, name: &str, taxonomy: &str, reading: Option<Reading>) -> Result<Manifest> {
        let manifest = Self::of(folder, name, taxonomy, reading)?;
        let text = serde_json::to_vec_pretty(&manifest).map_err(|e| Error::Internal(e.to_string()))?;
        write_file(&folder.join(file::MANIFEST), &text)?;
        Ok(manifest)
    }

    /// The manifest of what lies in a folder, without writing it.
    pub fn of(folder: &Path, name: &str, taxonomy: &str, reading: Option<Reading>) -> Result<Manifest> {
        let mut files = BTreeMap::new();
        let mut whole = Sha256::new();
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .map_err(|e| Error::file(folder, e))?
            .flatten()
            .filter(|e| e.path().is_file())
            .map(|e| e.file_name().to_string_lossy().into_owned())
            .filter(|n| n != file::MANIFEST)
            .collect();
        names.sort();
        for name in names {
            let path = folder.join(&name);
            let bytes = std::fs::metadata(&path).map_err(|e| Error::file(&path, e))?.len();
            let sha256 = hash(&path)?;
            // The card quotes the version, so it cannot be a part of it.
            if name != file::CARD {
                whole.update(name.as_bytes());
                whole.update(sha256.as_bytes());
            }
            files.insert(name, FileRecord { bytes, sha256 });
        }
        let version = hex(&whole.finalize())[..12].to_owned();
        let (name, engine, taxonomy) = (name.to_owned(), ENGINE.to_owned(), taxonomy.to_owned());
        Ok(Manifest { format: 1, name, version, engine, taxonomy, reading, files })
    }
}
