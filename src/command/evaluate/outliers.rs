//! `fenzhen evaluate --outliers`.

use super::{Evaluate, named};
use crate::{
    Error, Pipeline, Result,
    command::aligned::aligned,
    data::{Row, Source, Targets, telling_id},
    evaluate::{
        foreign::{self, Foreign, Told, told},
        set::{Answers, Set},
    },
    train::scope::{ForeignTexts, foreign::list as foreign_files},
};
use std::{collections::HashSet, path::Path};

impl Evaluate {
    /// What a pipeline says about the foreign texts, if any are given. Those that stand among the rows of the sets are left out:
    /// they count there, by their labels.
    pub(super) fn foreign(&self, pipeline: &Pipeline, sets: &[Set]) -> Result<Vec<Told>> {
        if !self.outliers.is_empty() && !pipeline.tells_foreign() {
            let reason = format!(
                "{} cannot tell foreign texts; teach it with fenzhen calibrate --scope RECIPE --write",
                pipeline.versions().bundle
            );
            return Err(Error::InvalidRequest { what: "--outliers".into(), reason });
        }
        let labelled: HashSet<String> =
            sets.iter().flat_map(|set| &set.rows).filter_map(|row| telling_id(&row.text)).collect();
        let mut texts = Vec::new();
        for argument in &self.outliers {
            let (path, name) = named(argument);
            let mut rows = match path.extension().is_some_and(|extension| extension == "toml") {
                true => self.listed(&path)?,
                // Labels of another taxonomy may stand there: only the texts and their kinds matter.
                false => Source::of(path).load()?,
            };
            let given = rows.len();
            rows.retain(|row| telling_id(&row.text).is_none_or(|id| !labelled.contains(&id)));
            if rows.len() < given && !self.output.quiet {
                eprintln!("{name}: {} texts stand among the labelled rows and count there", given - rows.len());
            }
            let set = Set { name, targets: vec![Targets::default(); rows.len()], rows, refused: Vec::new() };
            let answers = self.ask(&set, pipeline, pipeline.which())?;
            texts.extend(told(&set, &answers, pipeline, true).1);
        }
        Ok(texts)
    }

    /// The texts of the files that a list names.
    fn listed(&self, path: &Path) -> Result<Vec<Row>> {
        let ForeignTexts { parts, absent } = ForeignTexts::read(&foreign_files(path)?)?;
        for path in absent.iter().filter(|_| !self.output.quiet) {
            eprintln!("{path} (optional) is not there: going on without it");
        }
        Ok(parts.into_iter().flat_map(|(_, rows)| rows).collect())
    }
}

/// The foreign texts against the complaints of a set; nothing where none were given.
pub(super) fn measure(set: &Set, answers: &Answers, given: Vec<Told>, pipeline: &Pipeline) -> Option<Foreign> {
    if given.is_empty() {
        return None;
    }
    let (complaints, own) = told(set, answers, pipeline, false);
    foreign::measure(&complaints, &[given, own].concat())
}

pub(super) fn text(foreign: &Foreign) -> String {
    format!("\nTexts from outside\n\n{}\n{}", aligned(&foreign::table(foreign)), foreign::sentence(foreign))
}
