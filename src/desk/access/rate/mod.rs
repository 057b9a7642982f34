//! How much of the server one principal or address may have.
//!
//! Each has a bucket with the limit's quota, which fills up again over the limit's window: the generic cell rate algorithm
//! (ITU-T I.371, annex A), which keeps one number for each, exact in whole microseconds.

mod limiter;
mod share;

pub use limiter::{Client, Limiter};
pub use share::Share;

use crate::{Error, Result};
use jiff::SignedDuration;

/// The longest window.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);

/// So many requests, or complaints in them, at once, and again over a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    name: &'static str,
    quota: u32,
    window: SignedDuration,
}

impl Limit {
    /// `name` is what the headers call it. The window counts in whole seconds.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] where nothing would ever pass, or the window is not from a second to a day.
    pub fn new(name: &'static str, quota: u32, window: SignedDuration) -> Result<Self> {
        let fault =
            |reason: &str| Err(Error::InvalidRequest { what: format!("rate limit {name}"), reason: reason.into() });
        let window = SignedDuration::from_secs(window.as_secs());
        if quota == 0 {
            return fault("the quota must be at least 1");
        }
        if !window.is_positive() || window > LONGEST {
            return fault("the window must be from 1 second to 24 hours");
        }
        Ok(Limit { name, quota, window })
    }
}
