//! Whether a bundle whose transformer answers in bytes answers as it would in f32.

use crate::{
    Result,
    bundle::Bundle,
    classify::{Answer, Classifier, Head, Logits, Which, transformer::Transformer},
    segment::Reading,
};
use serde::Serialize;

/// The share of equal labels below which, and the mean difference of probabilities above which, a bundle should rather
/// answer in f32.
pub const LEAST_EQUAL: f64 = 0.995;
pub const LARGEST_MEAN: f64 = 0.02;

/// How two precisions compare on one head.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Parity {
    pub head: Head,
    /// The share of rows with the same likeliest label (of any-of heads: of labels on the same side of one half).
    pub equal: f64,
    /// The mean and the largest difference between the two probabilities of a label.
    pub mean: f64,
    pub largest: f64,
}

impl Parity {
    /// Whether the two are as good as the same.
    pub fn holds(&self) -> bool {
        self.equal >= LEAST_EQUAL && self.mean <= LARGEST_MEAN
    }
}

/// A transformer asked in f32, whatever it answers in.
struct Full<'a>(&'a Transformer);

impl Classifier for Full<'_> {
    fn logits(&self, readings: &[&Reading]) -> Result<Vec<Logits>> {
        self.0.full_logits_of(&self.0.encode(readings)?)
    }
}

/// Compares the probabilities that the bundle gives with those that it would give in f32, head by head; a bundle without a
/// transformer has nothing to compare.
///
/// # Errors
/// [`crate::Error::Encoder`] if the weights cannot be read again in f32.
pub fn parity(bundle: &Bundle, readings: &[&Reading]) -> Result<Vec<Parity>> {
    let Some(transformer) = &bundle.transformer else { return Ok(Vec::new()) };
    let linear = bundle.linear.as_ref().map(|model| model as &dyn Classifier);
    let which = if linear.is_some() { Which::Both } else { Which::Transformer };
    let ask = |model: &dyn Classifier| bundle.calibrations.predict(which, Some(model), linear, readings);
    let (served, full) = (ask(transformer)?, ask(&Full(transformer))?);
    let mut all = Vec::new();
    for (head, _) in transformer.layout.spans() {
        let (mut equal, mut asked, mut sum, mut count, mut largest) = (0, 0, 0.0, 0, 0.0f64);
        for (a, b) in served.iter().zip(&full) {
            for (a, b) in a[head].iter().zip(&b[head]) {
                let difference = f64::from((a - b).abs());
                sum += difference;
                largest = largest.max(difference);
                count += 1;
            }
            let half = |p: &f32| *p > if head.answer() == Answer::AnyOf { 0.5 } else { 0.0 };
            let (right, of) = match head.answer() {
                Answer::OneOf => (usize::from(a.best(head).map(|x| x.0) == b.best(head).map(|x| x.0)), 1),
                _ => (a[head].iter().zip(&b[head]).filter(|(a, b)| half(a) == half(b)).count(), a[head].len()),
            };
            equal += right;
            asked += of;
        }
        let (equal, mean) = (equal as f64 / asked.max(1) as f64, sum / count.max(1) as f64);
        all.push(Parity { head, equal, mean, largest });
    }
    Ok(all)
}
