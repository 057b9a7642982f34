//! Measures questions whose answer is a number from -1 to 1.

use super::{
    interval::{Bootstrap, Interval},
    one_of::mean,
};
use serde::{Deserialize, Serialize};

/// The measurements of a number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scalar {
    pub rows: usize,
    /// Rows whose right number is not 0.
    pub signed_rows: usize,
    /// How often the sign is right, over those.
    pub sign_accuracy: Interval,
    /// Mean absolute error.
    pub mean_error: Interval,
    /// Pearson's correlation; 0 where one side does not vary.
    pub correlation: f64,
}

impl Scalar {
    /// From pairs of the right number and the predicted one.
    pub fn of(pairs: &[(f32, f32)], bootstrap: &Bootstrap) -> Self {
        let signed = pairs.iter().filter(|(gold, _)| *gold != 0.0).count();
        let [sign_accuracy, mean_error] = bootstrap.intervals(pairs.len(), |rows| {
            let (mut right, mut signed, mut error, mut count) = (0.0, 0.0, 0.0, 0.0);
            for row in rows {
                let (gold, predicted) = pairs[row];
                error += f64::from((gold - predicted).abs());
                count += 1.0;
                if gold != 0.0 {
                    signed += 1.0;
                    right += f64::from(gold * predicted > 0.0);
                }
            }
            [if signed > 0.0 { right / signed } else { 0.0 }, if count > 0.0 { error / count } else { 0.0 }]
        });
        Scalar { rows: pairs.len(), signed_rows: signed, sign_accuracy, mean_error, correlation: correlation(pairs) }
    }
}

fn correlation(pairs: &[(f32, f32)]) -> f64 {
    let x = mean(pairs.iter().map(|(x, _)| f64::from(*x)));
    let y = mean(pairs.iter().map(|(_, y)| f64::from(*y)));
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (a, b) in pairs {
        let (a, b) = (f64::from(*a) - x, f64::from(*b) - y);
        xx += a * a;
        yy += b * b;
        xy += a * b;
    }
    if xx > 0.0 && yy > 0.0 { xy / (xx * yy).sqrt() } else { 0.0 }
}
