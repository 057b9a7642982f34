use super::*;
use proptest::prelude::*;

fn prediction(taxonomy: &Taxonomy, emotion: &str, intensity: [f32; 4], sentiment: f32) -> Prediction {
    let mut prediction = Prediction::default();
    prediction[Head::Emotion] = vec![0.05; taxonomy.emotions.len()];
    prediction[Head::Emotion][taxonomy.emotion_index(emotion).unwrap()] = 0.7;
    prediction[Head::Intensity] = intensity.to_vec();
    prediction[Head::Sentiment] = vec![sentiment];
    prediction
}

#[test]
fn fierce_anger_is_strong_and_bad() {
    let retail = Taxonomy::retail();
    let feeling = feeling(&retail, &prediction(&retail, "anger", [0.0, 0.0, 0.2, 0.8], -0.9));
    assert_eq!(feeling.emotion, retail.emotion_index("anger"));
    assert!((feeling.intensity - 2.8).abs() < 1e-5);
    assert!(feeling.sentiment.unwrap() < -0.7);
}

#[test]
fn a_neutral_complaint_has_no_intensity_whatever_that_head_says() {
    let retail = Taxonomy::retail();
    let feeling = feeling(&retail, &prediction(&retail, "neutral", [0.1, 0.2, 0.3, 0.4], 0.0));
    assert_eq!(feeling.intensity.round(), 0.0);
}

#[test]
fn a_feeling_has_at_least_the_first_level() {
    let retail = Taxonomy::retail();
    let feeling = feeling(&retail, &prediction(&retail, "hurt", [0.8, 0.2, 0.0, 0.0], -0.4));
    assert!(feeling.intensity >= 1.0);
}

#[test]
fn content_is_good() {
    let retail = Taxonomy::retail();
    let feeling = feeling(&retail, &prediction(&retail, "content", [0.0, 0.3, 0.7, 0.0], 0.8));
    assert!(feeling.sentiment.unwrap() > 0.3);
}

#[test]
fn heads_that_are_lacking_leave_their_answer_out() {
    let retail = Taxonomy::retail();
    let nothing = feeling(&retail, &Prediction::default());
    assert_eq!(nothing, Feeling { emotion: None, intensity: 0.0, sentiment: None });
    let mut only = Prediction::default();
    only[Head::Sentiment] = vec![0.6];
    assert_eq!(feeling(&retail, &only).sentiment, Some(0.6));
}

proptest! {
    #[test]
    fn every_number_keeps_its_range(
        emotions in proptest::collection::vec(-5.0f32..5.0, 7),
        levels in proptest::collection::vec(-5.0f32..5.0, 4),
        sentiment in -9.0f32..9.0,
    ) {
        let mut logits = crate::classify::Logits::default();
        logits[Head::Emotion] = emotions;
        logits[Head::Intensity] = levels;
        logits[Head::Sentiment] = vec![sentiment];
        let feeling = feeling(&Taxonomy::retail(), &logits.to_probabilities());
        prop_assert!((0.0..=3.0).contains(&feeling.intensity));
        prop_assert!((-1.0..=1.0).contains(&feeling.sentiment.unwrap()));
    }
}
