//! The bands that an error budget bought: part of a bundle, because they hold for its probabilities and no others.

use crate::{classify::Head, policy::Thresholds};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How sure each head must be, fitted on rows that no model learnt from. The JSON of a bundle's `bands.json`.
///
/// ```
/// use fenzhen::decide::Bands;
/// let bands: Bands = serde_json::from_str(r#"{
///   "heads": { "department": { "max_error": 0.05, "confidence": 0.9, "rows": 640,
///     "auto": 0.82, "suggest": 0.41, "coverage": 0.66, "error": 0.03, "candidate": 0.07 } }
/// }"#).unwrap();
/// assert!(bands.fault().is_none());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bands {
    /// Of heads that choose one label.
    pub heads: BTreeMap<Head, HeadBands>,
    /// From which probability on a label of an any-of head is told.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub told: BTreeMap<Head, f32>,
}

/// The bands of one head.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeadBands {
    /// The largest share of wrong answers among those that no person looks at.
    pub max_error: f64,
    /// With what probability that holds, over the choice of the rows.
    pub confidence: f64,
    /// How many rows the numbers were fitted on.
    pub rows: usize,
    /// From which probability on no person need look; absent where the rows could not show it for any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto: Option<f32>,
    /// From which probability on a person only confirms.
    pub suggest: f32,
    /// Share of the rows that `auto` lets through, and the share of them that is wrong.
    pub coverage: f64,
    pub error: f64,
    /// The labels with at least this probability hold the right one in nine of ten cases (split conformal prediction: Vovk,
    /// Gammerman and Shafer 2005; Sadinle, Lei and Wasserman 2019).
    pub candidate: f32,
}

/// From which probability on an any-of label (a second category, a flag) is told where nothing was fitted.
const TOLD: f32 = 0.5;

impl Bands {
    /// From which probability on a label of an any-of head is told.
    pub fn told_from(&self, head: Head) -> f32 {
        self.told.get(&head).copied().unwrap_or(TOLD)
    }

    /// What the bands say about a head, with the lead that a policy asks for.
    pub fn thresholds(&self, head: Head, margin: f32) -> Option<Thresholds> {
        let bands = self.heads.get(&head)?;
        // Above every probability: a head that kept no budget is never sure enough.
        let auto = bands.auto.unwrap_or(f32::INFINITY);
        Some(Thresholds { auto, suggest: bands.suggest.min(auto), margin })
    }

    /// What is wrong with the numbers, as a sentence.
    pub fn fault(&self) -> Option<String> {
        let share = |value: f32| (0.0..=1.0).contains(&value);
        let bad =
            self.heads.iter().find(|(_, b)| !(share(b.suggest) && share(b.candidate) && b.auto.is_none_or(share)));
        let told = self.told.iter().find(|(_, t)| !share(**t));
        let head = bad.map(|(head, _)| head).or(told.map(|(head, _)| head))?;
        Some(format!("a band of {} does not lie between 0 and 1", head.name()))
    }
}
