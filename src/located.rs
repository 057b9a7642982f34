//! Faults in TOML files told with the line at fault, for taxonomies and policies.

use serde::de::DeserializeOwned;
use std::ops::Range;
use toml::Spanned;

/// What is wrong and where in the file it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    span: Option<Range<usize>>,
    reason: String,
}

impl Fault {
    /// A fault of the whole file.
    pub(crate) fn whole(reason: impl Into<String>) -> Self {
        Fault { span: None, reason: reason.into() }
    }

    /// A fault at a value of the file.
    pub(crate) fn at<T>(place: &Spanned<T>, reason: impl Into<String>) -> Self {
        Fault { span: Some(place.span()), reason: reason.into() }
    }

    /// The sentence for a person: `line 7: …`.
    pub(crate) fn tell(&self, text: &str) -> String {
        match &self.span {
            Some(span) => format!("line {}: {}", line(text, span.start), self.reason),
            None => self.reason.clone(),
        }
    }
}

/// Reads TOML; unknown keys and wrong types become a [`Fault`] at their line.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, Fault> {
    toml::from_str(text).map_err(|error| Fault { span: error.span(), reason: error.message().replace('\n', "; ") })
}

/// Refuses a document whose id or version is empty.
pub(crate) fn identity(id: &Spanned<String>, version: &Spanned<String>) -> Result<(), Fault> {
    for (what, place) in [("id", id), ("version", version)] {
        if place.get_ref().trim().is_empty() {
            return Err(Fault::at(place, format!("the {what} is empty")));
        }
    }
    Ok(())
}

/// The line, from 1, of a byte offset.
pub(crate) fn line(text: &str, offset: usize) -> usize {
    1 + text.as_bytes()[..offset.min(text.len())].iter().filter(|&&byte| byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Pair {
        #[allow(dead_code)]
        a: i32,
        b: Spanned<String>,
    }

    #[test]
    fn an_unknown_key_is_told_with_its_line() {
        let text = "a = 1\nb = \"x\"\nc = 2\n";
        let told = read::<Pair>(text).unwrap_err().tell(text);
        assert!(told.starts_with("line 3: unknown field `c`"), "{told}");
    }

    #[test]
    fn a_value_knows_its_line() {
        let text = "a = 1\n\nb = \"字\"\n";
        let pair: Pair = read(text).unwrap();
        assert_eq!(Fault::at(&pair.b, "bad").tell(text), "line 3: bad");
    }
}
