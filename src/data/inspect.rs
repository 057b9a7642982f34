//! What is in a file of labelled rows, in numbers.

use super::{
    Row,
    labels::{Counts, LabelCount},
};
use crate::taxonomy::Taxonomy;
use serde::Serialize;
use std::collections::BTreeMap;

/// A file in numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Overview {
    pub rows: usize,
    /// Field of a row → rows that have it; fields that no row has are left out.
    pub filled: BTreeMap<&'static str, usize>,
    pub length: Lengths,
    /// Rows a label, for every head that has labels.
    pub labels: BTreeMap<&'static str, Vec<LabelCount>>,
    /// Rows a pair of category and department, the most frequent first.
    pub together: Vec<Together>,
}

/// How long texts are, in characters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Lengths {
    pub min: usize,
    pub p05: usize,
    pub p25: usize,
    pub median: usize,
    pub p75: usize,
    pub p95: usize,
    pub p99: usize,
    pub max: usize,
}

/// Two labels that occur in one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Together {
    pub category: String,
    pub department: String,
    pub rows: usize,
}

/// Counts what the rows hold.
pub fn inspect(rows: &[Row], taxonomy: &Taxonomy) -> Overview {
    let mut counts = Counts::new(taxonomy);
    let mut filled = BTreeMap::new();
    let mut pairs: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for row in rows {
        counts.add(row);
        for field in row.filled() {
            *filled.entry(field).or_insert(0) += 1;
        }
        if let (Some(category), Some(department)) = (&row.category, &row.department) {
            *pairs.entry((category, department)).or_insert(0) += 1;
        }
    }
    let mut together: Vec<Together> = pairs
        .into_iter()
        .map(|((category, department), rows)| Together {
            category: category.into(),
            department: department.into(),
            rows,
        })
        .collect();
    together.sort_by_key(|pair| std::cmp::Reverse(pair.rows));
    Overview { rows: rows.len(), filled, length: lengths(rows), labels: counts.labels, together }
}

fn lengths(rows: &[Row]) -> Lengths {
    let mut lengths: Vec<usize> = rows.iter().map(|row| row.text.chars().count()).collect();
    lengths.sort_unstable();
    let Some(last) = lengths.len().checked_sub(1) else { return Lengths::default() };
    // The nearest rank: a length that occurs.
    let at = |share: f64| lengths[(share * last as f64).round() as usize];
    Lengths {
        min: lengths[0],
        p05: at(0.05),
        p25: at(0.25),
        median: at(0.5),
        p75: at(0.75),
        p95: at(0.95),
        p99: at(0.99),
        max: lengths[last],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted() {
        let row = |text: &str, category: &str, department: &str| Row {
            text: text.into(),
            category: Some(category.into()),
            department: Some(department.into()),
            ..Default::default()
        };
        let rows = [
            row("快递太慢", "delivery.late", "logistics"),
            row("三天了还没到", "delivery.late", "logistics"),
            row("要起诉你们", "delivery.late", "legal"),
            Row { text: "好".into(), ..Default::default() },
        ];
        let overview = inspect(&rows, &Taxonomy::retail());
        assert_eq!((overview.rows, overview.filled["text"], overview.filled["category"]), (4, 4, 3));
        assert!(!overview.filled.contains_key("flags"));
        assert_eq!((overview.length.min, overview.length.max, overview.length.p25), (1, 6, 4));
        let late = overview.labels["category"].iter().find(|count| count.label == "delivery.late").unwrap();
        assert_eq!(late.rows, 3);
        assert_eq!((overview.together[0].department.as_str(), overview.together[0].rows), ("logistics", 2));
        assert_eq!(inspect(&[], &Taxonomy::retail()).length, Lengths::default());
    }
}
