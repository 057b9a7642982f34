//! Stage 4: from readings to probabilities, one head at a time. The linear model and the transformer stand behind the same
//! trait, [`Classifier`].

pub mod calibration;
pub mod linear;
pub mod transformer;

use crate::{Result, segment::Reading, taxonomy::Taxonomy};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One question that the model answers about a complaint. A taxonomy that has no labels for a head switches it off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Head {
    /// The primary category (leaf level).
    Category,
    /// Other categories that are mentioned.
    Secondary,
    Department,
    Priority,
    Emotion,
    /// How strong the emotion is: levels 0 to 3.
    Intensity,
    Flags,
    /// From -1 to 1.
    Sentiment,
}

/// The form of a head's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Exactly one label: softmax over the logits.
    OneOf,
    /// Any number of labels: a sigmoid a logit.
    AnyOf,
    /// One number in [-1, 1]: `tanh` of half the logit, so that the logit is that of a positive text's probability.
    Scalar,
}

impl Head {
    pub const ALL: [Head; 8] = [
        Head::Category,
        Head::Secondary,
        Head::Department,
        Head::Priority,
        Head::Emotion,
        Head::Intensity,
        Head::Flags,
        Head::Sentiment,
    ];

    /// The name used in recipes, metrics and files.
    pub fn name(self) -> &'static str {
        match self {
            Head::Category => "category",
            Head::Secondary => "secondary",
            Head::Department => "department",
            Head::Priority => "priority",
            Head::Emotion => "emotion",
            Head::Intensity => "intensity",
            Head::Flags => "flags",
            Head::Sentiment => "sentiment",
        }
    }

    pub fn answer(self) -> Answer {
        match self {
            Head::Secondary | Head::Flags => Answer::AnyOf,
            Head::Sentiment => Answer::Scalar,
            _ => Answer::OneOf,
        }
    }

    /// How many logits the head has under a taxonomy; 0 where it is switched off.
    pub fn width(self, taxonomy: &Taxonomy) -> usize {
        match self {
            Head::Category => taxonomy.categories.len(),
            Head::Secondary => {
                if taxonomy.secondary {
                    taxonomy.categories.len()
                } else {
                    0
                }
            }
            Head::Department => taxonomy.departments.len(),
            Head::Priority => taxonomy.priorities.len(),
            Head::Emotion => taxonomy.emotions.len(),
            Head::Intensity => taxonomy.intensity_levels,
            Head::Flags => taxonomy.flags.len(),
            Head::Sentiment => usize::from(taxonomy.sentiment),
        }
    }
}

/// One number a label for every head, in the order of the taxonomy: logits before, probabilities after calibration. A head
/// that is switched off is empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct HeadValues {
    values: [Vec<f32>; 8],
}

/// Raw scores of a model.
pub type Logits = HeadValues;
/// Calibrated probabilities: one-of heads sum to one, any-of heads lie in [0, 1], sentiment in [-1, 1].
pub type Prediction = HeadValues;

impl std::ops::Index<Head> for HeadValues {
    type Output = Vec<f32>;
    fn index(&self, head: Head) -> &Vec<f32> {
        &self.values[head as usize]
    }
}

impl std::ops::IndexMut<Head> for HeadValues {
    fn index_mut(&mut self, head: Head) -> &mut Vec<f32> {
        &mut self.values[head as usize]
    }
}

impl HeadValues {
    /// The index and the value of the largest entry of a head.
    pub fn best(&self, head: Head) -> Option<(usize, f32)> {
        self[head].iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))
    }

    /// Turns logits into probabilities at temperature one.
    pub fn to_probabilities(&self) -> Prediction {
        let mut out = Prediction::default();
        for head in Head::ALL {
            out[head] = match head.answer() {
                Answer::OneOf => softmax(&self[head]),
                Answer::AnyOf => self[head].iter().map(|&z| sigmoid(z)).collect(),
                Answer::Scalar => self[head].iter().map(|&z| (z / 2.0).tanh()).collect(),
            };
        }
        out
    }
}

/// A model that reads complaints: the linear one, the transformer, or both together.
pub trait Classifier: Send + Sync {
    /// One set of logits a reading, in the same order; the same whether a complaint comes alone or among others.
    fn logits(&self, readings: &[&Reading]) -> Result<Vec<Logits>>;

    /// Probabilities without calibration.
    fn predict_proba(&self, readings: &[&Reading]) -> Result<Vec<Prediction>> {
        Ok(self.logits(readings)?.iter().map(HeadValues::to_probabilities).collect())
    }
}

/// Which of a bundle's models answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = AnsweringModels)]
pub enum Which {
    /// The transformer and the linear model, blended.
    Both,
    Transformer,
    Linear,
}

impl Which {
    pub const ALL: [Which; 3] = [Which::Both, Which::Transformer, Which::Linear];

    /// The name used in flags, reports and files.
    pub fn name(self) -> &'static str {
        match self {
            Which::Both => "both",
            Which::Transformer => "transformer",
            Which::Linear => "linear",
        }
    }
}

impl std::str::FromStr for Which {
    type Err = String;
    fn from_str(name: &str) -> Result<Self, String> {
        let found = Which::ALL.into_iter().find(|which| which.name() == name);
        found.ok_or_else(|| "choose both, transformer or linear".into())
    }
}

/// `exp(x)` normalised to sum to one, safe for large values.
pub fn softmax(logits: &[f32]) -> Vec<f32> {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exps: Vec<f32> = logits.iter().map(|&z| (z - max).exp()).collect();
    let sum: f32 = exps.iter().sum();
    exps.into_iter().map(|e| e / sum).collect()
}

/// The logistic function.
pub fn sigmoid(z: f32) -> f32 {
    1.0 / (1.0 + (-z).exp())
}
