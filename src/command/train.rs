//! `fenzhen train`.

use crate::Result;
use std::process::ExitCode;

/// Train a bundle from a recipe
#[derive(Debug, clap::Args)]
pub struct Train {}

impl Train {
    pub fn run(&self) -> Result<ExitCode> {
        todo!()
    }
}
