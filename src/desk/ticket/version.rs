//! Optimistic locking: a change names the version that it was meant for.

use super::Number;
use crate::{Error, Result};
use std::fmt;

/// Which version of a ticket a command was meant for.
///
/// ```
/// use fenzhen::desk::ticket::{Expected, etag};
/// assert_eq!(etag(7), "\"v7\"");
/// assert_eq!(Expected::from_if_match("\"v7\"").unwrap(), Expected::OneOf(vec![7]));
/// assert_eq!(Expected::from_if_match("*").unwrap(), Expected::Any);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Expected {
    /// Whichever it is at.
    #[default]
    Any,
    /// One of these.
    OneOf(Vec<u64>),
}

impl Expected {
    /// Exactly one version.
    pub fn version(version: u64) -> Self {
        Expected::OneOf(vec![version])
    }

    /// The value of an `If-Match` header: `*`, or entity tags as [`etag`] writes them. A proxy that compresses makes a tag
    /// weak (`W/"v7"`); as a version says nothing about encoding, that is as good.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] where it is none of our tags.
    pub fn from_if_match(header: &str) -> Result<Self> {
        if header.trim() == "*" {
            return Ok(Expected::Any);
        }
        let tag = |tag: &str| {
            let tag = tag.trim();
            let version = tag.strip_prefix("W/").unwrap_or(tag).strip_prefix("\"v")?.strip_suffix('"')?;
            // `parse` would take a sign.
            version.parse().ok().filter(|_| version.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let versions: Option<Vec<u64>> = header.split(',').map(tag).collect();
        versions.map(Expected::OneOf).ok_or_else(|| Error::InvalidRequest {
            what: "If-Match".into(),
            reason: "must be `*` or the ETag of a ticket, as in \"v7\"".into(),
        })
    }

    /// Holds it against the version that a ticket is at.
    ///
    /// # Errors
    /// [`Error::VersionConflict`] with both.
    pub fn check(&self, number: Number, found: u64) -> Result<()> {
        match self {
            Expected::OneOf(versions) if !versions.contains(&found) => {
                Err(Error::VersionConflict { number: number.to_string(), expected: self.to_string(), found })
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expected::Any => f.write_str("any version"),
            Expected::OneOf(versions) => {
                let versions: Vec<String> = versions.iter().map(u64::to_string).collect();
                write!(f, "version {}", versions.join(" or "))
            }
        }
    }
}

/// The entity tag of a version.
pub fn etag(version: u64) -> String {
    format!("\"v{version}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read() {
        for (header, expected) in [
            ("*", Expected::Any),
            (" * ", Expected::Any),
            ("\"v1\"", Expected::version(1)),
            ("W/\"v12\"", Expected::version(12)),
            ("\"v1\", \"v2\"", Expected::OneOf(vec![1, 2])),
            (&etag(u64::MAX), Expected::version(u64::MAX)),
        ] {
            assert_eq!(Expected::from_if_match(header).unwrap(), expected, "{header}");
        }
    }

    #[test]
    fn tags_of_others_are_refused() {
        for header in
            ["", "7", "v7", "\"7\"", "\"v\"", "\"v+7\"", "\"v-7\"", "\"v7\",", "\"v99999999999999999999\"", "\"v7"]
        {
            let told = Expected::from_if_match(header).unwrap_err().to_string();
            assert_eq!(told, "If-Match: must be `*` or the ETag of a ticket, as in \"v7\"", "{header}");
        }
    }

    #[test]
    fn a_conflict_names_both() {
        let number = "C20261126-000123-6".parse().unwrap();
        assert!(Expected::Any.check(number, 8).is_ok());
        assert!(Expected::OneOf(vec![7, 8]).check(number, 8).is_ok());
        assert_eq!(
            Expected::OneOf(vec![6, 7]).check(number, 8).unwrap_err().to_string(),
            "ticket C20261126-000123-6 is at version 8; the command was meant for version 6 or 7"
        );
    }
}
