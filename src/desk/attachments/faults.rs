//! What does not work for single files, when all are gone through: the others are seen to first.

use crate::{Error, Result};

/// Counts the files, and keeps the first that is missing or damaged.
#[derive(Default)]
pub(super) struct Faults {
    files: u64,
    faulty: u64,
    first: Option<String>,
}

impl Faults {
    /// Takes what came of a file; none where that is a fault of this file alone.
    ///
    /// # Errors
    /// What would come of every other file too: a database or a store that is out of reach.
    pub fn note<T>(&mut self, id: &str, outcome: Result<T>) -> Result<Option<T>> {
        self.files += 1;
        match outcome {
            Ok(done) => Ok(Some(done)),
            Err(error @ (Error::AttachmentDamaged { .. } | Error::Sealed { .. })) => {
                tracing::warn!(attachment = id, %error, "a file is missing or damaged");
                self.faulty += 1;
                self.first.get_or_insert_with(|| format!("{id}: {error}"));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// How many files there are, where all of them are whole; else how many are not, and which is the first.
    pub fn told(self) -> Result<u64, String> {
        match self.first {
            None => Ok(self.files),
            Some(first) => Err(format!(
                "{} of {} attachments are missing or damaged, the first is {first}",
                self.faulty, self.files
            )),
        }
    }
}
