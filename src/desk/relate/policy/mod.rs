//! When two complaints are the same matter: thresholds and words, as a TOML text of its own version.

mod parse;
#[cfg(test)]
mod tests;

use super::shingles::Likeness;
use crate::{Error, Result, policy::Pattern};
use jiff::SignedDuration;
use std::path::Path;

/// A checked policy.
#[derive(Debug, Clone)]
pub struct RelatePolicy {
    /// Its name.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Texts are nearly the same from this share of common pairs of characters on (Jaccard).
    pub alike: f64,
    /// They are so too where this share of the shorter stands in the longer, and the shorter is no less than half as long.
    pub contained: f64,
    /// The same words in less than this time are a duplicate; later they are a reminder.
    pub duplicate_within: SignedDuration,
    /// A closed ticket is taken up again for so long.
    pub follow_up_within: SignedDuration,
    /// From this share on, two texts of one customer are about the same matter.
    pub similar: f64,
    /// What else a customer complained about in this time is shown.
    pub related_within: SignedDuration,
    /// In this time,
    pub wave_within: SignedDuration,
    /// so many customers with nearly the same words are a wave.
    pub wave_customers: usize,
    /// Words that refer to something earlier.
    words: Pattern,
    /// Where they do not.
    except: Option<Pattern>,
}

impl RelatePolicy {
    /// The file that is built in, a model for one's own.
    pub const BUILT_IN: &str = include_str!("default.toml");

    /// Reads and checks a policy; `path` is only for messages.
    ///
    /// # Errors
    /// [`Error::RelatePolicy`] with the line at fault: unknown keys, shares and times out of range, broken expressions.
    pub fn parse(text: &str, path: &Path) -> Result<Self> {
        parse::policy(text).map_err(|fault| Error::RelatePolicy { path: path.to_owned(), reason: fault.tell(text) })
    }

    /// The policy that is built in.
    pub fn built_in() -> Self {
        Self::parse(Self::BUILT_IN, Path::new("default.toml")).expect("the built-in file is checked by a test")
    }

    /// Whether two texts are nearly the same.
    pub(super) fn is_near(&self, likeness: Likeness) -> bool {
        let half = likeness.contained <= 2.0 * likeness.jaccard;
        likeness.jaccard >= self.alike || half && likeness.contained >= self.contained
    }

    /// The first words of a text that refer to something earlier.
    pub(super) fn referring_words<'t>(&self, text: &'t str) -> Option<&'t str> {
        let except = self.except.as_ref().map(|except| except.find_all(text)).unwrap_or_default();
        let mut found = self.words.find_all(text).into_iter();
        let counts = found.find(|at| !except.iter().any(|outer| outer.start <= at.start && at.end <= outer.end));
        counts.map(|at| &text[at])
    }
}
