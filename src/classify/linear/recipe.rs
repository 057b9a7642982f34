//! What a linear model is made of and how it learns.

use crate::classify::Head;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The settings of a linear model; every one has a default, unknown ones are refused.
///
/// ```
/// use fenzhen::classify::linear::LinearRecipe;
/// let recipe: LinearRecipe = toml::from_str("char_grams = 3\nstrengths.category = 4.0").unwrap();
/// assert_eq!(recipe.seed, 7);
/// assert!(toml::from_str::<LinearRecipe>("chargrams = 3").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LinearRecipe {
    /// Longest run of characters that is a feature: 4 stands for all runs of 1 to 4. 0 leaves characters out.
    pub char_grams: usize,
    /// Longest run of words that is a feature. 0 leaves words out.
    pub word_grams: usize,
    /// A feature must stand in at least so many rows.
    pub min_rows: usize,
    /// At most so many features while learning, the most frequent first.
    pub max_features: usize,
    /// So many features stay in the finished model: those that move the answers most. The model is then fitted again on
    /// them alone.
    pub keep_features: usize,
    /// How closely the model follows the data: the inverse of the L2 penalty (scikit-learn's `C`).
    pub strength: f32,
    /// Another strength for single heads; what is written here replaces the whole default table.
    pub strengths: BTreeMap<Head, f32>,
    /// Share of a one-of target that is spread over all labels.
    pub smoothing: f32,
    /// At most so many passes over the rows.
    pub epochs: usize,
    /// Learning stops when the duality gap a row (in nats) falls below this.
    pub tolerance: f32,
    /// The order of the rows follows from this number, and so does the model, to the bit.
    pub seed: u64,
}

impl Default for LinearRecipe {
    fn default() -> Self {
        LinearRecipe {
            char_grams: 4,
            word_grams: 2,
            min_rows: 2,
            max_features: 300_000,
            keep_features: 65_536,
            strength: 50.0,
            // Few labels, or labels that even people draw unevenly, are overfitted sooner.
            strengths: [
                (Head::Department, 30.0),
                (Head::Priority, 15.0),
                (Head::Emotion, 15.0),
                (Head::Intensity, 4.0),
                (Head::Sentiment, 10.0),
            ]
            .into(),
            smoothing: 0.02,
            epochs: 60,
            tolerance: 1e-3,
            seed: 7,
        }
    }
}

impl LinearRecipe {
    /// The strength for one head.
    pub fn strength_of(&self, head: Head) -> f32 {
        self.strengths.get(&head).copied().unwrap_or(self.strength)
    }

    /// What is wrong with the settings, as a sentence.
    pub(super) fn fault(&self) -> Option<String> {
        if self.char_grams == 0 && self.word_grams == 0 {
            return Some("char_grams and word_grams are both 0: the model would have no features".into());
        }
        if self.char_grams > 8 || self.word_grams > 4 {
            return Some("char_grams goes up to 8 and word_grams up to 4".into());
        }
        if self.epochs == 0 || self.keep_features == 0 || self.max_features == 0 {
            return Some("epochs, keep_features and max_features must be above 0".into());
        }
        if !(0.0..1.0).contains(&self.smoothing) {
            return Some("smoothing must be at least 0 and below 1".into());
        }
        let strengths = self.strengths.values().chain([&self.strength]);
        if strengths.into_iter().any(|s| !(s.is_finite() && *s > 0.0)) {
            return Some("every strength must be above 0".into());
        }
        None
    }
}
