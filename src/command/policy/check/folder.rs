//! `fenzhen policy check --rules DIR`.

use super::{Check, told, try_out};
use crate::{Error, Result, desk::House, policy::Policy, taxonomy::Taxonomy};
use std::path::{Path, PathBuf};

impl Check {
    /// Whether all files of a folder passed. With examples they are tried on its routing rules, or on the built-in ones where
    /// it has none.
    pub(super) fn folder(&self, folder: &Path, taxonomy: &Taxonomy, policy: &Policy) -> Result<bool> {
        let mut files = House::check(folder, taxonomy, policy)?;
        files.extend(unread(folder)?);
        let sound = !files.is_empty() && files.iter().all(|(_, found)| found.is_ok());
        let report = match &self.examples {
            Some(path) if sound => Some(try_out(&House::open(Some(folder), taxonomy, policy)?.routing, path)?),
            _ => None,
        };
        let mut text = told::files(folder, &files, self.lang);
        text.extend(report.iter().map(|report| told::examples(report, self.lang)));
        self.say(text, || {
            let mut json = told::as_json(&files);
            json["examples"] = serde_json::json!(report);
            json
        })?;
        Ok(sound && report.is_none_or(|report| report.is_passed()))
    }
}

/// Files that look like rules under a name that nothing reads: most likely it is misspelt, and the built-in rules hold.
fn unread(folder: &Path) -> Result<Vec<(PathBuf, Result<()>)>> {
    let fault = |source| Error::file(folder, source);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fault)? {
        let path = entry.map_err(fault)?.path();
        let known = House::FILES.iter().any(|known| path.ends_with(known));
        if path.extension().is_some_and(|ending| ending == "toml") && !known {
            let reason = format!("nothing reads a file of this name; there are {}", House::FILES.join(", "));
            let what = path.display().to_string();
            found.push((path, Err(Error::InvalidRequest { what, reason })));
        }
    }
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(found)
}
