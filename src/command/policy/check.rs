//! `fenzhen policy check`.

use crate::{
    Error, Result,
    command::{OutputFlags, classify::language, stdout::print},
    desk::assign::{
        examples::{self, Report},
        route::{RoutingTable, Vocabulary},
    },
    policy::Policy,
    taxonomy::{Language, Taxonomy},
};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Test routing rules on example tickets
///
/// Every example names the destination that it must get, and may name the rule. Told are those that went elsewhere, with the
/// rule that acted and why the wanted one did not; rules that no example reaches; and rules that can never act. Exit code 1
/// where an example failed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  fenzhen policy preset retail > routing.toml
  fenzhen policy preset retail --examples > routing.csv
  fenzhen policy check routing.toml --examples routing.csv")]
pub struct Check {
    /// The routing rules
    #[arg(value_name = "FILE")]
    routing: PathBuf,
    /// Example tickets (CSV: id, expected, and what is known about the ticket)
    #[arg(long, value_name = "FILE")]
    examples: PathBuf,
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
        let table = RoutingTable::parse(&read(&self.routing)?, &self.routing, &Vocabulary::under(&taxonomy, &policy))?;
        let examples = examples::read(&read(&self.examples)?, &self.examples, &table)?;
        let report = examples::check(&table, &examples);
        if self.output.json {
            let text = serde_json::to_string_pretty(&report).map_err(|e| Error::Internal(e.to_string()))?;
            print(&format!("{text}\n"))?;
        } else {
            print(&told(&report, self.lang))?;
        }
        Ok(if report.is_passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|e| Error::file(path, e))
}

fn told(report: &Report, language: Language) -> String {
    let say = |zh: String, en: String| if language == Language::Zh { zh } else { en };
    let passed = report.examples - report.mismatches.len();
    let all = report.examples;
    let mut lines =
        vec![say(format!("{all} 个示例，{passed} 个符合"), format!("{all} examples, {passed} as expected"))];
    for mismatch in &report.mismatches {
        let (line, id, reason) = (mismatch.line, &mismatch.example, mismatch.reason.get(language));
        lines.push(say(format!("第 {line} 行「{id}」：{reason}"), format!("line {line}, {id}: {reason}")));
        for missed in &mismatch.missed {
            lines.push(format!("    {}: {}", missed.rule, missed.reason.get(language)));
        }
    }
    for unreached in &report.unreached {
        let (line, rule) = (unreached.line, &unreached.rule);
        lines.push(say(
            format!("规则「{rule}」（第 {line} 行）没有示例"),
            format!("rule {rule} (line {line}) has no example"),
        ));
    }
    lines.extend(report.warnings.iter().cloned());
    lines.join("\n") + "\n"
}
