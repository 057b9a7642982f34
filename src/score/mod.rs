//! Stage 6: how the customer feels.

#[cfg(test)]
mod tests;

use crate::{
    classify::{Head, Prediction},
    taxonomy::Taxonomy,
};

/// Sentiment, emotion and intensity as numbers; labels are indices into the taxonomy.
#[derive(Debug, Clone, PartialEq)]
pub struct Feeling {
    /// Index of the likeliest emotion, if the taxonomy has emotions.
    pub emotion: Option<usize>,
    /// From 0 (none) to one less than the taxonomy's number of levels; 0 where the bundle has no intensity head.
    pub intensity: f32,
    /// -1 to 1.
    pub sentiment: Option<f32>,
}

/// An emotion without valence never rises above this intensity: it rounds to none.
const NEUTRAL_CEILING: f32 = 0.49;

/// Reads the feeling off the emotion, intensity and sentiment heads together.
///
/// The intensity is the expected level, given that there is a feeling: a neutral complaint has nearly none, any other at
/// least 1. The sentiment is the mean of the sentiment head and of what the emotions' valences say, or the one that exists.
pub fn feeling(taxonomy: &Taxonomy, prediction: &Prediction) -> Feeling {
    let emotion = prediction.best(Head::Emotion).map(|(index, _)| index);
    let neutral = emotion.is_some_and(|index| taxonomy.emotions[index].valence == 0.0);
    let levels = &prediction[Head::Intensity];
    let intensity = if neutral { expected(levels).min(NEUTRAL_CEILING) } else { expected_if_any(levels) };
    let of_head = prediction[Head::Sentiment].first().copied();
    let of_emotions = emotion.map(|_| {
        let strength = expected_if_any(levels);
        prediction[Head::Emotion].iter().enumerate().map(|(i, p)| p * taxonomy.sentiment_of(i, strength)).sum::<f32>()
    });
    let sentiment = match (of_head, of_emotions) {
        (Some(head), Some(emotions)) => Some((head + emotions) / 2.0),
        (head, emotions) => head.or(emotions),
    };
    Feeling { emotion, intensity, sentiment: sentiment.map(|s| s.clamp(-1.0, 1.0)) }
}

/// The mean level.
fn expected(levels: &[f32]) -> f32 {
    levels.iter().enumerate().map(|(level, probability)| level as f32 * probability).sum()
}

/// The mean level among those above none.
fn expected_if_any(levels: &[f32]) -> f32 {
    let some: f32 = levels.iter().skip(1).sum();
    if some > f32::EPSILON { expected(levels) / some } else { 0.0 }
}
