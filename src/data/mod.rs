//! Labelled rows: read, checked, split, inspected.
//!
//! A [`Source`] says where rows are and what their columns mean; [`Targets`] turns a [`Row`] into what the heads learn.

pub mod encoding;
pub mod jsonl;
pub mod lines;
pub mod open;
mod row;
mod source;
pub mod table;
mod targets;
#[cfg(test)]
mod tests;

pub use row::Row;
pub use source::{Numbered, Rows, Source};
pub use targets::{Target, Targets, labels};
