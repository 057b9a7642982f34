//! A file, line by line, with a bound on the length of a line.

use crate::{Error, Result};
use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    path::Path,
};

/// A longer line is cut: nothing that a person wrote is that long, and memory stays bounded.
pub const LONGEST: usize = 4 << 20;

/// A physical line without its line end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Counted from 1.
    pub number: usize,
    pub bytes: Vec<u8>,
    /// Whether it was longer than [`LONGEST`] and the rest was dropped.
    pub cut: bool,
}

/// Reads lines that end in LF or CR LF.
pub struct Lines<R> {
    reader: R,
    number: usize,
}

impl<R: BufRead> Lines<R> {
    pub fn new(reader: R) -> Self {
        Lines { reader, number: 0 }
    }

    /// The next line, or none at the end.
    pub fn next_line(&mut self) -> io::Result<Option<Line>> {
        let (mut bytes, mut cut, mut any) = (Vec::new(), false, false);
        loop {
            let some = self.reader.fill_buf()?;
            if some.is_empty() {
                break;
            }
            any = true;
            let end = some.iter().position(|&b| b == b'\n');
            let part = &some[..end.unwrap_or(some.len())];
            let room = LONGEST - bytes.len();
            bytes.extend_from_slice(&part[..part.len().min(room)]);
            cut |= part.len() > room;
            let taken = part.len() + usize::from(end.is_some());
            self.reader.consume(taken);
            if end.is_some() {
                break;
            }
        }
        if !any {
            return Ok(None);
        }
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
        self.number += 1;
        Ok(Some(Line { number: self.number, bytes, cut }))
    }
}

/// What stands in a file, a line each; blank lines are passed over.
///
/// # Errors
/// [`Error::File`]; [`Error::Row`] with the line at which `read` found a fault.
pub fn each_line<T>(path: &Path, mut read: impl FnMut(&Line) -> std::result::Result<T, String>) -> Result<Vec<T>> {
    let file = File::open(path).map_err(|error| Error::file(path, error))?;
    let mut lines = Lines::new(BufReader::new(file));
    let mut found = Vec::new();
    while let Some(line) = lines.next_line().map_err(|error| Error::file(path, error))? {
        if !line.bytes.iter().all(u8::is_ascii_whitespace) {
            let fault = |reason| Error::Row { path: path.to_owned(), line: line.number, reason };
            found.push(read(&line).map_err(fault)?);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_numbered_and_bounded() {
        let long = vec![b'x'; LONGEST + 5];
        let bytes = [b"a\r\n\nb\n".as_slice(), &long, b"\nlast"].concat();
        let mut lines = Lines::new(bytes.as_slice());
        let mut seen = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            seen.push((line.number, line.bytes.len(), line.cut));
        }
        assert_eq!(seen, [(1, 1, false), (2, 0, false), (3, 1, false), (4, LONGEST, true), (5, 4, false)]);
    }
}
