//! Labelled rows: read, checked, split, inspected.
//!
//! A [`Source`] says where rows are and what their columns mean; [`Targets`] turns a [`Row`] into what the heads learn.

pub mod audit;
mod check;
pub mod encoding;
mod entries;
mod inspect;
pub mod jsonl;
mod labelled;
mod labels;
pub mod lines;
mod near;
pub mod open;
mod perturb;
mod row;
pub mod select;
mod source;
mod split;
pub mod table;
mod targets;
#[cfg(test)]
mod tests;

pub use check::{Fault, Finding, Place, Report, Summary, check};
pub use entries::{Entries, entries};
pub use inspect::{Lengths, Overview, Together, inspect};
pub use labelled::{telling_id, text_id};
pub use labels::{Counts, LabelCount};
pub use near::{Likeness, NEAR, Pair, Shingles, clusters, likeness, normal};
pub use perturb::{Dice, Perturbation};
pub use row::Row;
pub use source::{Numbered, Rows, Source, falls_within};
pub use split::{Method, Plan, split};
pub use targets::{Target, Targets, label_ids, labels};
