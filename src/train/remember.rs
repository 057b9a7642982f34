//! Labelled complaints that a bundle keeps, to show beside those that are like them.

use super::{
    Recipe,
    recipe::SimilarRecipe,
    scope::pooled,
    seal::{reseal, write_recipe},
};
use crate::{
    Error, Pipeline, Result,
    bundle::{Manifest, file, write_similar},
    classify::{Head, transformer::Transformer},
    data::{Source, Targets},
    explain::{HEADS, Labelled, Similar, SimilarFiles},
    segment::{Reading, Segmenter},
    taxonomy::Taxonomy,
};
use std::{collections::BTreeMap, path::Path};

/// What came of it.
#[derive(Debug)]
pub struct Remembered {
    /// How many complaints are kept.
    pub kept: usize,
    /// How often the complaint that is the most like another has the same label, by file and head.
    pub agreement: BTreeMap<String, BTreeMap<Head, f64>>,
    /// Of the bundle as it is now, where it was written.
    pub manifest: Option<Manifest>,
}

/// Lets the bundle of a pipeline, in `folder`, keep the complaints that the `[similar]` of a recipe names, and measures on
/// the dev files of the bundle's own recipe. Without `write`, the bundle stays as it is.
///
/// # Errors
/// As [`files`]; [`Error::Bundle`] where the bundle has no transformer.
pub fn remember(pipeline: &Pipeline, folder: &Path, by: &SimilarRecipe, write: bool) -> Result<Remembered> {
    let fault = |reason: &str| Error::Bundle { path: folder.to_owned(), reason: reason.to_owned() };
    let transformer =
        pipeline.transformer().ok_or_else(|| fault("has no transformer; alike is told by its vectors"))?;
    let (taxonomy, segmenter) = (&pipeline.taxonomy, pipeline.segmenter());
    let mut recipe = Recipe::open(&folder.join(file::RECIPE))?;
    let files = files(by, transformer, taxonomy, segmenter)?;
    let similar = files.open().map_err(Error::Internal)?;
    let mut agreement = BTreeMap::new();
    for source in &recipe.data.dev {
        let (rows, readings) = read(source, taxonomy, segmenter)?;
        if !rows.is_empty() {
            let vectors = pooled(transformer, &readings.iter().collect::<Vec<_>>())?;
            agreement.insert(source.path.display().to_string(), agreeing(&similar, &rows, &vectors));
        }
    }
    let mut manifest = None;
    if write {
        write_similar(folder, &files)?;
        recipe.similar = Some(by.clone());
        write_recipe(&recipe, folder)?;
        manifest = Some(reseal(folder, taxonomy, &pipeline.manifest)?);
    }
    Ok(Remembered { kept: similar.len(), agreement, manifest })
}

/// The complaints that a recipe names, with their vectors.
///
/// # Errors
/// A file that is missing and not optional, a row that cannot be read, a label that the taxonomy does not have; where there
/// is no text at all.
pub(super) fn files(
    by: &SimilarRecipe,
    transformer: &Transformer,
    taxonomy: &Taxonomy,
    segmenter: &Segmenter,
) -> Result<SimilarFiles> {
    let (mut rows, mut readings) = (Vec::new(), Vec::new());
    for source in &by.rows {
        let (of_source, read) = read(source, taxonomy, segmenter)?;
        rows.extend(of_source);
        readings.extend(read);
    }
    let vectors = pooled(transformer, &readings.iter().collect::<Vec<_>>())?;
    SimilarFiles::of(rows, vectors)
}

/// The rows of a file that can be read: masked, with the labels of those heads that choose one.
fn read(source: &Source, taxonomy: &Taxonomy, segmenter: &Segmenter) -> Result<(Vec<Labelled>, Vec<Reading>)> {
    let (mut rows, mut readings) = (Vec::new(), Vec::new());
    for (index, row) in source.load()?.iter().enumerate() {
        let targets = Targets::of(row, taxonomy).map_err(|reason| source.fault_of(index, row, reason))?;
        let Ok(reading) = segmenter.read(&row.text) else { continue };
        let given = |head: Head| {
            let label = crate::data::labels(taxonomy, head).nth(targets.label(head)?)?;
            Some((head, label.to_owned()))
        };
        let labels: BTreeMap<Head, String> = HEADS.into_iter().filter_map(given).collect();
        rows.push(Labelled { text: reading.text.masked(), labels });
        readings.push(reading);
    }
    Ok((rows, readings))
}

/// The share of rows whose nearest has the same label, by head.
fn agreeing(similar: &Similar, rows: &[Labelled], vectors: &[Vec<f32>]) -> BTreeMap<Head, f64> {
    let mut counts: BTreeMap<Head, (usize, usize)> = BTreeMap::new();
    for (row, vector) in rows.iter().zip(vectors) {
        // A text that is itself among the kept ones proves nothing.
        let Some((near, _)) = similar.nearest(vector, 2).into_iter().find(|(near, _)| near.text != row.text) else {
            continue;
        };
        for (head, label) in &row.labels {
            if let Some(other) = near.labels.get(head) {
                let (same, all) = counts.entry(*head).or_default();
                *same += usize::from(other == label);
                *all += 1;
            }
        }
    }
    counts.into_iter().map(|(head, (same, all))| (head, same as f64 / all as f64)).collect()
}
