use crate::{
    classify::{Head, Logits},
    taxonomy::Taxonomy,
};
use std::ops::Range;

/// Where each head's logits stand in the one matrix that all heads share.
#[derive(Debug, Clone, PartialEq)]
pub struct HeadLayout {
    spans: Vec<(Head, Range<usize>)>,
    pub width: usize,
}

impl HeadLayout {
    /// The heads that a taxonomy switches on, in order.
    pub fn of(taxonomy: &Taxonomy) -> Self {
        let mut spans = Vec::new();
        let mut width = 0;
        for head in Head::ALL {
            let n = head.width(taxonomy);
            if n > 0 {
                spans.push((head, width..width + n));
                width += n;
            }
        }
        HeadLayout { spans, width }
    }

    pub fn spans(&self) -> impl Iterator<Item = (Head, Range<usize>)> + '_ {
        self.spans.iter().cloned()
    }

    /// One row of the shared matrix, head by head.
    pub fn split(&self, row: &[f32]) -> Logits {
        let mut logits = Logits::default();
        for (head, span) in self.spans() {
            logits[head] = row[span].to_vec();
        }
        logits
    }
}
