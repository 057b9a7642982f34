//! Measures predictions against labels: one [`Evaluation`] for a model and a set of rows.

pub mod any_of;
pub mod bands;
pub mod budget;
pub mod calibrate;
pub mod compare;
pub mod confusion;
pub mod curve;
pub mod faithfulness;
pub mod foreign;
pub mod gates;
pub mod html;
pub mod interval;
pub mod learning;
pub mod mistakes;
pub mod one_of;
pub mod parity;
pub mod reliability;
pub mod report;
pub mod robustness;
pub mod scalar;
pub mod set;
pub mod tables;
#[cfg(test)]
mod tests;
mod words;

use crate::{
    classify::{Answer, Head, Prediction},
    data::{Target, Targets, labels},
    decide::Bands,
    taxonomy::Taxonomy,
};
use any_of::AnyOf;
use interval::Bootstrap;
use one_of::{Answered, OneOf, Scale};
use scalar::Scalar;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is asked of a prediction: the heads, and what follows from them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// The group of the category: the first level. Its probability is the sum of its leaves'.
    FirstLevel,
    /// The category: the second level.
    Category,
    Secondary,
    Department,
    /// The priority head alone.
    Priority,
    /// The level that the policy decides from all signals together.
    JointPriority,
    Emotion,
    Intensity,
    Flags,
    Sentiment,
}

impl Question {
    pub const ALL: [Question; 10] = [
        Question::FirstLevel,
        Question::Category,
        Question::Secondary,
        Question::Department,
        Question::Priority,
        Question::JointPriority,
        Question::Emotion,
        Question::Intensity,
        Question::Flags,
        Question::Sentiment,
    ];

    /// The name used in reports and files.
    pub fn name(self) -> &'static str {
        match self {
            Question::FirstLevel => "first_level",
            Question::JointPriority => "joint_priority",
            _ => self.head().name(),
        }
    }

    /// The head that has the right answer.
    pub fn head(self) -> Head {
        match self {
            Question::FirstLevel | Question::Category => Head::Category,
            Question::Secondary => Head::Secondary,
            Question::Department => Head::Department,
            Question::Priority | Question::JointPriority => Head::Priority,
            Question::Emotion => Head::Emotion,
            Question::Intensity => Head::Intensity,
            Question::Flags => Head::Flags,
            Question::Sentiment => Head::Sentiment,
        }
    }

    /// The ids of its labels, in the order of its probabilities.
    pub fn labels(self, taxonomy: &Taxonomy) -> Vec<String> {
        match self {
            Question::FirstLevel => taxonomy.groups.iter().map(|group| group.id.clone()).collect(),
            Question::Intensity => (0..taxonomy.intensity_levels).map(|level| level.to_string()).collect(),
            _ => labels(taxonomy, self.head()).map(str::to_owned).collect(),
        }
    }

    fn scale(self) -> Scale {
        match self.head() {
            Head::Priority => Scale::Urgency,
            Head::Intensity => Scale::Levels,
            _ => Scale::None,
        }
    }

    /// The right label and the answer of a one-of question; nothing where either is missing.
    pub fn answer(self, row: &Judged, taxonomy: &Taxonomy) -> Option<Answered> {
        let gold = row.gold.label(self.head())?;
        let probabilities = &row.prediction[self.head()];
        match self {
            Question::JointPriority => Some(Answered { gold, predicted: row.urgency?, probabilities: Vec::new() }),
            _ if probabilities.is_empty() => None,
            Question::FirstLevel => {
                Some(Answered::likeliest(taxonomy.categories[gold].group?, taxonomy.group_probabilities(probabilities)))
            }
            _ => Some(Answered::likeliest(gold, probabilities.clone())),
        }
    }
}

/// One row with what was predicted for it.
#[derive(Debug, Clone, Copy)]
pub struct Judged<'a> {
    pub gold: &'a Targets,
    pub prediction: &'a Prediction,
    /// The level of the joint decision, if one was made.
    pub urgency: Option<usize>,
}

/// All measurements of one model on one set of rows. A question is there if at least one row has both a label and an answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    pub rows: usize,
    pub scores: BTreeMap<Question, Scores>,
}

/// The measurements of one question, by the form of its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Scores {
    OneOf(OneOf),
    AnyOf(AnyOf),
    Scalar(Scalar),
}

impl Evaluation {
    /// Measures every question that the rows have labels for; `bands` say from where labels of any-of heads are told.
    pub fn of(rows: &[Judged], taxonomy: &Taxonomy, bands: &Bands, bootstrap: &Bootstrap) -> Self {
        let scores = Question::ALL
            .into_iter()
            .filter_map(|question| Some((question, Scores::of(question, rows, taxonomy, bands, bootstrap)?)))
            .collect();
        Evaluation { rows: rows.len(), scores }
    }

    /// The measurements of a one-of question.
    pub fn one_of(&self, question: Question) -> Option<&OneOf> {
        match self.scores.get(&question) {
            Some(Scores::OneOf(scores)) => Some(scores),
            _ => None,
        }
    }
}

impl Scores {
    fn of(
        question: Question,
        rows: &[Judged],
        taxonomy: &Taxonomy,
        bands: &Bands,
        bootstrap: &Bootstrap,
    ) -> Option<Self> {
        let head = question.head();
        match head.answer() {
            Answer::OneOf => {
                let answers: Vec<Answered> = rows.iter().filter_map(|row| question.answer(row, taxonomy)).collect();
                let labels = question.labels(taxonomy);
                let measure = || Scores::OneOf(OneOf::of(&answers, labels, question.scale(), bootstrap));
                (!answers.is_empty()).then(measure)
            }
            Answer::AnyOf => {
                let answers: Vec<(Vec<bool>, Vec<f32>)> = rows
                    .iter()
                    .filter_map(|row| match row.gold.get(head)? {
                        Target::Labels(right) if !row.prediction[head].is_empty() => {
                            let probabilities = row.prediction[head].clone();
                            Some(((0..probabilities.len()).map(|k| right.contains(&k)).collect(), probabilities))
                        }
                        _ => None,
                    })
                    .collect();
                let (labels, told) = (question.labels(taxonomy), bands.told_from(head));
                let measure = || Scores::AnyOf(AnyOf::of(&answers, &labels, told, bootstrap));
                (!answers.is_empty()).then(measure)
            }
            Answer::Scalar => {
                let pairs: Vec<(f32, f32)> = rows
                    .iter()
                    .filter_map(|row| match (row.gold.get(head)?, row.prediction[head].first()) {
                        (Target::Value(gold), Some(predicted)) => Some((*gold, *predicted)),
                        _ => None,
                    })
                    .collect();
                (!pairs.is_empty()).then(|| Scores::Scalar(Scalar::of(&pairs, bootstrap)))
            }
        }
    }
}
