//! Teaches a finished bundle to tell foreign texts, without a change of any weight.

use super::{
    Corpus, Recipe, ScopeRecipe, SourceRecord,
    scope::{Lesson, ScopeMetrics},
    seal::{Metrics, seal, write_json, write_recipe},
};
use crate::{
    Error, Pipeline, Result,
    bundle::{Manifest, file},
};
use std::path::Path;

/// What becomes of what was learnt.
#[derive(Debug, Clone, Copy, Default)]
pub struct Keep {
    /// Put it into the bundle, which gets a new version.
    pub write: bool,
    /// Also where a file is absent that the bundle learnt from.
    pub without_absent: bool,
}

/// What came of the teaching.
#[derive(Debug)]
pub struct Taught {
    pub learnt: ScopeMetrics,
    /// Of the bundle as it is now, where it was written.
    pub manifest: Option<Manifest>,
    /// Files that are not there or have changed, a sentence each.
    pub remarks: Vec<String>,
}

/// Teaches the bundle of a pipeline, in `folder`, by the `[scope]` of a recipe, on the rows of its own recipe.
///
/// # Errors
/// As [`Lesson::read`]; [`Error::Bundle`] where the bundle has no transformer, or no metrics to write to;
/// [`Error::InvalidRequest`] where it should be written and files are absent that it learnt from.
pub fn teach_scope(pipeline: &Pipeline, folder: &Path, by: &ScopeRecipe, keep: Keep) -> Result<Taught> {
    let fault = |reason: &str| Error::Bundle { path: folder.to_owned(), reason: reason.to_owned() };
    let transformer =
        pipeline.transformer().ok_or_else(|| fault("has no transformer; foreign texts are told by its vectors"))?;
    let mut recipe = Recipe::open(&folder.join(file::RECIPE))?;
    let metrics = Metrics::open(folder)?;
    let corpus = Corpus::read(&recipe, &pipeline.taxonomy, pipeline.segmenter(), None)?;
    let lesson = Lesson::read(by, &corpus, &pipeline.taxonomy, pipeline.segmenter())?;
    let absent: Vec<&String> = corpus.absent.iter().chain(&lesson.absent).collect();
    let mut remarks: Vec<String> =
        absent.iter().map(|path| format!("{path} (optional) is not there: going on without it")).collect();
    if let Some(metrics) = &metrics {
        remarks.extend(changed(&metrics.sources, &corpus.sources));
        let before = metrics.scope.iter().flat_map(|scope| &scope.sources).chain(&metrics.sources);
        let missed: Vec<&str> =
            before.map(|source| source.path.as_str()).filter(|path| absent.iter().any(|a| a == path)).collect();
        if keep.write && !keep.without_absent && !missed.is_empty() {
            let reason = format!(
                "the bundle learnt from {}, which this checkout does not have; put it there, or say --without-absent to teach \
                 the bundle by less",
                missed.join(", ")
            );
            return Err(Error::InvalidRequest { what: "--write".into(), reason });
        }
    }
    let (scope, learnt) = lesson.learn(&corpus, transformer, pipeline.policy.out_of_scope())?;
    if !keep.write {
        return Ok(Taught { learnt, manifest: None, remarks });
    }
    let mut metrics = metrics.ok_or_else(|| fault("has no metrics.json to write what was learnt into"))?;
    metrics.scope = Some(learnt.clone());
    recipe.scope = Some(by.clone());
    write_json(&folder.join(file::SCOPE), &scope)?;
    write_recipe(&recipe, folder)?;
    let manifest = seal(&recipe, &pipeline.taxonomy, &metrics, pipeline.manifest.reading.clone(), folder)?;
    Ok(Taught { learnt, manifest: Some(manifest), remarks })
}

/// What to say of files that are no longer what the bundle learnt from.
fn changed(then: &[SourceRecord], now: &[SourceRecord]) -> Vec<String> {
    let same = |a: &SourceRecord, b: &SourceRecord| a.sha256 == b.sha256 && a.labels_sha256 == b.labels_sha256;
    let other =
        |old: &&SourceRecord| now.iter().any(|new| new.path == old.path && new.part == old.part && !same(old, new));
    let told = |old: &SourceRecord| format!("{} has changed since the bundle was trained", old.path);
    then.iter().filter(other).map(told).collect()
}
