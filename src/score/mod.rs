//! Stage 5: how the customer feels.

use crate::{classify::Prediction, segment::Reading, taxonomy::Taxonomy};

/// Sentiment, emotion and intensity as numbers; labels are indices into the taxonomy.
#[derive(Debug, Clone, PartialEq)]
pub struct Feeling {
    /// Index of the likeliest emotion, if the taxonomy has emotions.
    pub emotion: Option<usize>,
    /// 0 to 3.
    pub intensity: f32,
    /// -1 to 1.
    pub sentiment: Option<f32>,
}

/// Reads the feeling off the emotion, intensity and sentiment heads together.
pub fn feeling(_taxonomy: &Taxonomy, _reading: &Reading, _prediction: &Prediction) -> Feeling {
    todo!()
}
