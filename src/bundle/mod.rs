//! A trained model in a folder: written by the trainer, checked by hash, opened by the pipeline.
//!
//! | file | what |
//! |---|---|
//! | `manifest.json` | name, version, how texts become pieces, and the SHA-256 of every other file |
//! | `taxonomy.toml` | the labels, in the order of the heads' outputs |
//! | `config.json`, `model.safetensors`, `tokenizer.json` | the transformer, in HF's layout |
//! | `linear.safetensors` | the linear model |
//! | `calibration.json` | temperatures and blend |
//! | `bands.json` | how sure each head must be, within an error budget |
//! | `scope.json` | what complaints look like to the models, to tell foreign texts by |
//! | `similar.jsonl`, `similar.safetensors` | labelled complaints to show beside those that are like them |
//! | `recipe.toml` | the resolved recipe that made it |
//! | `metrics.json` | what it reached on which data |
//! | `README.md` | the card |

mod manifest;
mod write;

pub use manifest::{FileRecord, Manifest, Reading};
pub use write::{write_file, write_similar, write_tensors};

use crate::{
    Error, Result,
    classify::{calibration::Calibrations, linear::LinearModel, transformer::Transformer},
    decide::Bands,
    explain::{Similar, SimilarFiles},
    scope::Scope,
    taxonomy::Taxonomy,
};
use candle_core::Device;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// The names of a bundle's files.
pub mod file {
    pub const MANIFEST: &str = "manifest.json";
    pub const TAXONOMY: &str = "taxonomy.toml";
    pub const CONFIG: &str = "config.json";
    pub const MODEL: &str = "model.safetensors";
    pub const TOKENIZER: &str = "tokenizer.json";
    pub const LINEAR: &str = "linear.safetensors";
    pub const CALIBRATION: &str = "calibration.json";
    pub const BANDS: &str = "bands.json";
    pub const SCOPE: &str = "scope.json";
    pub const SIMILAR: &str = "similar.jsonl";
    pub const SIMILAR_VECTORS: &str = "similar.safetensors";
    pub const RECIPE: &str = "recipe.toml";
    pub const METRICS: &str = "metrics.json";
    pub const CARD: &str = "README.md";
}

/// An opened bundle. Either model may be absent, not both.
pub struct Bundle {
    pub folder: PathBuf,
    pub manifest: Manifest,
    pub taxonomy: Taxonomy,
    pub transformer: Option<Transformer>,
    pub linear: Option<LinearModel>,
    pub calibrations: Calibrations,
    /// Absent in a bundle that was not calibrated to an error budget; the policy's bands hold then.
    pub bands: Option<Bands>,
    /// Absent in a bundle that was not fitted to tell foreign texts; nothing is foreign to it then.
    pub scope: Option<Scope>,
    /// Absent in a bundle that keeps no complaints.
    pub similar: Option<Similar>,
}

impl Bundle {
    /// Opens a folder and checks the hash of every file that the manifest names, before any is used.
    ///
    /// # Errors
    /// [`Error::BundleHash`] names the file that was changed or half copied; [`Error::Bundle`] what is missing.
    pub fn open(folder: &Path) -> Result<Self> {
        Self::open_on(folder, &Device::Cpu)
    }

    /// The same, with the transformer on a device.
    pub fn open_on(folder: &Path, device: &Device) -> Result<Self> {
        let manifest = verify(folder)?;
        let fault = |reason: String| Error::Bundle { path: folder.to_owned(), reason };
        let taxonomy = Taxonomy::open(&folder.join(file::TAXONOMY))?;
        let transformer = || match &manifest.reading {
            Some(r) => {
                Transformer::open(folder, &taxonomy, r.pooling, &r.prefix, r.max_pieces, r.precision, device).map(Some)
            }
            None => Ok(None),
        };
        let linear = || match manifest.files.contains_key(file::LINEAR) {
            true => LinearModel::open(&folder.join(file::LINEAR)).map(Some),
            false => Ok(None),
        };
        // A server answers from the moment that all is read: what can be read side by side is.
        let similar = || match manifest.files.contains_key(file::SIMILAR) {
            true => read_similar(folder)?.open().map(Some).map_err(fault),
            false => Ok(None),
        };
        let (transformer, (linear, similar)) = rayon::join(transformer, || rayon::join(linear, similar));
        let (transformer, linear, similar) = (transformer?, linear?, similar?);
        if let Some(reason) = linear.as_ref().and_then(|model| model.misfit(&taxonomy)) {
            return Err(fault(reason));
        }
        if transformer.is_none() && linear.is_none() {
            return Err(fault("holds neither a transformer nor a linear model".into()));
        }
        let calibrations: Calibrations = match manifest.files.contains_key(file::CALIBRATION) {
            true => read_json(&folder.join(file::CALIBRATION))?,
            false => Calibrations::default(),
        };
        if let Some(reason) = calibrations.fault() {
            return Err(fault(reason));
        }
        let bands: Option<Bands> = match manifest.files.contains_key(file::BANDS) {
            true => Some(read_json(&folder.join(file::BANDS))?),
            false => None,
        };
        if let Some(reason) = bands.as_ref().and_then(Bands::fault) {
            return Err(fault(reason));
        }
        let scope = match manifest.files.contains_key(file::SCOPE) {
            true => Some(read_json::<Scope>(&folder.join(file::SCOPE))?),
            false => None,
        };
        let width = transformer.as_ref().map(Transformer::width);
        if let Some(reason) = scope.as_ref().and_then(|scope| scope.fault(width)) {
            return Err(fault(reason));
        }
        if let Some(reason) = similar.as_ref().and_then(|similar| similar.fault(&taxonomy, width)) {
            return Err(fault(reason));
        }
        Ok(Bundle {
            folder: folder.to_owned(),
            manifest,
            taxonomy,
            transformer,
            linear,
            calibrations,
            bands,
            scope,
            similar,
        })
    }
}

/// Checks every file against the manifest's hashes.
pub fn verify(folder: &Path) -> Result<Manifest> {
    let fault = |reason: String| Error::Bundle { path: folder.to_owned(), reason };
    let path = folder.join(file::MANIFEST);
    if !path.exists() {
        return Err(fault(format!("there is no {}", file::MANIFEST)));
    }
    let manifest: Manifest = read_json(&path)?;
    manifest.check().map_err(fault)?;
    let hashed = |name: &String| -> Result<String> {
        let path = folder.join(name);
        if path.exists() { hash(&path) } else { Err(fault(format!("{name} is missing"))) }
    };
    let names: Vec<&String> = manifest.files.keys().collect();
    let hashes: Vec<Result<String>> = names.into_par_iter().map(hashed).collect();
    for ((name, record), found) in manifest.files.iter().zip(hashes) {
        let found = found?;
        if found != record.sha256 {
            let (expected, file) = (record.sha256.clone(), name.clone());
            return Err(Error::BundleHash { path: folder.to_owned(), file, expected, found });
        }
    }
    Ok(manifest)
}

/// SHA-256 of a file, in hexadecimal.
pub fn hash(path: &Path) -> Result<String> {
    let mut file = std::fs::File::open(path).map_err(|e| Error::file(path, e))?;
    let mut hash = Sha256::new();
    let mut block = vec![0u8; 1 << 16];
    loop {
        match std::io::Read::read(&mut file, &mut block).map_err(|e| Error::file(path, e))? {
            0 => return Ok(hex(&hash.finalize())),
            n => hash.update(&block[..n]),
        }
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn read_similar(folder: &Path) -> Result<SimilarFiles> {
    let read = |name: &str| {
        let path = folder.join(name);
        std::fs::read(&path).map_err(|e| Error::file(&path, e))
    };
    let lines = String::from_utf8(read(file::SIMILAR)?).map_err(|e| Error::Bundle {
        path: folder.to_owned(),
        reason: format!("{}: {}", file::SIMILAR, e.utf8_error()),
    })?;
    Ok(SimilarFiles { lines, tensors: read(file::SIMILAR_VECTORS)? })
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    let bytes = std::fs::read(path).map_err(|e| Error::file(path, e))?;
    let folder = path.parent().unwrap_or(path).to_owned();
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    serde_json::from_slice(&bytes).map_err(|e| Error::Bundle { path: folder, reason: format!("{name}: {e}") })
}
