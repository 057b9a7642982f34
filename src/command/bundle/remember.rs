//! `fenzhen bundle remember`.

use super::Folder;
use crate::{
    Pipeline, Result,
    command::{aligned::aligned, stdout::print},
    explain::HEADS,
    train::{Recipe, remember::remember},
};
use std::{path::PathBuf, process::ExitCode};

/// Let a bundle keep labelled complaints, to show beside those that are like them
///
/// The files stand under [similar] in a recipe. `fenzhen explain` and `?explain=true` then name the three that are the most like
/// a text, with the labels that people gave them. The texts are in the bundle as they are, masked: keep only what everybody who
/// has the bundle may read. The table says how often the most similar one has the same label, on the dev files of the bundle's
/// own recipe.
#[derive(Debug, clap::Args)]
pub struct Remember {
    #[command(flatten)]
    folder: Folder,
    /// Recipe whose [similar] part names the files
    #[arg(long, value_name = "RECIPE")]
    recipe: PathBuf,
    /// Write them into the bundle, which gets a new version
    #[arg(long)]
    write: bool,
}

impl Remember {
    pub fn run(&self) -> Result<ExitCode> {
        let recipe = Recipe::open(&self.recipe)?;
        let Some(by) = &recipe.similar else {
            let reason = "has no [similar] part; `rows` in it names the files".into();
            return Err(crate::Error::Recipe { path: self.recipe.clone(), reason });
        };
        let pipeline = Pipeline::open(&self.folder.folder, None)?;
        let remembered = remember(&pipeline, &self.folder.folder, by, self.write)?;
        let heads: Vec<_> = HEADS.into_iter().filter(|head| head.width(&pipeline.taxonomy) > 0).collect();
        if self.folder.json {
            let bundle = remembered.manifest.as_ref().map(|manifest| manifest.id());
            let whole =
                serde_json::json!({ "kept": remembered.kept, "agreement": remembered.agreement, "bundle": bundle });
            print(&format!("{whole}\n"))?;
        } else {
            let mut rows = vec![vec!["same label".to_owned()]];
            rows[0].extend(heads.iter().map(|head| head.name().to_owned()));
            for (file, shares) in &remembered.agreement {
                let share = |head| shares.get(head).map_or("-".into(), |share| format!("{share:.3}"));
                rows.push([file.clone()].into_iter().chain(heads.iter().map(share)).collect());
            }
            print(&aligned(&rows))?;
        }
        eprintln!("kept     {} complaints", remembered.kept);
        match &remembered.manifest {
            Some(manifest) => eprintln!("wrote    {} ({})", self.folder.folder.display(), manifest.id()),
            None => eprintln!("hint: --write puts them into the bundle"),
        }
        Ok(ExitCode::SUCCESS)
    }
}
