//! The rows that a model got wrong, one JSON object a line, for a person to read.

use super::{
    Judged, Question,
    set::{Answers, Set},
};
use crate::{Error, Result, classify::Answer, data::Target, decide::Bands, taxonomy::Taxonomy};
use serde::Serialize;
use std::{io::Write, path::Path};

/// One wrong answer to one question. The text has its personal data masked.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Mistake<'a> {
    pub set: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<&'a str>,
    pub question: &'static str,
    pub gold: Vec<String>,
    pub predicted: Vec<String>,
    /// Of what was predicted; absent for a level without probabilities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability: Option<f32>,
    /// Of what is right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gold_probability: Option<f32>,
    pub text: &'a str,
}

/// All wrong answers of a set, row by row.
pub fn of<'a>(set: &'a Set, answers: &'a Answers, taxonomy: &Taxonomy, bands: &Bands) -> Vec<Mistake<'a>> {
    let mut mistakes = Vec::new();
    for ((row, gold), answer) in set.rows.iter().zip(&set.targets).zip(&answers.answers) {
        let Some(answer) = answer else { continue };
        let judged = Judged { gold, prediction: &answer.prediction, urgency: answer.urgency };
        for question in Question::ALL {
            let Some((gold, predicted, probabilities)) = wrong(question, &judged, taxonomy, bands) else { continue };
            let labels = question.labels(taxonomy);
            let probability = |of: &[usize]| of.first().and_then(|k| probabilities.get(*k)).copied();
            mistakes.push(Mistake {
                set: &set.name,
                id: row.id.as_deref(),
                question: question.name(),
                probability: probability(&predicted),
                gold_probability: probability(&gold),
                gold: gold.iter().map(|&k| labels[k].clone()).collect(),
                predicted: predicted.iter().map(|&k| labels[k].clone()).collect(),
                text: &answer.masked,
            });
        }
    }
    mistakes
}

/// The right labels, the predicted ones and the probabilities, where they differ.
fn wrong(
    question: Question,
    row: &Judged,
    taxonomy: &Taxonomy,
    bands: &Bands,
) -> Option<(Vec<usize>, Vec<usize>, Vec<f32>)> {
    match question.head().answer() {
        Answer::OneOf => {
            let answer = question.answer(row, taxonomy)?;
            (answer.gold != answer.predicted).then(|| (vec![answer.gold], vec![answer.predicted], answer.probabilities))
        }
        Answer::AnyOf => {
            let Some(Target::Labels(gold)) = row.gold.get(question.head()) else { return None };
            let probabilities = &row.prediction[question.head()];
            let mut gold = gold.clone();
            gold.sort_unstable();
            let told = bands.told_from(question.head());
            let predicted: Vec<usize> =
                probabilities.iter().enumerate().filter(|(_, p)| **p >= told).map(|(k, _)| k).collect();
            // Probabilities belong to single labels; a set of labels has none.
            (!probabilities.is_empty() && gold != predicted).then_some((gold, predicted, Vec::new()))
        }
        Answer::Scalar => None,
    }
}

/// Appends mistakes to a file of JSON lines.
pub fn write(mistakes: &[Mistake], writer: &mut impl Write, path: &Path) -> Result<()> {
    for mistake in mistakes {
        let line = serde_json::to_string(mistake).map_err(|e| Error::Internal(e.to_string()))?;
        writeln!(writer, "{line}").map_err(|e| Error::file(path, e))?;
    }
    Ok(())
}
