//! How often the labels occur.

use super::{Row, targets::label_ids};
use crate::{classify::Head, taxonomy::Taxonomy};
use serde::Serialize;
use std::collections::BTreeMap;

/// How many rows have a label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LabelCount {
    pub label: String,
    pub rows: usize,
}

/// Rows a label, for every head that has labels, in the order of the taxonomy; labels without a row count 0.
pub struct Counts {
    pub labels: BTreeMap<&'static str, Vec<LabelCount>>,
}

impl Counts {
    /// Nothing counted yet.
    pub fn new(taxonomy: &Taxonomy) -> Self {
        let mut counts = BTreeMap::new();
        for head in Head::ALL.into_iter().filter(|h| h.width(taxonomy) > 0) {
            let ids = label_ids(taxonomy, head);
            if !ids.is_empty() {
                counts.insert(head.name(), ids.into_iter().map(|label| LabelCount { label, rows: 0 }).collect());
            }
        }
        Counts { labels: counts }
    }

    /// Counts a row's labels; those that the taxonomy does not have are passed over.
    pub fn add(&mut self, row: &Row) {
        let one = |label: &Option<String>| label.iter().cloned().collect::<Vec<_>>();
        for (head, held) in [
            (Head::Category, one(&row.category)),
            (Head::Secondary, row.secondary.clone().unwrap_or_default()),
            (Head::Department, one(&row.department)),
            (Head::Priority, one(&row.priority)),
            (Head::Emotion, one(&row.emotion)),
            (Head::Intensity, row.intensity.iter().map(u8::to_string).collect()),
            (Head::Flags, row.flags.clone().unwrap_or_default()),
        ] {
            let Some(counts) = self.labels.get_mut(head.name()) else { continue };
            for label in held {
                if let Some(count) = counts.iter_mut().find(|count| count.label == label) {
                    count.rows += 1;
                }
            }
        }
    }
}
