//! From raw scores to probabilities that can be believed: a temperature a head, and the blend of two models.

use super::{Answer, Classifier, Head, HeadValues, Logits, Prediction, Which};
use crate::{Error, Result, segment::Reading};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One temperature a head: logits are divided by it before they become probabilities (Guo and others: On calibration of
/// modern neural networks, 2017). It never changes which label is the likeliest.
///
/// ```
/// use fenzhen::classify::{Head, Logits, calibration::Calibration};
/// let mut logits = Logits::default();
/// logits[Head::Priority] = vec![2.0, 0.0];
/// let calibration = Calibration { temperatures: [(Head::Priority, 2.0)].into() };
/// assert!((calibration.apply(&logits)[Head::Priority][0] - 0.731).abs() < 1e-3);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Above 0; a head that is missing keeps its logits as they are.
    #[serde(default)]
    pub temperatures: BTreeMap<Head, f32>,
}

impl Calibration {
    pub fn temperature(&self, head: Head) -> f32 {
        self.temperatures.get(&head).copied().unwrap_or(1.0)
    }

    /// The probabilities of a model's logits.
    pub fn apply(&self, logits: &Logits) -> Prediction {
        self.scaled(logits, |temperature| 1.0 / temperature).to_probabilities()
    }

    /// The probabilities as they would be at temperature one: what the model says before calibration.
    pub fn undo(&self, prediction: &Prediction) -> Prediction {
        self.scaled(&prediction.to_logits(), |temperature| temperature).to_probabilities()
    }

    fn scaled(&self, logits: &Logits, factor: impl Fn(f32) -> f32) -> Logits {
        let mut scaled = logits.clone();
        for head in Head::ALL {
            let factor = factor(self.temperature(head));
            scaled[head].iter_mut().for_each(|z| *z *= factor);
        }
        scaled
    }

    /// What is wrong with the numbers, as a sentence.
    pub fn fault(&self) -> Option<String> {
        let bad = self.temperatures.iter().find(|(_, t)| !(t.is_finite() && **t > 0.0));
        bad.map(|(head, t)| format!("the temperature of {} is {t}; it must be above 0", head.name()))
    }
}

/// Two models as one: a weighted mean of their log-probabilities a head, then a temperature.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blend {
    /// The transformer's share of a head, 0 to 1; the linear model has the rest. 1 where a head is missing.
    #[serde(default)]
    pub weights: BTreeMap<Head, f32>,
    /// What the log-probabilities of a one-of head are multiplied by where the two models name different labels: such answers
    /// are wrong more often than their probabilities say. 1 where a head is missing.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub doubt: BTreeMap<Head, f32>,
    #[serde(default)]
    pub calibration: Calibration,
}

impl Blend {
    /// The transformer's share of a head.
    pub fn weight(&self, head: Head) -> f32 {
        self.weights.get(&head).copied().unwrap_or(1.0)
    }

    fn doubt(&self, head: Head) -> f32 {
        self.doubt.get(&head).copied().unwrap_or(1.0)
    }

    /// The logits of both together, before the temperature. A head that only one of them answers is that one's.
    pub fn combine(&self, transformer: &Logits, linear: &Logits) -> Logits {
        let mut combined = Logits::default();
        for head in Head::ALL {
            combined[head] = match (&transformer[head], &linear[head]) {
                (one, nothing) | (nothing, one) if nothing.is_empty() => one.clone(),
                (first, second) => {
                    let share = self.weight(head);
                    let apart = head.answer() == Answer::OneOf
                        && transformer.best(head).map(first_of) != linear.best(head).map(first_of);
                    let doubt = if apart { self.doubt(head) } else { 1.0 };
                    let (first, second) = (comparable(head, first), comparable(head, second));
                    first.iter().zip(&second).map(|(a, b)| doubt * (share * a + (1.0 - share) * b)).collect()
                }
            };
        }
        combined
    }

    /// The probabilities of both together.
    pub fn apply(&self, transformer: &Logits, linear: &Logits) -> Prediction {
        self.calibration.apply(&self.combine(transformer, linear))
    }

    /// What is wrong with the numbers, as a sentence.
    pub fn fault(&self) -> Option<String> {
        let bad = self.weights.iter().find(|(_, w)| !(0.0..=1.0).contains(*w));
        bad.map(|(head, w)| format!("the blend weight of {} is {w}; it lies between 0 and 1", head.name()))
            .or_else(|| {
                let bad = self.doubt.iter().find(|(_, d)| !(d.is_finite() && **d > 0.0));
                bad.map(|(head, d)| format!("the doubt factor of {} is {d}; it must be above 0", head.name()))
            })
            .or_else(|| self.calibration.fault())
    }
}

/// The label of a label with its value.
fn first_of((label, _): (usize, f32)) -> usize {
    label
}

/// The numbers of a head in a form in which two models can be averaged: log-probabilities where labels exclude each other,
/// logits where they do not.
pub fn comparable(head: Head, logits: &[f32]) -> Vec<f32> {
    match head.answer() {
        Answer::OneOf => log_softmax(logits),
        Answer::AnyOf | Answer::Scalar => logits.to_vec(),
    }
}

/// The logarithm of [`super::softmax`], safe for large values.
pub fn log_softmax(logits: &[f32]) -> Vec<f32> {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let log_sum = max + logits.iter().map(|z| (z - max).exp()).sum::<f32>().ln();
    logits.iter().map(|z| z - log_sum).collect()
}

impl HeadValues {
    /// Logits that give these probabilities at temperature one.
    pub fn to_logits(&self) -> Logits {
        // Below this a probability is as good as zero, and its logarithm still finite.
        const LEAST: f32 = 1e-20;
        let coin = |p: f32| (p.max(LEAST) / (1.0 - p).max(1e-7)).ln();
        let mut logits = Logits::default();
        for head in Head::ALL {
            logits[head] = match head.answer() {
                Answer::OneOf => self[head].iter().map(|p| p.max(LEAST).ln()).collect(),
                Answer::AnyOf => self[head].iter().map(|&p| coin(p)).collect(),
                Answer::Scalar => self[head].iter().map(|&v| coin((v + 1.0) / 2.0)).collect(),
            };
        }
        logits
    }
}

/// The calibration of a bundle: one for each way in which its models can answer. A way that is missing is uncalibrated.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibrations {
    #[serde(default)]
    pub transformer: Calibration,
    #[serde(default)]
    pub linear: Calibration,
    #[serde(default)]
    pub both: Blend,
}

impl Calibrations {
    /// The temperatures that apply when `which` answers.
    pub fn of(&self, which: Which) -> &Calibration {
        match which {
            Which::Both => &self.both.calibration,
            Which::Transformer => &self.transformer,
            Which::Linear => &self.linear,
        }
    }

    /// Asks the models that `which` names and gives calibrated probabilities, one set a reading.
    ///
    /// # Errors
    /// [`Error::Internal`] where a model that `which` names is not given.
    pub fn predict(
        &self,
        which: Which,
        transformer: Option<&dyn Classifier>,
        linear: Option<&dyn Classifier>,
        readings: &[&Reading],
    ) -> Result<Vec<Prediction>> {
        let ask = |model: Option<&dyn Classifier>| model.map(|model| model.logits(readings)).transpose();
        let first = ask(transformer.filter(|_| which != Which::Linear))?;
        let second = ask(linear.filter(|_| which != Which::Transformer))?;
        self.apply(which, first.as_deref(), second.as_deref())
            .ok_or_else(|| Error::Internal(format!("no model to answer as {}", which.name())))
    }

    /// Calibrated probabilities of what the transformer (`first`) and the linear model (`second`) said about the same texts;
    /// nothing where one that `which` names said nothing.
    pub fn apply(&self, which: Which, first: Option<&[Logits]>, second: Option<&[Logits]>) -> Option<Vec<Prediction>> {
        /// Fewer than these are not worth another thread.
        const FEW: usize = 32;
        let many = |logits: &[Logits], calibration: &Calibration| {
            logits.par_iter().with_min_len(FEW).map(|z| calibration.apply(z)).collect()
        };
        Some(match which {
            Which::Transformer => many(first?, &self.transformer),
            Which::Linear => many(second?, &self.linear),
            Which::Both => {
                let pairs = first?.par_iter().zip(second?).with_min_len(FEW);
                pairs.map(|(a, b)| self.both.apply(a, b)).collect()
            }
        })
    }

    /// What is wrong with the numbers, as a sentence.
    pub fn fault(&self) -> Option<String> {
        self.transformer.fault().or_else(|| self.linear.fault()).or_else(|| self.both.fault())
    }
}
