//! The last step in making or changing a bundle: what is told of it, and the manifest.

use super::{Recipe, SourceRecord, card, checkpoint::Accuracies, scope::ScopeMetrics};
use crate::{
    Error, Result,
    bundle::{Manifest, Reading, file, write_file},
    evaluate::{Evaluation, calibrate},
    taxonomy::Taxonomy,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::Path};

/// What stands in `metrics.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    pub seed: u64,
    pub rounds: usize,
    pub best_round: usize,
    pub training_seconds: f64,
    pub sources: Vec<SourceRecord>,
    pub training_rows: usize,
    pub calibration_rows: usize,
    pub calibration: Vec<calibrate::Gain>,
    /// What the teachers reach together, a dev file and a head, where there were some.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub teachers: Accuracies,
    /// How foreign texts are told, where the bundle learnt it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<ScopeMetrics>,
    /// A dev file, then a model (`both`, `transformer`, `linear`).
    pub dev: BTreeMap<String, BTreeMap<String, Evaluation>>,
}

impl Metrics {
    /// Reads those of a bundle; nothing where it has none.
    ///
    /// # Errors
    /// [`Error::Bundle`] where they cannot be read.
    pub fn open(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(file::METRICS);
        if !path.exists() {
            return Ok(None);
        }
        let bytes = std::fs::read(&path).map_err(|e| Error::file(&path, e))?;
        let fault = |e| Error::Bundle { path: folder.to_owned(), reason: format!("{}: {e}", file::METRICS) };
        serde_json::from_slice(&bytes).map(Some).map_err(fault)
    }
}

/// Writes what is told of a bundle whose other files lie in a folder: metrics, card, manifest.
pub(super) fn seal(
    recipe: &Recipe,
    taxonomy: &Taxonomy,
    metrics: &Metrics,
    reading: Option<Reading>,
    out: &Path,
) -> Result<Manifest> {
    let taxonomy_id = format!("{}@{}", taxonomy.id, taxonomy.version);
    write_json(&out.join(file::METRICS), metrics)?;
    let manifest = Manifest::of(out, &recipe.name, &taxonomy_id, reading.clone())?;
    write_file(&out.join(file::CARD), card::card(&manifest, recipe, taxonomy, metrics).as_bytes())?;
    Manifest::write(out, &recipe.name, &taxonomy_id, reading)
}

/// Seals a finished bundle again, one of whose files has been changed: it gets a new version, and a card that names it. One
/// without recipe or metrics has nothing to make a card of and gets a manifest alone.
///
/// # Errors
/// Where recipe or metrics cannot be read, or the folder not be written.
pub fn reseal(folder: &Path, taxonomy: &Taxonomy, old: &Manifest) -> Result<Manifest> {
    let recipe = folder.join(file::RECIPE);
    match Metrics::open(folder)?.filter(|_| recipe.exists()) {
        Some(metrics) => seal(&Recipe::open(&recipe)?, taxonomy, &metrics, old.reading.clone(), folder),
        None => Manifest::write(folder, &old.name, &old.taxonomy, old.reading.clone()),
    }
}

pub(super) fn write_recipe(recipe: &Recipe, out: &Path) -> Result<()> {
    let text = toml::to_string_pretty(recipe).map_err(|e| Error::Internal(e.to_string()))?;
    write_file(&out.join(file::RECIPE), text.as_bytes())
}

pub(super) fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    write_file(path, &serde_json::to_vec_pretty(value).map_err(|e| Error::Internal(e.to_string()))?)
}
