//! `fenzhen policy preset`.

mod built_in;

use crate::{
    Error, Result,
    command::{aligned::aligned, stdout::print},
};
use built_in::{BuiltIn, Kind};
use std::process::ExitCode;

/// Print rules to begin with: routing, deadlines, calendars, incidents, tickets, duplicates
///
/// Without a name it lists them. Redirect one into the file of its kind in a folder (`routing.toml`, `deadlines.toml`, …), change
/// it, run `fenzhen policy check` on it, and start `fenzhen serve --rules` with the folder.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  fenzhen policy preset
  fenzhen policy preset regulator > rules/deadlines.toml
  fenzhen policy preset retail --kind routing > rules/routing.toml
  fenzhen policy preset retail --examples > routing.csv")]
pub struct Preset {
    /// A name of the list
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Which rules, where several have the name; without a name only these are listed
    #[arg(long, value_name = "KIND")]
    kind: Option<Kind>,
    /// Print the example tickets of routing rules, not the rules
    #[arg(long, requires = "name")]
    examples: bool,
}

impl Preset {
    pub fn run(&self) -> Result<ExitCode> {
        // Only routing rules have examples.
        let kind = self.kind.or(self.examples.then_some(Kind::Routing));
        let of_kind = BuiltIn::all().into_iter().filter(|preset| kind.is_none_or(|kind| preset.kind == kind));
        match &self.name {
            Some(name) => self.print(name, of_kind.filter(|preset| preset.id == *name).collect())?,
            None => {
                let line = |preset: BuiltIn| {
                    let taxonomy = preset.taxonomy.unwrap_or("-").to_owned();
                    vec![preset.kind.id().to_owned(), preset.id.to_owned(), preset.about.zh, preset.about.en, taxonomy]
                };
                print(&aligned(&of_kind.map(line).collect::<Vec<_>>()))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    fn print(&self, name: &str, found: Vec<BuiltIn>) -> Result<()> {
        let refused = |reason: String| Err(Error::InvalidRequest { what: "the preset".into(), reason });
        match &found[..] {
            [] => refused("there is none of this name; `fenzhen policy preset` lists all".into()),
            [preset] => {
                let text = match self.examples {
                    false => preset.text,
                    true => match preset.examples {
                        Some(examples) => examples,
                        None => return refused("only routing rules have examples".into()),
                    },
                };
                print(text)?;
                if let Some(taxonomy) = preset.taxonomy.filter(|taxonomy| *taxonomy != built_in::USUAL_TAXONOMY) {
                    eprintln!(
                        "note: {name} names labels of the taxonomy {taxonomy}: check it with `fenzhen policy check --taxonomy FILE`, \
                         as in --taxonomy datasets/taxonomies/{taxonomy}.toml"
                    );
                }
                Ok(())
            }
            several => {
                let kinds: Vec<_> = several.iter().map(|preset| preset.kind.id()).collect();
                refused(format!("{} have one called {name}: choose one with --kind", kinds.join(", ")))
            }
        }
    }
}
