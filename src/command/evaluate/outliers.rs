//! `fenzhen evaluate --outliers`.

use super::{Evaluate, named};
use crate::{
    Error, Pipeline, Result,
    command::aligned::aligned,
    data::{Source, Targets},
    evaluate::{
        foreign::{self, Foreign, Told, told},
        set::{Answers, Set},
    },
};

impl Evaluate {
    /// What a pipeline says about the foreign texts, if any are given.
    pub(super) fn foreign(&self, pipeline: &Pipeline) -> Result<Vec<Told>> {
        if !self.outliers.is_empty() && !pipeline.tells_foreign() {
            let reason = format!(
                "{} cannot tell foreign texts; teach it with fenzhen calibrate --scope RECIPE --write",
                pipeline.versions().bundle
            );
            return Err(Error::InvalidRequest { what: "--outliers".into(), reason });
        }
        let mut texts = Vec::new();
        for argument in &self.outliers {
            let (path, name) = named(argument);
            // Labels of another taxonomy may stand there: only the texts and their kinds matter.
            let rows = Source::of(path).load()?;
            let set = Set { name, targets: vec![Targets::default(); rows.len()], rows, refused: Vec::new() };
            let answers = self.ask(&set, pipeline, pipeline.which())?;
            texts.extend(told(&set, &answers, pipeline, true).1);
        }
        Ok(texts)
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
