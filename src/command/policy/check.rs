//! `fenzhen policy check`.

mod folder;
mod told;

use crate::{
    Error, Result,
    command::{OutputFlags, classify::language, stdout::print},
    desk::{
        House,
        assign::{
            examples::{self, Report},
            route::{RoutingTable, Vocabulary},
        },
    },
    policy::Policy,
    taxonomy::{Language, Taxonomy},
};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// The file of routing rules, the only ones that have examples.
const ROUTING: &str = "routing.toml";

/// Test rules of the desk: a file, or the folder of `fenzhen serve --rules`
///
/// A fault is told with its line. With --examples routing rules are tried on tickets: every example names the destination that
/// it must get, and may name the rule. Told are those that went elsewhere, with the rule that acted and why the wanted one did
/// not; rules that no example reaches; and rules that can never act. Exit code 1 where an example failed, or a file of the
/// folder has a fault.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  fenzhen policy check --rules rules
  fenzhen policy check deadlines.toml
  fenzhen policy check draft.toml --kind deadlines
  fenzhen policy preset retail --kind routing > routing.toml
  fenzhen policy preset retail --examples > routing.csv
  fenzhen policy check routing.toml --examples routing.csv")]
pub struct Check {
    /// The file of rules
    #[arg(value_name = "FILE", required_unless_present = "rules", conflicts_with = "rules")]
    file: Option<PathBuf>,
    /// A folder of rules: each of its files, whatever is wrong with the others
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// What the file is about: tickets, routing, deadlines, calendar, holidays, incidents, relate, webhooks, notices or mail;
    /// without it its name says so, as in deadlines.toml, and any other name means routing
    #[arg(long, value_name = "KIND", value_parser = kind, conflicts_with = "rules")]
    kind: Option<&'static str>,
    /// Example tickets for routing rules (CSV: id, expected, and what is known about the ticket)
    #[arg(long, value_name = "FILE")]
    examples: Option<PathBuf>,
    /// The labels that rules may name; without it those of retail-v1
    #[arg(long, value_name = "FILE")]
    taxonomy: Option<PathBuf>,
    /// The policy whose signals rules may name; without it the built-in one that fits the taxonomy
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Language of the report
    #[arg(long, value_name = "zh|en", default_value = "zh", value_parser = language)]
    lang: Language,
    #[command(flatten)]
    output: OutputFlags,
}

/// The file of a folder of rules that a kind is.
fn kind(id: &str) -> std::result::Result<&'static str, String> {
    let names = House::FILES.into_iter();
    names.clone().find(|name| name.strip_suffix(".toml") == Some(id)).ok_or_else(|| {
        let ids: Vec<_> = names.filter_map(|name| name.strip_suffix(".toml")).collect();
        format!("choose {}", ids.join(", "))
    })
}

impl Check {
    pub fn run(&self) -> Result<ExitCode> {
        let taxonomy = match &self.taxonomy {
            Some(path) => Taxonomy::open(path)?,
            None => Taxonomy::retail(),
        };
        let policy = match &self.policy {
            Some(path) => Policy::open(path, &taxonomy)?,
            None => Policy::default_for(&taxonomy),
        };
        let passed = match (&self.rules, &self.file) {
            (Some(folder), _) => self.folder(folder, &taxonomy, &policy),
            (None, Some(file)) => self.file(file, &taxonomy, &policy),
            (None, None) => Err(Error::InvalidRequest { what: "the rules".into(), reason: "are missing".into() }),
        };
        // A label that there is not may be one of another taxonomy; examples that fail are known labels.
        let fault = match &passed {
            Ok(sound) => !sound && self.rules.is_some() && self.examples.is_none(),
            Err(error) => !matches!(error, Error::File { .. }),
        };
        if fault && self.taxonomy.is_none() && !self.output.quiet {
            eprintln!("note: labels were taken from retail-v1; --taxonomy FILE names those of another taxonomy");
        }
        Ok(if passed? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Whether a file passed.
    fn file(&self, file: &Path, taxonomy: &Taxonomy, policy: &Policy) -> Result<bool> {
        let named = file.file_name().and_then(|name| House::FILES.into_iter().find(|known| *name == **known));
        let kind = self.kind.or(named).unwrap_or(ROUTING);
        if kind != ROUTING {
            if self.examples.is_some() {
                let reason = "are of routing rules; `--kind routing` says that the file has some".into();
                return Err(Error::InvalidRequest { what: "--examples".into(), reason });
            }
            House::check_file(kind, file, taxonomy, policy)?;
            self.say(told::sound(file, self.lang), || told::as_json(&[(file.to_owned(), Ok(()))]))?;
            return Ok(true);
        }
        let table = RoutingTable::parse(&read(file)?, file, &Vocabulary::under(taxonomy, policy))?;
        match &self.examples {
            Some(path) => {
                let report = try_out(&table, path)?;
                self.say(told::examples(&report, self.lang), || serde_json::json!(report))?;
                Ok(report.is_passed())
            }
            None => {
                let text = [told::sound(file, self.lang), told::warnings(&table.warnings)].concat();
                self.say(text, || told::as_json(&[(file.to_owned(), Ok(()))]))?;
                Ok(true)
            }
        }
    }

    fn say(&self, text: String, json: impl FnOnce() -> serde_json::Value) -> Result<()> {
        match self.output.json {
            true => print(&format!("{:#}\n", json())),
            false => print(&text),
        }
    }
}

/// Routes the examples of a file.
fn try_out(table: &RoutingTable, path: &Path) -> Result<Report> {
    let examples = examples::read(&read(path)?, path, table)?;
    Ok(examples::check(table, &examples))
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|e| Error::file(path, e))
}
