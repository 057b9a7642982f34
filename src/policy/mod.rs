//! The rules of a house, as data: what a signal of urgency is worth, where the priority levels begin, how sure a
//! prediction must be. A `policy.toml`, versioned apart from taxonomy and bundle.

use crate::{Result, taxonomy::Taxonomy};
use std::path::Path;

/// A checked policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    pub id: String,
    pub version: String,
}

impl Policy {
    /// Reads a policy and checks it against the taxonomy whose labels it names.
    pub fn open(_path: &Path, _taxonomy: &Taxonomy) -> Result<Self> {
        todo!()
    }
    /// The built-in policy that fits a taxonomy: the retail one for `retail-v1`, a plain one (model's priority, default
    /// bands) for any other.
    pub fn default_for(_taxonomy: &Taxonomy) -> Self {
        todo!()
    }
}
