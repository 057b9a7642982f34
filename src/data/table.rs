//! CSV as people send it: a broken row is told and passed over, the rows around it are read.
//!
//! The `csv` crate reads on to the end of the file when a quote is not closed. Here a record that breaks the rules costs
//! its first line only; reading goes on with the line after it. Separators and quotes are looked for in the raw bytes:
//! in UTF-8, GB18030 and Big5 no byte of a longer character has their value. Text is decoded cell by cell, so that a
//! broken byte stays in its row.

use super::{
    encoding,
    lines::{Line, Lines},
};
use encoding_rs::Encoding;
use std::{
    collections::VecDeque,
    io::{self, BufRead},
};

/// A record that is longer has a quote that was never closed.
const LONGEST_RECORD: usize = 1 << 20;

/// A row of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The line where it begins, counted from 1.
    pub line: usize,
    /// As many as the header has.
    pub cells: Vec<String>,
    /// Why it cannot be used; the cells then hold what could be saved of it.
    pub fault: Option<String>,
}

/// Reads the records of a table after its header.
pub struct Table<R> {
    lines: Lines<R>,
    /// Lines that were read ahead and given back.
    pending: VecDeque<Line>,
    encoding: &'static Encoding,
    pub separator: u8,
    pub header: Vec<String>,
}

impl<R: BufRead> Table<R> {
    /// Reads the header. The separator is the comma, semicolon or tab that the first line has most of.
    pub fn new(reader: R, encoding: &'static Encoding) -> io::Result<Self> {
        let mut table = Table {
            lines: Lines::new(reader),
            pending: VecDeque::new(),
            encoding,
            separator: b',',
            header: Vec::new(),
        };
        if let Some(first) = table.next_line()? {
            let count = |separator: u8| first.bytes.iter().filter(|&&b| b == separator).count();
            // The comma wins a tie: it stands last, and `max_by_key` keeps the last of equals.
            table.separator = [b'\t', b';', b','].into_iter().max_by_key(|&s| count(s)).unwrap_or(b',');
            table.pending.push_front(first);
        }
        if let Some(header) = table.next_record()? {
            if let Some(fault) = header.fault {
                return Err(io::Error::new(io::ErrorKind::InvalidData, format!("the header cannot be read: {fault}")));
            }
            table.header = header.cells.iter().map(|cell| cell.trim().to_owned()).collect();
        }
        Ok(table)
    }

    /// The place of a column by its name.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|h| h == name)
    }

    /// The next record, or none at the end. Empty lines are passed over.
    pub fn next_record(&mut self) -> io::Result<Option<Record>> {
        let first = loop {
            match self.next_line()? {
                None => return Ok(None),
                Some(line) if line.bytes.iter().all(u8::is_ascii_whitespace) => continue,
                Some(line) => break line,
            }
        };
        let mut scan = Scan::new(self.separator);
        let mut read = vec![first];
        let mut fault = None;
        let mut length = 0;
        loop {
            let line = &read[read.len() - 1];
            length += line.bytes.len();
            if line.cut || length > LONGEST_RECORD {
                fault = Some(match read.len() {
                    1 => "the line is too long".to_owned(),
                    _ => "a quote is opened and not closed".to_owned(),
                });
                break;
            }
            match scan.line(&line.bytes) {
                Ok(true) => break,
                Err(reason) => {
                    fault = Some(reason.to_owned());
                    break;
                }
                Ok(false) => match self.next_line()? {
                    Some(line) => read.push(line),
                    None => {
                        fault = Some("a quote is opened and not closed".to_owned());
                        break;
                    }
                },
            }
        }
        let mut read = read.into_iter();
        let first = read.next().expect("a record has a first line");
        if fault.is_some() {
            for line in read.rev() {
                self.pending.push_front(line);
            }
            return Ok(Some(self.broken(first, fault)));
        }
        Ok(Some(self.whole(first.number, scan.cells)))
    }

    fn next_line(&mut self) -> io::Result<Option<Line>> {
        match self.pending.pop_front() {
            Some(line) => Ok(Some(line)),
            None => self.lines.next_line(),
        }
    }

    /// A record whose shape is sound; its bytes and the number of its cells may still not be.
    fn whole(&self, line: usize, raw: Vec<Vec<u8>>) -> Record {
        let mut fault = None;
        let mut cells = Vec::with_capacity(raw.len());
        for bytes in &raw {
            cells.push(match encoding::decode(self.encoding, bytes) {
                Ok(text) => text.into_owned(),
                Err(text) => {
                    fault = Some(format!("there are bytes that are not {}", self.encoding.name()));
                    text
                }
            });
        }
        let expected = self.header.len();
        if expected > 0 && cells.len() != expected {
            fault = Some(format!("the row has {} columns, the header has {expected}", cells.len()));
            // A comma that should have been quoted: nothing of the row is dropped.
            if cells.len() > expected {
                let rest = cells.split_off(expected - 1);
                cells.push(rest.join(&char::from(self.separator).to_string()));
            }
            cells.resize(expected, String::new());
        }
        Record { line, cells, fault }
    }

    /// A line that is no record: kept as it is in the first cell.
    fn broken(&self, line: Line, fault: Option<String>) -> Record {
        let text = match encoding::decode(self.encoding, &line.bytes) {
            Ok(text) => text.into_owned(),
            Err(text) => text,
        };
        let mut cells = vec![text];
        cells.resize(self.header.len().max(1), String::new());
        Record { line: line.number, cells, fault }
    }
}

/// Reads one record, line by line (RFC 4180; a quote inside an unquoted cell is taken as written).
struct Scan {
    separator: u8,
    cells: Vec<Vec<u8>>,
    quoted: bool,
}

impl Scan {
    fn new(separator: u8) -> Self {
        Scan { separator, cells: Vec::new(), quoted: false }
    }

    /// Takes the next line; true where the record ends with it.
    fn line(&mut self, line: &[u8]) -> Result<bool, &'static str> {
        let mut at = 0;
        loop {
            if self.quoted {
                let cell = self.cells.last_mut().expect("an open quote has a cell");
                let Some(end) = line[at..].iter().position(|&b| b == b'"') else {
                    cell.extend_from_slice(&line[at..]);
                    cell.push(b'\n');
                    return Ok(false);
                };
                cell.extend_from_slice(&line[at..at + end]);
                at += end + 1;
                if line.get(at) == Some(&b'"') {
                    cell.push(b'"');
                    at += 1;
                    continue;
                }
                self.quoted = false;
                match line.get(at) {
                    None => return Ok(true),
                    Some(&b) if b == self.separator => at += 1,
                    Some(_) => return Err("there is text after a closing quote; quotes inside a cell must be doubled"),
                }
            }
            if line.get(at) == Some(&b'"') {
                self.cells.push(Vec::new());
                self.quoted = true;
                at += 1;
                continue;
            }
            match line[at..].iter().position(|&b| b == self.separator) {
                Some(end) => {
                    self.cells.push(line[at..at + end].to_vec());
                    at += end + 1;
                }
                None => {
                    self.cells.push(line[at..].to_vec());
                    return Ok(true);
                }
            }
        }
    }
}

/// A cell that a spreadsheet would run as a formula gets an apostrophe in front (OWASP, "CSV injection"); numbers, signed
/// ones and long ones too, stay as they are.
pub fn harmless(cell: String) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    if formula && cell.parse::<f64>().is_err() { format!("'{cell}") } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{GB18030, UTF_8};
    use proptest::prelude::*;

    fn read(bytes: &[u8], encoding: &'static Encoding) -> (Vec<String>, Vec<Record>) {
        let mut table = Table::new(bytes, encoding).unwrap();
        let mut records = Vec::new();
        while let Some(record) = table.next_record().unwrap() {
            records.push(record);
        }
        (table.header, records)
    }

    fn cells(text: &str) -> Vec<(usize, Vec<String>, bool)> {
        let records = read(text.as_bytes(), UTF_8).1;
        records.into_iter().map(|r| (r.line, r.cells, r.fault.is_none())).collect()
    }

    fn row(line: usize, cells: &[&str], sound: bool) -> (usize, Vec<String>, bool) {
        (line, cells.iter().map(|c| c.to_string()).collect(), sound)
    }

    #[test]
    fn quotes_newlines_and_blank_lines() {
        let text = "id,text\r\n1,\"快递慢，\r\n客服说\"\"等等\"\"\"\r\n\r\n2,15\"屏幕坏了\r\n";
        assert_eq!(
            cells(text),
            [row(2, &["1", "快递慢，\r\n客服说\"等等\""], true), row(5, &["2", "15\"屏幕坏了"], true)].map(|mut r| {
                // A line end inside a cell becomes LF.
                r.1[1] = r.1[1].replace("\r\n", "\n");
                r
            })
        );
    }

    #[test]
    fn a_quote_that_is_not_closed_costs_one_line() {
        let text = "id,text\n1,\"没关上\n2,第二条\n3,\"第三条\"\n4,第四条\n";
        assert_eq!(
            cells(text),
            [
                row(2, &["1,\"没关上", ""], false),
                row(3, &["2", "第二条"], true),
                row(4, &["3", "第三条"], true),
                row(5, &["4", "第四条"], true),
            ]
        );
        let text = "id,text\n1,第一条\n2,\"没关上\n3,第三条\n";
        assert_eq!(cells(text).iter().filter(|r| r.2).count(), 2);
        let text = "id,text\n1,\"他说\"快了\"，没有\"\n2,好\n";
        assert_eq!(cells(text).iter().map(|r| r.2).collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn a_row_of_another_width_is_told_and_nothing_of_it_is_dropped() {
        let text = "id,text,channel\n1,贵,慢,差,app\n2,好\n3,行,web\n";
        assert_eq!(
            cells(text),
            [
                row(2, &["1", "贵", "慢,差,app"], false),
                row(3, &["2", "好", ""], false),
                row(4, &["3", "行", "web"], true)
            ]
        );
    }

    #[test]
    fn broken_bytes_stay_in_their_row() {
        let (gb, _, _) = GB18030.encode("编号,内容\n1,快递慢\n2,要退款\n");
        let mut bytes = gb.into_owned();
        let at = bytes.iter().position(|&b| b == b'1').unwrap() + 2;
        bytes[at] = 0xff;
        let (header, records) = read(&bytes, GB18030);
        assert_eq!(header, ["编号", "内容"]);
        assert!(records[0].fault.as_ref().unwrap().contains("not gb18030"));
        assert_eq!((records[1].cells[1].as_str(), &records[1].fault), ("要退款", &None));
    }

    #[test]
    fn a_header_that_cannot_be_read_is_no_header() {
        let told = |bytes: &[u8]| Table::new(bytes, UTF_8).err().unwrap().to_string();
        assert!(told("id,\"内容\n1,好\n".as_bytes()).contains("the header cannot be read: a quote"));
        assert!(told(b"id,\xff\n1,2\n").contains("not UTF-8"));
    }

    #[test]
    fn semicolons_and_tabs_separate_too() {
        for separator in [';', '\t'] {
            let text = "id,text,channel\n1,好的,app\n".replace(',', &separator.to_string());
            assert_eq!(cells(&text), [row(2, &["1", "好的", "app"], true)]);
        }
        assert!(read(b"", UTF_8).0.is_empty());
    }

    proptest! {
        #[test]
        fn what_the_csv_crate_writes_is_read_back(
            rows in proptest::collection::vec(proptest::collection::vec("[a\"',;\n 退款，。]{0,8}", 3), 1..8)
        ) {
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(["a", "b", "c"]).unwrap();
            for row in &rows {
                writer.write_record(row).unwrap();
            }
            let bytes = writer.into_inner().unwrap();
            let (_, records) = read(&bytes, UTF_8);
            let found: Vec<_> = records.iter().map(|r| r.cells.clone()).collect();
            prop_assert!(records.iter().all(|r| r.fault.is_none()));
            prop_assert_eq!(found, rows);
        }

        #[test]
        fn no_bytes_make_it_fail_or_lose_a_line(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            // A header that cannot be read is refused whole; what follows a good one never fails.
            if Table::new(&bytes[..], UTF_8).is_err() {
                return Ok(());
            }
            let (_, records) = read(&bytes, UTF_8);
            prop_assert!(records.windows(2).all(|pair| pair[0].line < pair[1].line));
        }
    }
}
