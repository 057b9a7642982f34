//! A file of complaints on the command line: which column holds what, and which rows failed.

use super::data::pair;
use crate::{Result, batch::Failure, data::encoding};
use encoding_rs::Encoding;
use indicatif::HumanCount;
use std::collections::BTreeMap;

/// So many failed rows are named on the terminal.
const NAMED: usize = 10;

/// What the user knows better than the guesses.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct TableFlags {
    /// Column that holds the customer's words; without it guessed by name, then by Chinese text
    #[arg(long, value_name = "NAME")]
    text_column: Option<String>,
    /// What other columns hold: id, channel, tier, amount, product, region, received_at; for the desk also customer_id, contact, order_id, wish
    #[arg(long, value_name = "FIELD=COLUMN", value_delimiter = ',', value_parser = pair)]
    columns: Vec<(String, String)>,
    /// Encoding of a CSV, where the guess is wrong: utf-8, gb18030, big5
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
}

impl TableFlags {
    /// Field of a complaint → column; `text` is the words.
    pub fn columns(&self) -> BTreeMap<String, String> {
        let text = self.text_column.iter().map(|name| ("text".to_owned(), name.clone()));
        self.columns.iter().cloned().chain(text).collect()
    }

    /// The encoding that was named.
    ///
    /// # Errors
    /// [`crate::Error::InvalidRequest`] for a name that nobody knows.
    pub fn encoding(&self) -> Result<Option<&'static Encoding>> {
        self.encoding.as_deref().map(encoding::named).transpose()
    }
}

/// Names the first rows that failed, and says how many more did and where they are named.
pub(super) fn tell(failures: &[Failure], failed: usize, elsewhere: &str) {
    for failure in failures.iter().take(NAMED) {
        eprintln!("failed   line {}: {} [{}]", failure.line, failure.reason, failure.code);
    }
    if failed > NAMED {
        eprintln!("failed   {} more{elsewhere}", HumanCount((failed - NAMED) as u64));
    }
}
