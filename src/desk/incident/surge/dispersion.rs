//! How much more the counts of windows vary than those of a Poisson process do.

/// Standard errors on the safe side.
const SAFE: f64 = 2.0;

/// Sums over windows of one length.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Moments {
    /// Squared distances from what was expected, less what a Poisson process has.
    excess: f64,
    /// Squared expectations: excess ÷ squares is 1 ÷ shape.
    squares: f64,
    /// The variance of the excess of a Poisson process.
    noise: f64,
}

impl Moments {
    /// One window.
    pub(super) fn see(&mut self, count: f64, mean: f64) {
        let distance = count - mean;
        self.excess += distance * distance - mean;
        self.squares += mean * mean;
        self.noise += mean + 2.0 * mean * mean;
    }

    pub(super) fn and(self, other: Moments) -> Moments {
        Moments {
            excess: self.excess + other.excess,
            squares: self.squares + other.squares,
            noise: self.noise + other.noise,
        }
    }

    /// One divided by the shape, for all pairs together: an upper bound.
    pub(super) fn bound(self) -> f64 {
        match self.squares > 0.0 {
            true => ((self.excess + SAFE * self.noise.sqrt()) / self.squares).max(0.0),
            false => 0.0,
        }
    }

    /// The same of one pair: that of all, unless it is clearly wilder.
    pub(super) fn own(self, all: f64) -> f64 {
        match self.excess - SAFE * self.noise.sqrt() > all * self.squares {
            true => self.bound(),
            false => all,
        }
    }
}
