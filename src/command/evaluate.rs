//! `fenzhen evaluate`.

use crate::Result;
use std::process::ExitCode;

/// Measure a bundle against labelled rows
#[derive(Debug, clap::Args)]
pub struct Evaluate {}

impl Evaluate {
    pub fn run(&self) -> Result<ExitCode> {
        todo!()
    }
}
