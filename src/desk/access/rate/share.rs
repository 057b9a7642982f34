//! What a request was given, and how that is told.

use super::Limit;
use crate::{Error, Result};

/// What a request was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// By which limit.
    pub limit: Limit,
    /// What is left in the bucket.
    pub remaining: u32,
    /// Seconds until the bucket is full again, rounded up.
    pub full_in: u64,
    /// Where the request is refused: seconds until it would not be, rounded up, at least 1.
    pub retry_after: Option<u64>,
}

impl Share {
    /// Refuses what there is no room for.
    ///
    /// # Errors
    /// [`Error::RateLimited`].
    pub fn check(&self) -> Result<()> {
        match self.retry_after {
            Some(seconds) => Err(Error::RateLimited { seconds }),
            None => Ok(()),
        }
    }

    /// The headers that tell it, names in lower case: `RateLimit-Policy` and `RateLimit` of
    /// draft-ietf-httpapi-ratelimit-headers-10, and `Retry-After` (RFC 9110) where it is refused.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let Limit { name, quota, window } = self.limit;
        let mut headers = vec![
            ("ratelimit-policy", format!("\"{name}\";q={quota};w={}", window.as_secs())),
            ("ratelimit", format!("\"{name}\";r={};t={}", self.remaining, self.full_in)),
        ];
        headers.extend(self.retry_after.map(|seconds| ("retry-after", seconds.to_string())));
        headers
    }
}
