//! `fenzhen evaluate --html`: what was measured, as a page for people.

use super::{Evaluate, Output, named};
use crate::{
    Error, Result, bundle,
    evaluate::html::{self, MeasuredSet, Report},
    taxonomy::Taxonomy,
};
use std::{fs::OpenOptions, path::Path};

impl Evaluate {
    /// Fails at once, and not after the measuring, where the page cannot be written.
    pub(super) fn check_page(&self) -> Result<()> {
        let Some(path) = &self.html else { return Ok(()) };
        OpenOptions::new().append(true).create(true).open(path).map_err(|e| Error::file(path, e))?;
        Ok(())
    }

    /// Writes the page, if one is asked for.
    pub(super) fn write_page(&self, output: &Output, taxonomy: &Taxonomy) -> Result<()> {
        let Some(path) = &self.html else { return Ok(()) };
        let mut sets = Vec::new();
        for (argument, set) in self.data.iter().zip(&output.sets) {
            let (file, _) = named(argument);
            let main = output.main_model;
            let others = set.models.iter().filter(|(which, _)| **which != main);
            sets.push(MeasuredSet {
                name: &set.name,
                path: file.display().to_string(),
                sha256: digest(&file)?,
                rows: set.rows,
                skipped: set.skipped,
                models: set.models.get_key_value(&main).into_iter().chain(others).map(|(w, e)| (*w, e)).collect(),
                uncalibrated: Some(&set.uncalibrated),
            });
        }
        let arguments: Vec<String> = std::env::args_os().map(|part| part.to_string_lossy().into_owned()).collect();
        let page = html::page(&Report {
            taxonomy,
            engine: output.engine,
            bundle: &output.bundle,
            policy: &output.policy,
            command: arguments.join(" "),
            time: jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC").to_string(),
            seed: self.seed,
            resamples: self.resamples,
            sets,
        });
        std::fs::write(path, page).map_err(|e| Error::file(path, e))
    }
}

/// Of a file that is still there; what came through a pipe has been read and is gone.
fn digest(path: &Path) -> Result<String> {
    if path.is_file() { bundle::hash(path) } else { Ok("–".into()) }
}
