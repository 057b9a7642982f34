//! `fenzhen policy preset`.

use crate::{
    Result,
    command::{aligned::aligned, stdout::print},
    desk::assign::presets::Preset as Routing,
};
use std::process::ExitCode;

/// Print routing rules to begin with, one set for each kind of organisation
///
/// Without a name it lists them. Redirect the document and its examples into files, change both, and run
/// `fenzhen policy check` on them.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  fenzhen policy preset
  fenzhen policy preset retail > routing.toml
  fenzhen policy preset retail --examples > routing.csv")]
pub struct Preset {
    /// retail, chain, fresh or hotline
    #[arg(value_name = "NAME", value_parser = known)]
    name: Option<String>,
    /// Print the example tickets, not the rules
    #[arg(long, requires = "name")]
    examples: bool,
}

fn known(name: &str) -> std::result::Result<String, String> {
    match Routing::find(name) {
        Some(_) => Ok(name.to_owned()),
        None => Err(format!("choose {}", Routing::all().map(|preset| preset.id).join(", "))),
    }
}

impl Preset {
    pub fn run(&self) -> Result<ExitCode> {
        match self.name.as_deref().and_then(Routing::find) {
            Some(preset) => print(if self.examples { preset.examples } else { preset.document })?,
            None => {
                let line = |p: Routing| vec![p.id.to_owned(), p.name.zh, p.name.en, p.taxonomy.to_owned()];
                print(&aligned(&Routing::all().map(line)))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
