//! `fenzhen data`.

use crate::Result;
use std::process::ExitCode;

/// Check, split and inspect labelled data
#[derive(Debug, clap::Args)]
pub struct Data {}

impl Data {
    pub fn run(&self) -> Result<ExitCode> {
        todo!()
    }
}
