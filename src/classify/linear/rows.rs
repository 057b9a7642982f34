//! Sparse rows of features, one after the other.

/// Rows in compressed form: the feature ids and values of row `i` lie at `starts[i]..starts[i + 1]`.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    starts: Vec<usize>,
    ids: Vec<u32>,
    values: Vec<f32>,
}

impl Rows {
    pub fn new() -> Self {
        Rows { starts: vec![0], ids: Vec::new(), values: Vec::new() }
    }

    pub fn push(&mut self, row: &[(u32, f32)]) {
        self.ids.extend(row.iter().map(|(id, _)| id));
        self.values.extend(row.iter().map(|(_, value)| value));
        self.starts.push(self.ids.len());
    }

    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The features of a row: id and value.
    pub fn row(&self, index: usize) -> impl Iterator<Item = (usize, f32)> + '_ {
        let range = self.starts[index]..self.starts[index + 1];
        self.ids[range.clone()].iter().map(|id| *id as usize).zip(self.values[range].iter().copied())
    }

    /// The squared length of a row.
    pub fn square(&self, index: usize) -> f32 {
        self.row(index).map(|(_, value)| value * value).sum()
    }
}
