//! The upper tail of a negative binomial distribution.

/// What is left out on either side is less than this part of what is summed.
const LEFT_OUT: f64 = 1e-17;

/// The probability of `count` or more, where counts are negative binomial with a mean and a shape (variance = mean + mean² ÷
/// shape; a Poisson distribution for an infinite shape). Both must be above 0, else there is nothing to say: 1.
///
/// Neighbouring probabilities have the ratio (shape + x) ÷ (x + 1) × mean ÷ (mean + shape). So they are summed relative to the
/// one at the mean, outwards on both sides, and the tail is divided by the whole: additions, multiplications and divisions
/// only, which IEEE 754 fixes to the bit.
pub fn tail(count: u64, mean: f64, shape: f64) -> f64 {
    if !(mean > 0.0 && shape > 0.0) || count == 0 {
        return 1.0;
    }
    let ratio = |x: u64| match shape.is_finite() {
        true => (shape + x as f64) / (x + 1) as f64 * (mean / (mean + shape)),
        false => mean / (x + 1) as f64,
    };
    let centre = mean as u64;
    let (mut whole, mut beyond) = (0.0, 0.0);
    let mut weight = 1.0;
    for x in (0..=centre).rev() {
        whole += weight;
        if x >= count {
            beyond += weight;
        }
        // Below the mode the weights fall faster and faster; with a shape below 1 the mode is 0 and they rise.
        if x == 0 || (weight < whole * LEFT_OUT && x < count) {
            break;
        }
        weight /= ratio(x - 1);
    }
    weight = 1.0;
    let mut x = centre;
    loop {
        let step = ratio(x);
        weight *= step;
        x += 1;
        whole += weight;
        if x >= count {
            beyond += weight;
        }
        // The ratios go down to mean ÷ (mean + shape), so what follows is less than a geometric series.
        let rest = if step < 1.0 { weight * step / (1.0 - step) } else { f64::INFINITY };
        if weight == 0.0 || x >= count && rest < beyond * LEFT_OUT {
            return beyond / whole;
        }
    }
}
