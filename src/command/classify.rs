//! `fenzhen classify`.

use crate::Result;
use std::process::ExitCode;

/// Decide about one complaint, or one a line
#[derive(Debug, clap::Args)]
pub struct Classify {}

impl Classify {
    pub fn run(&self) -> Result<ExitCode> {
        todo!()
    }
}
