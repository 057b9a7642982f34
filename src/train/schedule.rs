/// The learning rate's factor at a step: a linear rise over the warm-up, then a linear fall to `last`.
pub fn factor(step: usize, steps: usize, warmup: f64, last: f64) -> f64 {
    let rise = (steps as f64 * warmup).max(1.0);
    let at = step as f64 + 1.0;
    if at <= rise {
        return at / rise;
    }
    let left = (steps as f64 - at) / (steps as f64 - rise).max(1.0);
    last + (1.0 - last) * left.clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::factor;

    #[test]
    fn it_rises_then_falls_to_the_last_rate() {
        assert_eq!(factor(0, 100, 0.1, 0.0), 0.1);
        assert_eq!(factor(9, 100, 0.1, 0.0), 1.0);
        assert!(factor(50, 100, 0.1, 0.0) < 0.6);
        assert_eq!(factor(99, 100, 0.1, 0.05), 0.05);
    }
}
