//! `fenzhen score`.

use crate::Result;
use std::process::ExitCode;

/// Score a whole file of complaints
#[derive(Debug, clap::Args)]
pub struct Score {}

impl Score {
    pub fn run(&self) -> Result<ExitCode> {
        todo!()
    }
}
