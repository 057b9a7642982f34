//! Example tickets with the destination that they must get: the tests of a routing table that analysts write.
//!
//! A table is CSV (UTF-8) with a header. `id` and `expected` must be there; all other columns may be left out or empty:
//!
//! | column | holds |
//! |---|---|
//! | `id` | a name for the example, once |
//! | `category` `department` `priority` `channel` | one label |
//! | `flags` `signals` | labels with `;` between them |
//! | `band` | `auto`, `suggest` or `review`; empty: `auto` where there is a department, else `review` |
//! | `region` `tier` `product` | as the channel writes them |
//! | `amount` | yuan |
//! | `time` | `2026-03-02 09:30` in the routing document's zone, or RFC 3339 |
//! | `text` | the masked text |
//! | `expected` | `triage`, `logistics`, `logistics/east`, `logistics/east+english` |
//! | `rule` | the rule that must act; `-` for none, empty for any |
//! | `note` | anything; nothing reads it |

mod read;
mod report;
#[cfg(test)]
mod tests;

pub use report::{Mismatch, Report, Unreached};

use super::route::{Destination, Facts, RoutingTable};
use crate::Result;
use std::path::Path;

/// Which rule an example wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExpectedRule {
    Any,
    /// No rule: the prediction, or its uncertainty, decides.
    None,
    Rule(String),
}

/// A ticket with the destination that it must get.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    pub id: String,
    /// Where it stands in the table, from 1; the header is line 1.
    pub line: usize,
    pub facts: Facts,
    pub expected: Destination,
    pub rule: ExpectedRule,
}

/// Reads a table of examples for a routing table; `path` is only for messages.
///
/// # Errors
/// [`crate::Error::Row`] with the line at fault: unknown columns, rows of another length, ids that are empty or stand
/// twice, labels, groups, skills or rules that the routing table does not know, amounts and times that are none. What a
/// `text` says is never quoted.
pub fn read(text: &str, path: &Path, table: &RoutingTable) -> Result<Vec<Example>> {
    read::examples(text, path, table)
}

/// Routes every example and compares.
pub fn check(table: &RoutingTable, examples: &[Example]) -> Report {
    report::report(table, examples)
}
