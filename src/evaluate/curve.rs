//! What answering less would buy: how many of the surest answers are wrong, from the surest few to all.

use super::budget::{Cut, Outcome};
use serde::{Deserialize, Serialize};

/// The probabilities that reports tell coverage and error for.
pub const THRESHOLDS: [f32; 9] = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99];

/// At most as many points are kept, spread evenly over the coverage.
const POINTS: usize = 40;

/// Risk over coverage (El-Yaniv and Wiener: On the foundations of noise-free selective classification, 2010).
///
/// ```
/// use fenzhen::evaluate::{budget::Outcome, curve::Curve};
/// let outcome = |probability, right| Outcome { probability, right };
/// let curve = Curve::of(&[outcome(0.9, true), outcome(0.8, true), outcome(0.6, false), outcome(0.5, true)]);
/// let errors: Vec<f64> = curve.points.iter().map(|point| point.error).collect();
/// assert_eq!(errors, [0.0, 0.0, 1.0 / 3.0, 0.25]);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// The mean error over all coverages, which is the area under the curve: 0 is perfect, the error of all answers is what
    /// probabilities that say nothing would give.
    pub area: f64,
    /// From the surest answers to all of them: coverage grows, the probability falls. Equal probabilities are one point.
    pub points: Vec<Point>,
    /// Coverage and error at each of [`THRESHOLDS`].
    pub thresholds: Vec<Cut>,
}

/// The answers with at least some probability.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// The smallest probability among them.
    pub probability: f32,
    /// Their share of all answers.
    pub coverage: f64,
    /// Share of them that is wrong.
    pub error: f64,
}

impl Curve {
    /// From how sure each answer was and whether it was right; their order does not matter.
    pub fn of(outcomes: &[Outcome]) -> Self {
        let mut sorted = outcomes.to_vec();
        sorted.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        let rows = sorted.len() as f64;
        let (mut seen, mut wrong, mut sum) = (0.0, 0.0, 0.0);
        let mut points: Vec<Point> = Vec::new();
        for step in sorted.chunk_by(|a, b| a.probability == b.probability) {
            let size = step.len() as f64;
            let new = step.iter().filter(|outcome| !outcome.right).count() as f64;
            // Within a step any order is as good: its mistakes are spread evenly.
            sum += (1..=step.len()).map(|i| (wrong + new * i as f64 / size) / (seen + i as f64)).sum::<f64>();
            seen += size;
            wrong += new;
            points.push(Point { probability: step[0].probability, coverage: seen / rows, error: wrong / seen });
        }
        Curve {
            area: if sorted.is_empty() { 0.0 } else { sum / rows },
            points: thinned(points),
            thresholds: THRESHOLDS.iter().map(|&threshold| Cut::at(threshold, outcomes)).collect(),
        }
    }

    /// Whether nothing was measured.
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }
}

/// The first point at or beyond each of [`POINTS`] even steps of coverage; the last point, which is all answers, among them.
fn thinned(points: Vec<Point>) -> Vec<Point> {
    let mut kept: Vec<Point> = Vec::new();
    let last = points.len().saturating_sub(1);
    for (place, point) in points.into_iter().enumerate() {
        let covered = kept.last().map_or(0.0, |point| point.coverage);
        let step = |coverage: f64| (coverage * POINTS as f64 + 1e-9).floor();
        if place == last || step(point.coverage) > step(covered) {
            kept.push(point);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn outcome(probability: f32, right: bool) -> Outcome {
        Outcome { probability, right }
    }

    #[test]
    fn the_area_is_the_mean_error_over_all_coverages() {
        let curve = Curve::of(&[outcome(0.9, true), outcome(0.8, false), outcome(0.7, true), outcome(0.6, true)]);
        assert!((curve.area - (0.0 + 0.5 + 1.0 / 3.0 + 0.25) / 4.0).abs() < 1e-12, "{curve:?}");
        // Probabilities that say nothing: whatever is covered, the error is that of all.
        let flat = Curve::of(&[outcome(0.5, true), outcome(0.5, false), outcome(0.5, true), outcome(0.5, true)]);
        assert!((flat.area - 0.25).abs() < 1e-12, "{flat:?}");
        assert_eq!(flat.points, [Point { probability: 0.5, coverage: 1.0, error: 0.25 }]);
        assert!(Curve::of(&[]).is_empty() && Curve::of(&[]).area == 0.0);
    }

    #[test]
    fn thresholds_say_what_they_let_through() {
        let curve = Curve::of(&[outcome(0.95, true), outcome(0.92, false), outcome(0.55, true), outcome(0.2, false)]);
        let at = |threshold: f32| *curve.thresholds.iter().find(|cut| cut.threshold == threshold).unwrap();
        assert_eq!((at(0.9).coverage, at(0.9).error), (0.5, 0.5));
        assert_eq!((at(0.3).coverage, at(0.3).error), (0.75, 1.0 / 3.0));
        assert_eq!((at(0.99).coverage, at(0.99).error), (0.0, 0.0));
    }

    fn outcomes() -> impl Strategy<Value = Vec<Outcome>> {
        // A coarse grid, so that equal probabilities are common.
        let one = (0u32..=400, any::<bool>()).prop_map(|(p, right)| outcome(p as f32 / 400.0, right));
        prop::collection::vec(one, 1..300)
    }

    proptest! {
        #[test]
        fn coverage_grows_to_all_and_every_point_is_what_its_probability_lets_through(outcomes in outcomes()) {
            let curve = Curve::of(&outcomes);
            prop_assert!(curve.points.len() <= POINTS);
            for pair in curve.points.windows(2) {
                prop_assert!(pair[0].coverage < pair[1].coverage && pair[0].probability > pair[1].probability);
            }
            for point in &curve.points {
                let cut = Cut::at(point.probability, &outcomes);
                prop_assert!((cut.coverage - point.coverage).abs() < 1e-12 && (cut.error - point.error).abs() < 1e-12);
            }
            let wrong = outcomes.iter().filter(|outcome| !outcome.right).count() as f64;
            let all = curve.points.last().unwrap();
            prop_assert!(all.coverage == 1.0 && (all.error - wrong / outcomes.len() as f64).abs() < 1e-12);
            prop_assert!((0.0..=1.0).contains(&curve.area));
            for pair in curve.thresholds.windows(2) {
                prop_assert!(pair[0].coverage >= pair[1].coverage);
            }
        }

        #[test]
        fn the_order_of_the_answers_does_not_matter(outcomes in outcomes()) {
            let mut turned = outcomes.clone();
            turned.reverse();
            prop_assert_eq!(Curve::of(&outcomes), Curve::of(&turned));
        }
    }
}
