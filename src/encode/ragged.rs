use super::Pieces;
use std::sync::Arc;

/// Texts of different lengths, their pieces one after another: no padding is stored and none is computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ragged {
    pub ids: Vec<u32>,
    /// Where each text begins, and the number of pieces at the end.
    pub starts: Arc<[usize]>,
}

impl Ragged {
    pub fn of<'a>(texts: impl IntoIterator<Item = &'a Pieces>) -> Self {
        let mut ids = Vec::new();
        let mut starts = vec![0];
        for text in texts {
            ids.extend_from_slice(&text.ids);
            starts.push(ids.len());
        }
        Ragged { ids, starts: starts.into() }
    }

    /// Number of texts.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The place of every piece within its own text.
    pub fn positions(&self) -> Vec<u32> {
        self.starts.windows(2).flat_map(|span| 0..(span[1] - span[0]) as u32).collect()
    }
}
