//! Labelled rows to measure with, and what a pipeline says about them.

use super::Judged;
use crate::{
    Complaint, Error, Pipeline, Result,
    classify::Prediction,
    data::{Row, Source, Targets},
    decision::Action,
    pipeline::Finding,
    taxonomy::{Language, Taxonomy},
};
use std::time::{Duration, Instant};

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
    /// What would be done if no text were foreign.
    pub action: Action,
    /// How foreign the text looks.
    pub out_of_scope: Option<f32>,
    /// The text without personal data.
    pub masked: String,
}

/// What a pipeline said about the rows of a set, and how long it took.
#[derive(Debug, Clone, Default)]
pub struct Timed {
    pub answers: Answers,
    pub time: Duration,
}

impl Timed {
    /// Throughput, the reading of the texts included; 0 where nothing was asked.
    pub fn rows_per_second(&self) -> f64 {
        let seconds = self.time.as_secs_f64();
        if seconds > 0.0 { self.answers.answers.len() as f64 / seconds } else { 0.0 }
    }
}

/// As many complaints go into the pipeline at a time.
const BATCH: usize = 64;

/// As many rows are answered before a clock runs.
const WARM: usize = 16;

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
            answers.extend(ask(rows, pipeline)?);
            progress(rows.len());
        }
        Ok(Answers { answers })
    }

    /// Asks two pipelines about every row, in turn: some rows the first, the same rows the second, and the other way round for
    /// the next, so that whatever else the machine does slows both alike. Before the clock runs, each answers a few rows, which
    /// brings its weights into memory.
    ///
    /// # Errors
    /// As [`Set::ask`].
    pub fn ask_both(&self, pipelines: [&Pipeline; 2], mut progress: impl FnMut(usize)) -> Result<[Timed; 2]> {
        for pipeline in pipelines {
            ask(&self.rows[..self.rows.len().min(WARM)], pipeline)?;
        }
        let mut timed = [Timed::default(), Timed::default()];
        for (turn, rows) in self.rows.chunks(BATCH).enumerate() {
            for model in if turn % 2 == 0 { [0, 1] } else { [1, 0] } {
                let start = Instant::now();
                let answers = ask(rows, pipelines[model])?;
                timed[model].time += start.elapsed();
                timed[model].answers.answers.extend(answers);
            }
            progress(rows.len());
        }
        Ok(timed)
    }

    /// The rows that both answered, with both answers.
    pub fn paired<'a>(&'a self, first: &'a Answers, second: &'a Answers) -> Vec<[Judged<'a>; 2]> {
        let rows = self.targets.iter().zip(first.answers.iter().zip(&second.answers));
        let judged =
            |gold, answer: &'a Answer| Judged { gold, prediction: &answer.prediction, urgency: answer.urgency };
        rows.filter_map(|(gold, (a, b))| Some([judged(gold, a.as_ref()?), judged(gold, b.as_ref()?)])).collect()
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

fn ask(rows: &[Row], pipeline: &Pipeline) -> Result<Vec<Option<Answer>>> {
    let complaints: Vec<Complaint> =
        rows.iter().map(|row| Complaint { channel: row.channel.clone(), ..Complaint::of(&row.text) }).collect();
    let answer = |finding: Result<Finding>| match finding {
        Ok(finding) => Ok(Some(Answer {
            action: pipeline.verdict(&finding, None, Language::default()).action,
            urgency: finding.urgency.map(|urgency| urgency.level),
            out_of_scope: finding.out_of_scope,
            masked: finding.reading.text.masked(),
            prediction: finding.prediction,
        })),
        Err(Error::EmptyText | Error::TextWithoutWords | Error::TextTooLong { .. }) => Ok(None),
        Err(error) => Err(error),
    };
    pipeline.find_all(&complaints).into_iter().map(answer).collect()
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
            action: answer.action,
            out_of_scope: answer.out_of_scope,
        };
        Answers { answers: self.answers.iter().map(|answer| answer.as_ref().map(changed)).collect() }
    }
}
