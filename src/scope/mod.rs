//! Stage 5: does the text belong to what the bundle knows at all?
//!
//! A classifier must name one of its labels, also for an advertisement, a headline or English; its probabilities mean nothing
//! there, and they are often high. Told apart are such texts by one more direction in the space of the pooled vectors, learnt from
//! complaints and from foreign texts (outlier exposure: Hendrycks, Mazeika and Dietterich 2019). How far a text leans that way is
//! held against complaints that nothing was fitted on: the score is the share of them that leans less, one minus a conformal
//! p-value (Bates, Candès, Lei, Romano and Sesia: Testing for outliers with conformal p-values, 2023). So a threshold of 0.98
//! sends about two in a hundred complaints to a person, of those that are like the ones it was held against; of others it may
//! send more or fewer.

mod fit;
#[cfg(test)]
mod tests;

pub use fit::{Foreign, fit};

use serde::{Deserialize, Serialize};

/// What complaints look like to the transformer of a bundle. The JSON of `scope.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// Categories whose texts are foreign themselves (advertisements, tests): they were not learnt from as complaints.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outside: Vec<String>,
    /// The direction in which foreign texts lie, one weight a number of the pooled vector.
    weights: Vec<f32>,
    bias: f32,
    /// How far complaints lean that way which nothing was fitted on, rising.
    complaints: Vec<f32>,
}

impl Scope {
    /// How foreign a text looks, from its pooled vector: the share, in [0, 1), of the complaints that lean less.
    pub fn score(&self, pooled: &[f32]) -> f32 {
        let leaning = self.leaning(pooled);
        self.complaints.partition_point(|complaint| *complaint < leaning) as f32 / (self.complaints.len() + 1) as f32
    }

    /// Log-odds that the text is foreign, were foreign texts and complaints alike in number. Added up in a fixed order, so the
    /// same vector gives the same bits on every machine.
    fn leaning(&self, pooled: &[f32]) -> f32 {
        self.bias + pooled.iter().zip(&self.weights).map(|(x, w)| x * w).sum::<f32>()
    }

    /// What is wrong with the numbers for a transformer whose vectors have this width, as a sentence.
    pub fn fault(&self, width: Option<usize>) -> Option<String> {
        let Some(width) = width else {
            return Some("there is a scope.json, but no transformer that it could belong to".into());
        };
        if self.weights.len() != width {
            return Some(format!("scope.json has {} weights, the transformer's vectors {width}", self.weights.len()));
        }
        let numbers = self.weights.iter().chain(&self.complaints).chain([&self.bias]);
        if numbers.into_iter().any(|number| !number.is_finite()) {
            return Some("scope.json holds a number that is not finite".into());
        }
        let risen = self.complaints.is_sorted();
        (!risen).then(|| "the complaints of scope.json do not rise".into())
    }
}
