//! Confident learning: which labels are probably wrong, from probabilities of a model that did not see them.
//!
//! Northcutt, Jiang and Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels" (JAIR 70, 2021). The method
//! is the paper's `C_confusion` (the off-diagonal rows of the confident joint), ranked by normalised margin as in its
//! reference implementation.

/// What the probabilities say about one head's labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Confident {
    /// The mean probability of a class over the rows that are labelled with it; from there on a row counts as one of the
    /// class. Infinite for a class without rows.
    pub thresholds: Vec<f32>,
    /// Rows labelled with the first class and confidently of the second.
    pub counts: Vec<Vec<usize>>,
    /// The counts scaled to the rows that have each label: the estimated share of all rows that is labelled with the first
    /// class and belongs to the second. Sums to 1.
    pub joint: Vec<Vec<f64>>,
    /// Rows off the diagonal, the least credible label first.
    pub doubts: Vec<Doubt>,
}

/// A row whose label is probably wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Doubt {
    pub row: usize,
    /// The class that the row confidently belongs to.
    pub suggested: usize,
    /// The probability of the likeliest other class less that of the label: above 0, up to 1.
    pub margin: f32,
}

/// Judges labels. Every row of `probabilities` has one number a class and sums to 1.
pub fn confident(given: &[usize], probabilities: &[&[f32]], classes: usize) -> Confident {
    let mut sums = vec![(0.0f64, 0usize); classes];
    for (&label, row) in given.iter().zip(probabilities) {
        sums[label].0 += f64::from(row[label]);
        sums[label].1 += 1;
    }
    let mean = |&(sum, rows): &(f64, usize)| if rows > 0 { (sum / rows as f64) as f32 } else { f32::INFINITY };
    let thresholds: Vec<f32> = sums.iter().map(mean).collect();
    let mut counts = vec![vec![0; classes]; classes];
    let mut doubts = Vec::new();
    for (i, (&label, row)) in given.iter().zip(probabilities).enumerate() {
        let reached = (0..classes).filter(|&class| row[class] >= thresholds[class]);
        // The first of equals: `max_by` keeps the last.
        let Some(suggested) = reached.rev().max_by(|&a, &b| row[a].total_cmp(&row[b])) else { continue };
        counts[label][suggested] += 1;
        let other = (0..classes).filter(|&class| class != label).map(|class| row[class]).fold(0.0f32, f32::max);
        let margin = other - row[label];
        // A label that is likelier than any other is not doubted, however high its class's threshold.
        if suggested != label && margin > 0.0 {
            doubts.push(Doubt { row: i, suggested, margin });
        }
    }
    doubts.sort_by(|a, b| b.margin.total_cmp(&a.margin).then(a.row.cmp(&b.row)));
    let joint = joint(&counts, &sums.iter().map(|sum| sum.1).collect::<Vec<_>>());
    Confident { thresholds, counts, joint, doubts }
}

/// Scales every line of the counts to the rows that have its label, and the whole to 1. A label whose rows are of no class
/// confidently stands on the diagonal.
fn joint(counts: &[Vec<usize>], rows: &[usize]) -> Vec<Vec<f64>> {
    let all = rows.iter().sum::<usize>().max(1) as f64;
    let line = |label: usize| {
        let counted: usize = counts[label].iter().sum();
        let share = |class: usize| match counted {
            0 => f64::from(u8::from(class == label)),
            _ => counts[label][class] as f64 / counted as f64,
        };
        (0..counts.len()).map(|class| share(class) * rows[label] as f64 / all).collect()
    };
    (0..counts.len()).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Worked by hand: thresholds 0.6 and 0.7, one row off the diagonal.
    #[test]
    fn a_case_by_hand() {
        let rows: [[f32; 2]; 5] = [[0.9, 0.1], [0.7, 0.3], [0.2, 0.8], [0.1, 0.9], [0.5, 0.5]];
        let probabilities: Vec<&[f32]> = rows.iter().map(|row| &row[..]).collect();
        let found = confident(&[0, 0, 0, 1, 1], &probabilities, 2);
        assert!((found.thresholds[0] - 0.6).abs() < 1e-6 && (found.thresholds[1] - 0.7).abs() < 1e-6);
        assert_eq!(found.counts, [[2, 1], [0, 1]]);
        assert_eq!(found.doubts.iter().map(|d| (d.row, d.suggested)).collect::<Vec<_>>(), [(2, 1)]);
        assert!((found.doubts[0].margin - 0.6).abs() < 1e-6);
        let expected = [[0.4, 0.2], [0.0, 0.4]];
        for (line, expected) in found.joint.iter().zip(expected) {
            for (share, expected) in line.iter().zip(expected) {
                assert!((share - expected).abs() < 1e-9, "{:?}", found.joint);
            }
        }
    }

    proptest! {
        #[test]
        fn the_joint_keeps_the_rows_of_every_label(
            rows in proptest::collection::vec((0usize..4, proptest::array::uniform4(0.01f32..1.0)), 1..60),
        ) {
            let given: Vec<usize> = rows.iter().map(|row| row.0).collect();
            let scaled: Vec<Vec<f32>> = rows
                .iter()
                .map(|(_, row)| row.iter().map(|p| p / row.iter().sum::<f32>()).collect())
                .collect();
            let probabilities: Vec<&[f32]> = scaled.iter().map(Vec::as_slice).collect();
            let found = confident(&given, &probabilities, 4);
            for label in 0..4 {
                let share = given.iter().filter(|&&g| g == label).count() as f64 / given.len() as f64;
                prop_assert!((found.joint[label].iter().sum::<f64>() - share).abs() < 1e-9);
            }
            for doubt in &found.doubts {
                prop_assert!(doubt.suggested != given[doubt.row] && doubt.margin > 0.0 && doubt.margin <= 1.0);
                prop_assert!(scaled[doubt.row][doubt.suggested] >= found.thresholds[doubt.suggested]);
            }
            prop_assert!(found.doubts.windows(2).all(|pair| pair[0].margin >= pair[1].margin));
        }
    }
}
