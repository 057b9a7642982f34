//! Data on stdout.

use crate::{Error, Result};
use std::io::{self, Write};

/// Writes to stdout. Where the reader has gone (`| head`), that is no fault.
pub fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Error::file("stdout", error)),
        _ => Ok(()),
    }
}
