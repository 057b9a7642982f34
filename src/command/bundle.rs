//! `fenzhen bundle`.

use crate::Result;
use std::process::ExitCode;

/// Look into a model bundle
#[derive(Debug, clap::Args)]
pub struct Bundle {}

impl Bundle {
    pub fn run(&self) -> Result<ExitCode> {
        todo!()
    }
}
