//! `fenzhen calibrate --scope`.

use super::Calibrate;
use crate::{
    Error, Result,
    command::{aligned::aligned, stdout},
    train::{
        Recipe,
        scope::{ScopeMetrics, table},
        teach::{Keep, Taught, teach_scope},
    },
};
use std::{path::Path, process::ExitCode};

impl Calibrate {
    /// Learns to tell foreign texts and says how well.
    pub(super) fn teach_scope(&self, path: &Path) -> Result<ExitCode> {
        let Some(by) = Recipe::open(path)?.scope else {
            let reason = "has no [scope] part that names foreign texts; training/retail.toml shows one".into();
            return Err(Error::Recipe { path: path.to_owned(), reason });
        };
        let keep = Keep { write: self.write, without_absent: self.without_absent };
        let pipeline = self.model.open()?;
        let Taught { learnt, manifest, remarks } = teach_scope(&pipeline, &self.model.bundle, &by, keep)?;
        if !self.output.quiet {
            remarks.iter().for_each(|remark| eprintln!("{remark}"));
        }
        stdout::print(&match self.output.json {
            true => serde_json::to_string_pretty(&learnt).map_err(|e| Error::Internal(e.to_string()))? + "\n",
            false => text(&learnt),
        })?;
        if let Some(manifest) = manifest.filter(|_| !self.output.quiet) {
            eprintln!("{} is now {}", pipeline.manifest.id(), manifest.id());
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn text(learnt: &ScopeMetrics) -> String {
    let ScopeMetrics { learnt: complaints, foreign, unseen, set_aside, threshold, left_out, .. } = learnt;
    let mut text = format!(
        "Learnt from {complaints} complaints and {foreign} foreign texts; scores are shares of {unseen} other complaints.\n{}\n\n",
        set_aside.sentence()
    );
    match &left_out[..] {
        [] => text += "All foreign texts are of one kind: there is none to leave out and to measure by the others.\n",
        kinds => text += &format!("{}\nA person decides above {threshold}.\n", aligned(&table(kinds))),
    }
    text
}
