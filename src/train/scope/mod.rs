//! Teaches a bundle to tell foreign texts: what complaints look like to its transformer, and what other texts do.

pub mod foreign;
mod left_out;

pub use foreign::ForeignTexts;
pub use left_out::{LeftOut, left_out, table};

use super::{Corpus, Example, ScopeRecipe, SourceRecord};
use crate::{
    Error, Result,
    classify::{Head, transformer::Transformer},
    data::telling_id,
    scope::{Foreign, Scope, fit},
    segment::{Reading, Segmenter},
    taxonomy::Taxonomy,
};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// What is told of the learning, in `metrics.json` and on the card.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScopeMetrics {
    /// Complaints that were learnt from, and others whose shares the scores are.
    pub learnt: usize,
    pub unseen: usize,
    /// How many of both taught weights: those from sources that only teach.
    #[serde(default)]
    pub taught: usize,
    /// Files of foreign texts.
    pub sources: Vec<SourceRecord>,
    /// Files that the complaints are from, as they were when the bundle learnt this.
    #[serde(default)]
    pub complaints: Vec<SourceRecord>,
    /// Foreign texts that were learnt from, and those of the files that could not be.
    #[serde(default)]
    pub foreign: usize,
    #[serde(default)]
    pub set_aside: SetAside,
    /// The score above which a person decides, by the policy that was there.
    #[serde(default)]
    pub threshold: f32,
    /// Every kind, told by what all other kinds taught.
    pub left_out: Vec<LeftOut>,
}

/// How many texts of the foreign files stand among the labelled rows, or are no foreign texts by their own label.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct SetAside {
    /// They taught weights: the transformer knows them better than it will know any other.
    pub taught: usize,
    /// They measure the bundle.
    pub measured: usize,
    /// Their label says that they are complaints.
    pub complaints: usize,
    /// They are there already.
    pub repeated: usize,
}

impl SetAside {
    /// As a sentence.
    pub fn sentence(&self) -> String {
        let SetAside { taught, measured, complaints, repeated } = self;
        format!(
            "Left aside of the foreign files: {taught} texts that taught weights, {measured} that measure, {complaints} that are \
             complaints by their label, {repeated} that were there already."
        )
    }
}

/// Everything that the `[scope]` part of a recipe names, read and checked: nothing of it can fail after a long training.
pub struct Lesson {
    names: Vec<String>,
    /// Places of the categories whose texts are foreign themselves.
    outside: Vec<usize>,
    /// Kind and text.
    texts: Vec<(String, Reading)>,
    sources: Vec<SourceRecord>,
    complaints: Vec<SourceRecord>,
    pub set_aside: SetAside,
    /// Optional files that were not there.
    pub absent: Vec<String>,
}

/// Rows of the calibration part with their vectors.
type Seen<'a> = (Vec<&'a Example>, Vec<Vec<f32>>);

/// Where a text stands among the labelled rows.
#[derive(Clone, Copy)]
enum Known {
    Taught,
    Measured,
    Complaint,
    Here,
}

impl Lesson {
    /// Reads the foreign texts, without those that stand among the labelled rows where they would mislead. The texts of the
    /// calibration part whose category is foreign itself are foreign texts, too.
    ///
    /// # Errors
    /// [`Error::Recipe`] for a category that the taxonomy does not have, or where there are too few texts to learn from; files
    /// that cannot be read.
    pub fn read(recipe: &ScopeRecipe, corpus: &Corpus, taxonomy: &Taxonomy, segmenter: &Segmenter) -> Result<Self> {
        let fault = |reason: String| Error::Recipe { path: "scope".into(), reason };
        let place = |id: &String| {
            let found = taxonomy.categories.iter().position(|category| category.label.id == *id);
            found.ok_or_else(|| fault(format!("outside names {id:?}, which is no category of {}", taxonomy.id)))
        };
        let outside: Vec<usize> = recipe.outside.iter().map(place).collect::<Result<_>>()?;
        let ForeignTexts { parts, absent } = ForeignTexts::read(&recipe.foreign)?;
        let mut lesson = Lesson {
            names: recipe.outside.clone(),
            outside,
            texts: Vec::new(),
            sources: Vec::new(),
            complaints: corpus.sources.iter().filter(|source| source.part == "train").cloned().collect(),
            set_aside: SetAside::default(),
            absent,
        };
        let mut known = lesson.known(corpus);
        for (mut record, mut rows) in parts {
            rows.retain(|row| {
                let inside = row.category.as_ref().is_some_and(|category| !recipe.outside.contains(category));
                let before = telling_id(&row.text).and_then(|id| known.insert(id, Known::Here));
                let known = before.or(inside.then_some(Known::Complaint));
                let counter = match known {
                    None => return true,
                    Some(Known::Taught) => &mut lesson.set_aside.taught,
                    Some(Known::Measured) => &mut lesson.set_aside.measured,
                    Some(Known::Complaint) => &mut lesson.set_aside.complaints,
                    Some(Known::Here) => &mut lesson.set_aside.repeated,
                };
                *counter += 1;
                false
            });
            // A text without a word is refused before any model sees it.
            let read = |row: crate::data::Row| Some((row.source?, segmenter.read(&row.text).ok()?));
            let left = rows.len();
            let texts: Vec<_> = rows.into_par_iter().filter_map(read).collect();
            record.skipped = left - texts.len();
            lesson.texts.extend(texts);
            lesson.sources.push(record);
        }
        let (unseen, learnt) = corpus.calibration_parts();
        let [unseen, learnt] = [&unseen, &learnt].map(|rows| rows.iter().filter(|row| lesson.inside(row)).count());
        let foreign = lesson.texts.len() + corpus.calibration.iter().filter(|row| !lesson.inside(row)).count();
        if learnt == 0 || unseen == 0 || foreign == 0 {
            return Err(fault(format!(
                "{learnt} and {unseen} complaints of the calibration part and {foreign} foreign texts: some of each are needed"
            )));
        }
        Ok(lesson)
    }

    /// Whether a row is a complaint, as far as its labels say.
    fn inside(&self, row: &Example) -> bool {
        row.targets.label(Head::Category).is_none_or(|label| !self.outside.contains(&label))
    }

    fn known(&self, corpus: &Corpus) -> HashMap<String, Known> {
        let taught =
            corpus.train.iter().chain(&corpus.unlabelled).chain(&corpus.guessed).map(|row| (row, Known::Taught));
        let measured = corpus.dev.iter().flat_map(|(_, rows)| rows).map(|row| (row, Known::Measured));
        let kept = corpus.calibration.iter();
        let kept = kept.map(|row| (row, if self.inside(row) { Known::Complaint } else { Known::Here }));
        // What taught weights has the last word.
        let rows: Vec<(&Example, Known)> = kept.chain(measured).chain(taught).collect();
        let id = |(row, known): (&Example, Known)| Some((telling_id(row.reading.text.original())?, known));
        rows.into_par_iter().filter_map(id).collect()
    }

    /// Rows, and the complaints among some that taught, with their vectors.
    fn seen<'a>(
        &self,
        mut rows: Vec<&'a Example>,
        taught: Vec<&'a Example>,
        transformer: &Transformer,
    ) -> Result<Seen<'a>> {
        rows.extend(taught.into_iter().filter(|row| self.inside(row)));
        let vectors = pooled(transformer, &rows.iter().map(|row| &row.reading).collect::<Vec<_>>())?;
        Ok((rows, vectors))
    }

    /// Learns from one part of the corpus' calibration rows, holds scores against the other; `threshold` is the score above
    /// which a person decides. Complaints of kinds that only teach are in both, lest they look foreign.
    ///
    /// # Errors
    /// Where the transformer fails.
    pub fn learn(&self, corpus: &Corpus, transformer: &Transformer, threshold: f32) -> Result<(Scope, ScopeMetrics)> {
        let ((unseen, learnt), (more_unseen, more_learnt)) = (corpus.calibration_parts(), corpus.spared_parts());
        let taught = more_unseen.iter().chain(&more_learnt).filter(|row| self.inside(row)).count();
        let unseen = self.seen(unseen, more_unseen, transformer)?;
        let learnt = self.seen(learnt, more_learnt, transformer)?;
        let readings: Vec<&Reading> = self.texts.iter().map(|(_, reading)| reading).collect();
        let kinds = self.texts.iter().map(|(kind, _)| kind.clone());
        let texts = kinds.zip(pooled(transformer, &readings)?).map(|(kind, pooled)| Foreign { kind, pooled });
        let mut foreign: Vec<Foreign> = texts.collect();
        let mut complaints = |(rows, vectors): Seen| -> Vec<Vec<f32>> {
            let mut inside = Vec::with_capacity(rows.len());
            for (row, pooled) in rows.into_iter().zip(vectors) {
                match row.targets.label(Head::Category).and_then(|label| self.outside.iter().position(|o| *o == label))
                {
                    None => inside.push(pooled),
                    Some(place) => foreign.push(Foreign { kind: self.names[place].clone(), pooled }),
                }
            }
            inside
        };
        let (learnt, unseen) = (complaints(learnt), complaints(unseen));
        let scope = fit(&learnt, &foreign, &unseen, &self.names);
        let left_out = left_out(&learnt, &foreign, &unseen, threshold);
        let metrics = ScopeMetrics {
            learnt: learnt.len(),
            unseen: unseen.len(),
            taught,
            sources: self.sources.clone(),
            complaints: self.complaints.clone(),
            foreign: foreign.len(),
            set_aside: self.set_aside,
            threshold,
            left_out,
        };
        Ok((scope, metrics))
    }
}

/// The vectors that the heads read, one a reading.
pub fn pooled(transformer: &Transformer, readings: &[&Reading]) -> Result<Vec<Vec<f32>>> {
    Ok(transformer.answers(readings)?.into_iter().map(|answered| answered.pooled).collect())
}
