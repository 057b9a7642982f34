//! Would more labels help? A learning curve of the linear model by cross-validation, and what a power law makes of it.
//!
//! Errors fall with the rows about as `floor + scale · rows^-rate` (Hestness et al., "Deep Learning Scaling is Predictable,
//! Empirically", 2017; for text classifiers Figueroa et al., "Predicting sample size required for classification
//! performance", 2012).

use crate::{
    Error, Result,
    classify::{Classifier, Head, linear::LinearRecipe},
    data::{
        Entries,
        audit::{check_heads, folds},
    },
    segment::Reading,
    taxonomy::Taxonomy,
};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// The shares of the rows that are learnt from.
pub const SHARES: [f64; 4] = [0.125, 0.25, 0.5, 1.0];

/// A mean over the folds with its 95 % interval, by Student's t over the folds. Folds share rows to learn from, so the true
/// interval is somewhat wider.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    pub mean: f64,
    pub low: f64,
    pub high: f64,
}

/// Accuracy with some rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Point {
    /// Share of the rows of the other folds.
    pub share: f64,
    /// Rows with a label of the head that were learnt from, the mean over the folds.
    pub rows: f64,
    pub accuracy: Spread,
}

/// `error = floor + scale · rows^-rate`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PowerLaw {
    pub floor: f64,
    pub scale: f64,
    pub rate: f64,
}

/// The curve of one head.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeadCurve {
    pub head: Head,
    /// Labelled rows in all.
    pub rows: usize,
    pub points: Vec<Point>,
    /// Fitted to the means; absent where there are fewer than three points.
    pub law: Option<PowerLaw>,
    /// What the laws of the single folds promise for twice all rows.
    pub doubled: Option<Spread>,
}

/// The curves of all heads.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Curve {
    pub taxonomy: String,
    pub rows: usize,
    pub skipped: usize,
    pub folds: usize,
    pub heads: Vec<HeadCurve>,
}

/// Measures the curves; `done` is told after each of `folds × SHARES.len()` models.
///
/// # Errors
/// [`Error::InvalidRequest`] for heads and folds that make no sense; as [`crate::classify::linear::LinearModel::fit`].
pub fn curve(
    entries: &Entries,
    taxonomy: &Taxonomy,
    heads: &[Head],
    count: usize,
    recipe: &LinearRecipe,
    seed: u64,
    done: &dyn Fn(usize),
) -> Result<Curve> {
    check_heads(heads, taxonomy)?;
    let refuse = |reason: String| Error::InvalidRequest { what: "folds".into(), reason };
    let folds = folds::folds(&entries.rows, count, seed).map_err(refuse)?;
    let hashes: Vec<u64> = entries.rows.iter().map(|row| hash(seed, &row.text)).collect();
    // A head, a share, a fold: rows learnt from and accuracy.
    let mut measured: Vec<Vec<Vec<(usize, f64)>>> = vec![vec![Vec::new(); SHARES.len()]; heads.len()];
    for fold in 0..count {
        let (held, mut learnt): (Vec<usize>, Vec<usize>) = (0..folds.len()).partition(|&row| folds[row] == fold);
        if held.is_empty() || learnt.is_empty() {
            return Err(refuse(format!("{} rows are too few for {count} folds", folds.len())));
        }
        // The smaller part lies in the larger: the curve shows added rows, not other ones.
        learnt.sort_by_key(|&row| (hashes[row], row));
        let readings: Vec<&Reading> = held.iter().map(|&row| &entries.readings[row]).collect();
        for (at, share) in SHARES.iter().enumerate() {
            let some = &learnt[..((learnt.len() as f64 * share).ceil() as usize).clamp(1, learnt.len())];
            let answers = folds::fit(entries, some, taxonomy, recipe)?.logits(&readings)?;
            for (head, measured) in heads.iter().zip(&mut measured) {
                let gold = held.iter().map(|&row| entries.targets[row].label(*head));
                let labelled = gold.zip(&answers).filter_map(|(gold, answer)| gold.map(|gold| (gold, answer)));
                let (mut right, mut all) = (0usize, 0usize);
                for (gold, answer) in labelled {
                    right += usize::from(answer.best(*head).is_some_and(|best| best.0 == gold));
                    all += 1;
                }
                let rows = some.iter().filter(|&&row| entries.targets[row].label(*head).is_some()).count();
                if all > 0 {
                    measured[at].push((rows, right as f64 / all as f64));
                }
            }
            done(fold * SHARES.len() + at + 1);
        }
    }
    let heads = heads.iter().zip(measured).map(|(&head, measured)| head_curve(head, entries, &measured)).collect();
    Ok(Curve {
        taxonomy: format!("{}@{}", taxonomy.id, taxonomy.version),
        rows: entries.rows.len(),
        skipped: entries.skipped,
        folds: count,
        heads,
    })
}

fn head_curve(head: Head, entries: &Entries, measured: &[Vec<(usize, f64)>]) -> HeadCurve {
    let rows = entries.targets.iter().filter(|targets| targets.label(head).is_some()).count();
    let points: Vec<Point> = SHARES
        .iter()
        .zip(measured.iter().filter(|folds| !folds.is_empty()))
        .map(|(&share, folds)| Point {
            share,
            rows: folds.iter().map(|fold| fold.0 as f64).sum::<f64>() / folds.len() as f64,
            accuracy: spread(&folds.iter().map(|fold| fold.1).collect::<Vec<_>>()),
        })
        .collect();
    let law = power_law(&points.iter().map(|point| (point.rows, 1.0 - point.accuracy.mean)).collect::<Vec<_>>());
    let folds = measured.iter().map(Vec::len).min().unwrap_or(0);
    let promised: Vec<f64> = (0..folds)
        .filter_map(|fold| {
            let points: Vec<(f64, f64)> = measured.iter().map(|m| (m[fold].0 as f64, 1.0 - m[fold].1)).collect();
            power_law(&points).map(|law| 1.0 - law.error(2.0 * rows as f64))
        })
        .collect();
    HeadCurve { head, rows, points, law, doubled: (!promised.is_empty()).then(|| spread(&promised)) }
}

impl PowerLaw {
    /// The error with so many rows, in [0, 1].
    pub fn error(&self, rows: f64) -> f64 {
        (self.floor + self.scale * rows.powf(-self.rate)).clamp(0.0, 1.0)
    }
}

/// The law of least squares through points of rows and error, with neither floor nor scale below 0. For every rate it is a
/// straight line; the rates from 0.05 to 1 are tried. None below three points with rows.
pub fn power_law(points: &[(f64, f64)]) -> Option<PowerLaw> {
    let points: Vec<(f64, f64)> = points.iter().copied().filter(|(rows, _)| *rows >= 1.0).collect();
    if points.len() < 3 {
        return None;
    }
    let count = points.len() as f64;
    let mean_error = points.iter().map(|(_, error)| error).sum::<f64>() / count;
    let mut best: Option<(f64, PowerLaw)> = None;
    for step in 5..=100 {
        let rate = f64::from(step) / 100.0;
        let at: Vec<f64> = points.iter().map(|(rows, _)| rows.powf(-rate)).collect();
        let mean_at = at.iter().sum::<f64>() / count;
        let pairs = || at.iter().zip(&points).map(|(x, (_, error))| (*x, *error));
        let covariance: f64 = pairs().map(|(x, error)| (x - mean_at) * (error - mean_error)).sum();
        let variance: f64 = at.iter().map(|x| (x - mean_at).powi(2)).sum();
        let mut scale = if variance > 0.0 { (covariance / variance).max(0.0) } else { 0.0 };
        let mut floor = mean_error - scale * mean_at;
        if floor < 0.0 {
            floor = 0.0;
            scale = (pairs().map(|(x, error)| x * error).sum::<f64>() / at.iter().map(|x| x * x).sum::<f64>()).max(0.0);
        }
        let wrong: f64 = pairs().map(|(x, error)| (floor + scale * x - error).powi(2)).sum();
        if best.as_ref().is_none_or(|(least, _)| wrong < *least) {
            best = Some((wrong, PowerLaw { floor, scale, rate }));
        }
    }
    best.map(|(_, law)| law)
}

/// The mean and its 95 % interval, kept in [0, 1]; a single value has no interval but itself.
fn spread(values: &[f64]) -> Spread {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let half = match values.len() {
        0 | 1 => 0.0,
        n => student(n - 1) * (squares / (count - 1.0) / count).sqrt(),
    };
    Spread { mean, low: (mean - half).max(0.0), high: (mean + half).min(1.0) }
}

/// The 97.5th percentile of Student's t by its degrees of freedom, from the tables.
fn student(freedom: usize) -> f64 {
    const TABLE: [f64; 20] = [
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
        2.120, 2.110, 2.101, 2.093, 2.086,
    ];
    TABLE.get(freedom - 1).copied().unwrap_or(1.96 + 2.4 / freedom as f64)
}

fn hash(seed: u64, text: &str) -> u64 {
    let digest = Sha256::new().chain_update(seed.to_le_bytes()).chain_update("curve").chain_update(text).finalize();
    u64::from_be_bytes(std::array::from_fn(|i| digest[i]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Source, entries};
    use proptest::prelude::*;
    use std::cell::Cell;

    #[test]
    fn a_few_shipped_rows_have_a_curve_and_the_same_one_again() {
        let path = format!("{}/datasets/retail/train.jsonl", env!("CARGO_MANIFEST_DIR"));
        let classes = ["delivery.late", "product.malfunction", "service.attitude", "order.payment"];
        let rows = Source::of(path).load().unwrap();
        let of = |class| rows.iter().filter(move |row| row.category.as_deref() == Some(class)).take(60);
        let lines: String =
            classes.into_iter().flat_map(of).map(|row| serde_json::to_string(row).unwrap() + "\n").collect();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("labels.jsonl");
        std::fs::write(&file, lines).unwrap();
        let (taxonomy, heads) = (Taxonomy::retail(), [Head::Category]);
        let entries = entries(&[Source::of(file)], &taxonomy, &heads).unwrap();
        let recipe = LinearRecipe { char_grams: 2, word_grams: 1, ..Default::default() };
        let told = Cell::new(0);
        let measure = || curve(&entries, &taxonomy, &heads, 3, &recipe, 7, &|models| told.set(models)).unwrap();
        let found = measure();
        assert_eq!((told.get(), found.rows, found.heads[0].rows), (12, 240, 240));
        let points = &found.heads[0].points;
        assert!(points.len() == 4 && points.windows(2).all(|pair| pair[0].rows < pair[1].rows));
        assert!((points[3].rows - 160.0).abs() < 1e-9, "three folds learn two thirds each, on average");
        // Of four classes a guess is right for a quarter.
        let (first, last) = (points[0].accuracy.mean, points[3].accuracy.mean);
        assert!(last > first && last > 0.6, "{first:.2} to {last:.2}");
        assert!(found.heads[0].doubled.unwrap().mean >= last - 0.1);
        assert_eq!(found, measure());
        assert!(curve(&entries, &taxonomy, &heads, 1, &recipe, 7, &|_| ()).is_err());
    }

    #[test]
    fn a_law_is_found_again() {
        let law = PowerLaw { floor: 0.1, scale: 4.0, rate: 0.5 };
        let points: Vec<(f64, f64)> = [500.0, 1000.0, 2000.0, 4000.0].map(|rows| (rows, law.error(rows))).to_vec();
        let found = power_law(&points).unwrap();
        assert!((found.rate - 0.5).abs() < 1e-9 && (found.floor - 0.1).abs() < 1e-6, "{found:?}");
        assert!((found.error(8000.0) - law.error(8000.0)).abs() < 1e-6);
        assert_eq!(power_law(&points[..2]), None);
    }

    #[test]
    fn the_interval_of_five_folds_is_that_of_student() {
        let found = spread(&[0.70, 0.72, 0.74, 0.76, 0.78]);
        // 2.776 · 0.031623 / √5
        assert!((found.mean - 0.74).abs() < 1e-9 && (found.high - 0.77926).abs() < 1e-5, "{found:?}");
        assert_eq!(spread(&[0.5]), Spread { mean: 0.5, low: 0.5, high: 0.5 });
    }

    proptest! {
        #[test]
        fn more_rows_never_promise_more_errors(errors in proptest::array::uniform4(0.0f64..1.0)) {
            let points: Vec<(f64, f64)> = [125.0, 250.0, 500.0, 1000.0].into_iter().zip(errors).collect();
            let law = power_law(&points).unwrap();
            prop_assert!(law.floor >= 0.0 && law.scale >= 0.0);
            prop_assert!(law.error(4000.0) <= law.error(2000.0) && law.error(2000.0) <= law.error(1000.0));
        }
    }
}
