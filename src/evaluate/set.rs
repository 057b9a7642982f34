//! Labelled rows to measure with, and what a pipeline says about them.

use super::Judged;
use crate::{
    Complaint, Error, Pipeline, Result,
    classify::Prediction,
    data::{Row, Source, Targets},
    taxonomy::Taxonomy,
};

/// The rows of one file that can be used.
#[derive(Debug, Clone, Default)]
pub struct Set {
    pub name: String,
    pub rows: Vec<Row>,
    pub targets: Vec<Targets>,
    /// Rows that cannot be used: line and reason.
    pub refused: Vec<(usize, String)>,
}

/// What a pipeline said about the rows of a set; nothing where a text could not be read.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    pub answers: Vec<Option<Answer>>,
}

/// What a pipeline said about one row.
#[derive(Debug, Clone)]
pub struct Answer {
    pub prediction: Prediction,
    /// The level of the joint decision.
    pub urgency: Option<usize>,
    /// The text without personal data.
    pub masked: String,
}

/// As many complaints go into the pipeline at a time.
const BATCH: usize = 64;

impl Set {
    /// Reads a file; rows that are broken, or have labels that the taxonomy does not know, are set aside.
    ///
    /// # Errors
    /// Where the file as a whole cannot be read.
    pub fn load(name: &str, source: &Source, taxonomy: &Taxonomy) -> Result<Self> {
        let mut set = Set { name: name.to_owned(), ..Default::default() };
        for numbered in source.rows()? {
            let numbered = numbered?;
            let row = numbered.row.and_then(|row| Targets::of(&row, taxonomy).map(|targets| (row, targets)));
            match row {
                Ok((row, targets)) => {
                    set.rows.push(row);
                    set.targets.push(targets);
                }
                Err(reason) => set.refused.push((numbered.line, reason)),
            }
        }
        Ok(set)
    }

    /// Asks a pipeline about every row; `progress` hears how many rows each step took.
    ///
    /// # Errors
    /// Where the model fails. A text that cannot be read is no such failure: it has no answer.
    pub fn ask(&self, pipeline: &Pipeline, mut progress: impl FnMut(usize)) -> Result<Answers> {
        let mut answers = Vec::with_capacity(self.rows.len());
        for rows in self.rows.chunks(BATCH) {
            let complaints: Vec<Complaint> =
                rows.iter().map(|row| Complaint { channel: row.channel.clone(), ..Complaint::of(&row.text) }).collect();
            for finding in pipeline.find_all(&complaints) {
                answers.push(match finding {
                    Ok(finding) => Some(Answer {
                        urgency: finding.urgency.map(|urgency| urgency.level),
                        masked: finding.reading.text.masked(),
                        prediction: finding.prediction,
                    }),
                    Err(Error::EmptyText | Error::TextWithoutWords | Error::TextTooLong { .. }) => None,
                    Err(error) => return Err(error),
                });
            }
            progress(rows.len());
        }
        Ok(Answers { answers })
    }

    /// The rows that were answered, ready to be measured.
    pub fn judged<'a>(&'a self, answers: &'a Answers) -> Vec<Judged<'a>> {
        let pairs = self.targets.iter().zip(&answers.answers);
        pairs
            .filter_map(|(gold, answer)| {
                let answer = answer.as_ref()?;
                Some(Judged { gold, prediction: &answer.prediction, urgency: answer.urgency })
            })
            .collect()
    }
}

impl Answers {
    /// How many rows have no answer.
    pub fn missing(&self) -> usize {
        self.answers.iter().filter(|answer| answer.is_none()).count()
    }

    /// The same with other probabilities; the joint decision is left out, having been made with these.
    pub fn map(&self, change: impl Fn(&Prediction) -> Prediction) -> Answers {
        let changed = |answer: &Answer| Answer {
            prediction: change(&answer.prediction),
            urgency: None,
            masked: answer.masked.clone(),
        };
        Answers { answers: self.answers.iter().map(|answer| answer.as_ref().map(changed)).collect() }
    }
}
