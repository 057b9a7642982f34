//! Who was taken for whom, and everything that can be counted from that.

use serde::{Deserialize, Serialize};

/// Counts of rows by right label (first index) and predicted label (second).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    pub labels: Vec<String>,
    pub counts: Vec<Vec<u32>>,
}

/// How well one label is told from the rest. Where nothing was there to be found, or nothing was predicted, a quotient is
/// 0/0; it counts as 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassScores {
    pub label: String,
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
    /// Rows of which this is the right label.
    pub support: u32,
    /// Rows for which it was predicted.
    pub predicted: u32,
}

impl ClassScores {
    /// From the number of rows rightly predicted, predicted, and right.
    pub fn of(label: &str, hits: u32, predicted: u32, support: u32) -> Self {
        ClassScores {
            label: label.to_owned(),
            precision: ratio(hits, predicted),
            recall: ratio(hits, support),
            f1: ratio(2 * hits, predicted + support),
            support,
            predicted,
        }
    }
}

/// `a / b`, and 0 for 0/0.
pub(super) fn ratio(a: u32, b: u32) -> f64 {
    if b == 0 { 0.0 } else { f64::from(a) / f64::from(b) }
}

impl Confusion {
    pub fn new(labels: Vec<String>) -> Self {
        let counts = vec![vec![0; labels.len()]; labels.len()];
        Confusion { labels, counts }
    }

    pub fn add(&mut self, gold: usize, predicted: usize) {
        self.counts[gold][predicted] += 1;
    }

    pub fn clear(&mut self) {
        self.counts.iter_mut().for_each(|row| row.fill(0));
    }

    pub fn total(&self) -> u32 {
        self.counts.iter().flatten().sum()
    }

    pub fn support(&self, label: usize) -> u32 {
        self.counts[label].iter().sum()
    }

    pub fn predicted(&self, label: usize) -> u32 {
        self.counts.iter().map(|row| row[label]).sum()
    }

    /// Share of rows on the diagonal.
    pub fn accuracy(&self) -> f64 {
        ratio((0..self.labels.len()).map(|k| self.counts[k][k]).sum(), self.total())
    }

    pub fn recall(&self, label: usize) -> f64 {
        ratio(self.counts[label][label], self.support(label))
    }

    fn f1(&self, label: usize) -> f64 {
        ratio(2 * self.counts[label][label], self.support(label) + self.predicted(label))
    }

    /// Mean F1 of the labels that occur, be it as right or as predicted label.
    pub fn macro_f1(&self) -> f64 {
        let occurring = (0..self.labels.len()).filter(|&k| self.support(k) + self.predicted(k) > 0);
        let (count, sum) = occurring.fold((0, 0.0), |(count, sum), k| (count + 1, sum + self.f1(k)));
        if count == 0 { 0.0 } else { sum / f64::from(count) }
    }

    /// Mean F1 weighted by support.
    pub fn weighted_f1(&self) -> f64 {
        let sum: f64 = (0..self.labels.len()).map(|k| self.f1(k) * f64::from(self.support(k))).sum();
        if self.total() == 0 { 0.0 } else { sum / f64::from(self.total()) }
    }

    /// Cohen's kappa with quadratic weights, for labels that are steps of a scale: 1 is perfect, 0 is chance. 0 where
    /// everything is of one label, so that chance alone is right.
    pub fn quadratic_kappa(&self) -> f64 {
        let size = self.labels.len();
        let total = f64::from(self.total());
        let (mut seen, mut chance) = (0.0, 0.0);
        for gold in 0..size {
            for predicted in 0..size {
                let far = (gold as f64 - predicted as f64).powi(2);
                seen += far * f64::from(self.counts[gold][predicted]);
                chance += far * f64::from(self.support(gold)) * f64::from(self.predicted(predicted)) / total;
            }
        }
        if chance > 0.0 { 1.0 - seen / chance } else { 0.0 }
    }

    pub fn classes(&self) -> Vec<ClassScores> {
        let class = |k: usize| ClassScores::of(&self.labels[k], self.counts[k][k], self.predicted(k), self.support(k));
        (0..self.labels.len()).map(class).collect()
    }

    /// The commonest mistakes: right label, predicted label, rows; at most `most`.
    pub fn mistakes(&self, most: usize) -> Vec<(&str, &str, u32)> {
        let mut pairs: Vec<(usize, usize, u32)> = (0..self.labels.len())
            .flat_map(|g| (0..self.labels.len()).map(move |p| (g, p)))
            .filter(|(g, p)| g != p)
            .map(|(g, p)| (g, p, self.counts[g][p]))
            .filter(|(_, _, rows)| *rows > 0)
            .collect();
        pairs.sort_by_key(|&(g, p, rows)| (std::cmp::Reverse(rows), g, p));
        pairs.into_iter().take(most).map(|(g, p, rows)| (&*self.labels[g], &*self.labels[p], rows)).collect()
    }
}
