//! Columns on a terminal, where a Chinese character is two wide.

use unicode_width::UnicodeWidthStr;

/// Aligns cells in columns, two spaces apart: the first to the left, those that hold numbers to the right.
pub fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let cell = |row: &[String], column: usize| row.get(column).map_or(String::new(), String::clone);
    let width = |column: usize| rows.iter().map(|row| cell(row, column).width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let number = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    // A heading goes with the numbers below it.
    let right: Vec<bool> =
        (0..columns).map(|c| c > 0 && rows.last().is_some_and(|last| number(&cell(last, c)))).collect();
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for column in 0..columns {
            let text = cell(row, column);
            let space = " ".repeat(widths[column] - text.width());
            let gap = if column == 0 { "" } else { "  " };
            line += gap;
            line += &if right[column] { space + &text } else { text + &space };
        }
        out += line.trim_end();
        out.push('\n');
    }
    out
}

/// `12,345`.
pub fn count(n: usize) -> String {
    indicatif::HumanCount(n as u64).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_is_two_wide_and_numbers_stand_on_the_right() {
        let rows =
            [["label", "train"], ["延迟送达", "1,234"], ["丢件", "7"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(aligned(&rows), "label     train\n延迟送达  1,234\n丢件          7\n");
        assert_eq!(aligned(&[]), "");
    }
}
