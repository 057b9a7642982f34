//! `fenzhen serve`.

use crate::Result;
use std::process::ExitCode;

/// Answer over HTTP
#[derive(Debug, clap::Args)]
pub struct Serve {}

impl Serve {
    pub fn run(&self) -> Result<ExitCode> {
        todo!()
    }
}
