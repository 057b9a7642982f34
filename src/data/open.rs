//! Opens a file for reading line by line: plain or packed, whatever its encoding.

use super::encoding;
use crate::{Error, Result};
use encoding_rs::{Encoding, UTF_8};
use flate2::bufread::MultiGzDecoder;
use std::{
    fs::File,
    io::{self, BufRead, BufReader, Cursor, Read},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// The encoding is guessed from this many bytes beyond ASCII, or from the first [`LOOK`] bytes.
const ENOUGH: usize = 4096;
const LOOK: usize = 1 << 20;

/// How a file holds its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A table with a header line.
    Csv,
    /// One JSON object a line.
    Jsonl,
}

/// A file that is open for reading.
pub struct Opened {
    /// The unpacked bytes, without a byte order mark.
    pub reader: Box<dyn BufRead + Send>,
    pub encoding: &'static Encoding,
    pub format: Format,
    /// Bytes of the file read so far, for progress.
    pub read: Arc<AtomicU64>,
    /// Bytes of the file in all.
    pub length: u64,
}

/// Opens `path`. The format follows the name, else the first byte; without `encoding` it is guessed.
///
/// # Errors
/// [`Error::File`] where it cannot be read, [`Error::Data`] where it is neither CSV nor JSONL.
pub fn open(path: &Path, encoding: Option<&'static Encoding>) -> Result<Opened> {
    let fault = |source| Error::file(path, source);
    let file = File::open(path).map_err(fault)?;
    let length = file.metadata().map_err(fault)?.len();
    let read = Arc::new(AtomicU64::new(0));
    let mut raw = BufReader::with_capacity(1 << 16, Counted { file, read: read.clone() });
    let packed = raw.fill_buf().map_err(fault)?.starts_with(&[0x1f, 0x8b]);
    let mut bytes: Box<dyn BufRead + Send> = match packed {
        true => Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(raw))),
        false => Box::new(raw),
    };
    let sample = sample(&mut bytes).map_err(fault)?;
    if sample.starts_with(b"PK\x03\x04") || sample.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        let reason = "this is an Excel workbook; save the sheet as CSV (UTF-8) and give that".into();
        return Err(Error::Data { path: path.into(), reason });
    }
    let (mark, skip) = match Encoding::for_bom(&sample) {
        Some((found, length)) => (Some(found), length),
        None => (None, 0),
    };
    let encoding = mark.or(encoding).unwrap_or_else(|| encoding::guess(&sample));
    let mut sample = Cursor::new(sample);
    sample.set_position(skip as u64);
    let mut reader: Box<dyn BufRead + Send> = Box::new(sample.chain(bytes));
    let mut encoding = encoding;
    if encoding == encoding_rs::UTF_16LE || encoding == encoding_rs::UTF_16BE {
        reader = Box::new(BufReader::new(Utf16 {
            bytes: reader,
            big: encoding == encoding_rs::UTF_16BE,
            out: Vec::new(),
            at: 0,
        }));
        encoding = UTF_8;
    }
    let format = format(path, reader.fill_buf().map_err(fault)?)?;
    Ok(Opened { reader, encoding, format, read, length })
}

fn format(path: &Path, start: &[u8]) -> Result<Format> {
    let first = start.iter().find(|b| !b.is_ascii_whitespace());
    let name = path.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    let jsonl = [".jsonl", ".ndjson", ".json"].iter().any(|end| name.ends_with(end));
    let csv = [".csv", ".tsv", ".txt"].iter().any(|end| name.ends_with(end));
    match first {
        Some(b'[') if jsonl => Err(Error::Data {
            path: path.into(),
            reason: "this is one JSON array; write one object a line (jq -c '.[]')".into(),
        }),
        _ if jsonl => Ok(Format::Jsonl),
        Some(b'{') if !csv => Ok(Format::Jsonl),
        _ => Ok(Format::Csv),
    }
}

/// The beginning of the file, long enough to tell its encoding.
fn sample(bytes: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let (mut sample, mut beyond_ascii) = (Vec::new(), 0);
    while sample.len() < LOOK && beyond_ascii < ENOUGH {
        let some = bytes.fill_buf()?;
        if some.is_empty() {
            break;
        }
        beyond_ascii += some.iter().filter(|b| !b.is_ascii()).count();
        sample.extend_from_slice(some);
        let taken = some.len();
        bytes.consume(taken);
    }
    Ok(sample)
}

/// Counts what was read from the disk.
struct Counted {
    file: File,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(buffer)?;
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// UTF-16 (Excel's "Unicode text") as UTF-8: its newlines are not single bytes, so it is rewritten before it is cut into
/// lines.
struct Utf16<R> {
    bytes: R,
    big: bool,
    out: Vec<u8>,
    at: usize,
}

impl<R: BufRead> Utf16<R> {
    fn refill(&mut self) -> io::Result<()> {
        let mut units = Vec::new();
        (&mut self.bytes).take(1 << 15).read_to_end(&mut units)?;
        let unit = |pair: &[u8]| match self.big {
            true => u16::from_be_bytes([pair[0], pair[1]]),
            false => u16::from_le_bytes([pair[0], pair[1]]),
        };
        // A surrogate pair must not be cut in two.
        if units.len() >= 2 && (0xd800..0xdc00).contains(&unit(&units[units.len() / 2 * 2 - 2..])) {
            (&mut self.bytes).take(2).read_to_end(&mut units)?;
        }
        let text: String =
            char::decode_utf16(units.chunks_exact(2).map(unit)).map(|c| c.unwrap_or('\u{fffd}')).collect();
        self.out = text.into_bytes();
        self.at = 0;
        Ok(())
    }
}

impl<R: BufRead> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.out.len() {
            self.refill()?;
        }
        let n = buffer.len().min(self.out.len() - self.at);
        buffer[..n].copy_from_slice(&self.out[self.at..self.at + n]);
        self.at += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn file(name: &str, bytes: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        (folder, path)
    }

    fn read(name: &str, bytes: &[u8]) -> (String, Format) {
        let (_folder, path) = file(name, bytes);
        let mut opened = open(&path, None).unwrap();
        let mut out = Vec::new();
        opened.reader.read_to_end(&mut out).unwrap();
        (encoding::decode(opened.encoding, &out).unwrap().into_owned(), opened.format)
    }

    const TABLE: &str = "编号,内容\n1,😀 快递三天没动静，客服一直不接电话\n";

    #[test]
    fn every_encoding_and_packing_reads_the_same() {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(TABLE.as_bytes()).unwrap();
        let little: Vec<u8> =
            "\u{feff}".encode_utf16().chain(TABLE.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = "\u{feff}".encode_utf16().chain(TABLE.encode_utf16()).flat_map(u16::to_be_bytes).collect();
        let marked = format!("\u{feff}{TABLE}").into_bytes();
        let gb = encoding_rs::GB18030.encode(TABLE).0.into_owned();
        for bytes in [TABLE.as_bytes().to_vec(), marked, gb, little, big] {
            assert_eq!(read("a.csv", &bytes), (TABLE.to_owned(), Format::Csv));
        }
        assert_eq!(read("a.csv.gz", &packed.finish().unwrap()), (TABLE.to_owned(), Format::Csv));
    }

    #[test]
    fn the_format_follows_the_name_then_the_first_byte() {
        assert_eq!(read("a", b"{\"text\": \"x\"}\n").1, Format::Jsonl);
        assert_eq!(read("a.jsonl", b"\n").1, Format::Jsonl);
        assert_eq!(read("a.csv", b"{x},y\n").1, Format::Csv);
        assert_eq!(read("a", b"text\nx\n").1, Format::Csv);
    }

    #[test]
    fn a_workbook_and_an_array_are_refused_with_the_way_out() {
        let (_folder, path) = file("a.xlsx", b"PK\x03\x04....");
        assert!(open(&path, None).err().unwrap().to_string().contains("save the sheet as CSV"));
        let (_folder, path) = file("a.json", b"[{\"text\": \"x\"}]");
        assert!(open(&path, None).err().unwrap().to_string().contains("one object a line"));
        assert_eq!(open(Path::new("/no/such/file.csv"), None).err().unwrap().code(), "file");
    }

    #[test]
    fn utf16_pairs_survive_the_cut_between_chunks() {
        let text = "a".to_owned() + &"😀".repeat(20_000);
        let bytes: Vec<u8> = "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        assert_eq!(read("a.txt", &bytes).0, text);
    }
}
