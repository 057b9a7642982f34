//! `fenzhen data`: one file a subcommand.

mod audit;
mod check;
mod curve;
mod export;
mod inspect;
mod select;
mod split;

use crate::{Result, classify::Head, data::Source, taxonomy::Taxonomy};
use clap::Subcommand;
use std::{path::PathBuf, process::ExitCode};

/// Check, audit, split and inspect labelled data; choose what to label next; take out what people corrected
#[derive(Debug, clap::Args)]
pub struct Data {
    #[command(subcommand)]
    command: DataCommand,
}

#[derive(Debug, Subcommand)]
enum DataCommand {
    Check(check::Check),
    Split(split::Split),
    Inspect(inspect::Inspect),
    Audit(audit::Audit),
    Select(select::Select),
    Curve(curve::Curve),
    Export(export::Export),
}

impl Data {
    pub fn run(&self) -> Result<ExitCode> {
        match &self.command {
            DataCommand::Check(command) => command.run(),
            DataCommand::Split(command) => command.run(),
            DataCommand::Inspect(command) => command.run(),
            DataCommand::Audit(command) => command.run(),
            DataCommand::Select(command) => command.run(),
            DataCommand::Curve(command) => command.run(),
            DataCommand::Export(command) => command.run(),
        }
    }
}

/// How labelled files are read. The same flags on every subcommand.
#[derive(Debug, Clone, clap::Args)]
struct Labelled {
    /// Taxonomy that the labels belong to; without it the built-in retail-v1
    #[arg(long, value_name = "FILE")]
    taxonomy: Option<PathBuf>,
    /// Which column holds which field, where the names differ: text=内容,category=类别
    #[arg(long, value_name = "FIELD=COLUMN", value_delimiter = ',', value_parser = pair)]
    columns: Vec<(String, String)>,
}

impl Labelled {
    fn taxonomy(&self) -> Result<Taxonomy> {
        match &self.taxonomy {
            Some(path) => Taxonomy::open(path),
            None => Ok(Taxonomy::retail()),
        }
    }

    fn source(&self, path: &PathBuf) -> Source {
        Source { columns: self.columns.iter().cloned().collect(), ..Source::of(path) }
    }
}

/// `key=value` of a flag.
pub(super) fn pair(written: &str) -> std::result::Result<(String, String), String> {
    match written.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() && !value.trim().is_empty() => {
            Ok((key.trim().to_owned(), value.trim().to_owned()))
        }
        _ => Err("write it as name=value".into()),
    }
}

/// A head by its name.
fn head(name: &str) -> std::result::Result<Head, String> {
    let names = || Head::ALL.map(Head::name).join(", ");
    Head::ALL.into_iter().find(|head| head.name() == name).ok_or_else(|| format!("the heads are {}", names()))
}

#[cfg(test)]
mod tests {
    use super::pair;

    #[test]
    fn a_pair_needs_both_sides() {
        assert_eq!(pair("text = 投诉内容"), Ok(("text".into(), "投诉内容".into())));
        assert!(pair("text").is_err() && pair("=内容").is_err() && pair("text=").is_err());
    }
}
