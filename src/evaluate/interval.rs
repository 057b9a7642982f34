//! How far a measured number may be off: bootstrap intervals.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// A number measured on a sample, with the range in which 95 of 100 such samples would put it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// Draws samples from the sample: as many rows as there are, with repetition, so many times. The interval of a number is
/// what lies between the 2.5th and the 97.5th of a hundred (Efron's percentile method).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bootstrap {
    pub resamples: usize,
    pub seed: u64,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Bootstrap { resamples: 1000, seed: 7 }
    }
}

impl Bootstrap {
    /// Intervals of `N` numbers that `measure` takes of the rows whose indices it gets; a number that is not finite in a
    /// resample (a class that was not drawn) counts there as not measured.
    pub fn intervals<const N: usize>(
        &self,
        rows: usize,
        mut measure: impl FnMut(&mut dyn Iterator<Item = usize>) -> [f64; N],
    ) -> [Interval; N] {
        let values = measure(&mut (0..rows));
        let mut samples: [Vec<f64>; N] = std::array::from_fn(|_| Vec::with_capacity(self.resamples));
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        for _ in 0..if rows > 0 { self.resamples } else { 0 } {
            let measured = measure(&mut (0..rows).map(|_| random.random_range(0..rows as u32) as usize));
            for (sample, number) in samples.iter_mut().zip(measured) {
                if number.is_finite() {
                    sample.push(number);
                }
            }
        }
        std::array::from_fn(|i| {
            let sample = &mut samples[i];
            sample.sort_unstable_by(f64::total_cmp);
            let at = |share: f64| {
                let place = share * (sample.len().saturating_sub(1)) as f64;
                sample.get(place.round() as usize).copied().unwrap_or(values[i])
            };
            Interval { value: values[i], low: at(0.025), high: at(0.975) }
        })
    }
}
