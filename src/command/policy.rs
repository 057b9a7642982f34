//! `fenzhen policy`.

mod check;
mod fit;
mod preset;

use crate::Result;
use std::process::ExitCode;

/// Fit the points of a policy to labelled complaints, and test the rules that say where tickets go
#[derive(Debug, clap::Args)]
pub struct Policy {
    #[command(subcommand)]
    action: Act,
}

#[derive(Debug, clap::Subcommand)]
enum Act {
    Fit(fit::Fit),
    Check(check::Check),
    Preset(preset::Preset),
}

impl Policy {
    pub fn run(&self) -> Result<ExitCode> {
        match &self.action {
            Act::Fit(fit) => fit.run(),
            Act::Check(check) => check.run(),
            Act::Preset(preset) => preset.run(),
        }
    }
}
