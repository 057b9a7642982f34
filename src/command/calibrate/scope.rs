//! `fenzhen calibrate --scope`.

use super::Calibrate;
use crate::{
    Error, Result,
    command::{aligned::aligned, stdout},
    train::{Recipe, assemble, scope},
};
use std::{path::Path, process::ExitCode};

impl Calibrate {
    /// Learns to tell foreign texts and says how well.
    pub(super) fn teach_scope(&self, path: &Path) -> Result<ExitCode> {
        let Some(by) = Recipe::open(path)?.scope else {
            let reason = "has no [scope] part that names foreign texts; training/retail.toml shows one".into();
            return Err(Error::Recipe { path: path.to_owned(), reason });
        };
        let (learnt, manifest) = assemble::teach_scope(&self.model.bundle, &by, self.write)?;
        stdout::print(&match self.output.json {
            true => serde_json::to_string_pretty(&learnt).map_err(|e| Error::Internal(e.to_string()))? + "\n",
            false => {
                let (complaints, unseen) = (learnt.learnt, learnt.unseen);
                let told = format!("Learnt from {complaints} complaints; scores are shares of {unseen} others\n\n");
                told + &aligned(&scope::table(&learnt))
            }
        })?;
        if let Some(manifest) = manifest.filter(|_| !self.output.quiet) {
            eprintln!("{} is now {}", self.model.bundle.display(), manifest.id());
        }
        Ok(ExitCode::SUCCESS)
    }
}
