//! What sender and receiver both know.

use crate::{Error, Result};
use base64::{Engine, prelude::BASE64_STANDARD};
use rand::{TryRngCore, rngs::OsRng};
use std::fmt;

const PREFIX: &str = "whsec_";

/// A symmetric secret, in text `whsec_` and base64. Neither `Debug` nor an error shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// A new one of 32 random bytes from the operating system.
    ///
    /// # Errors
    /// [`Error::WebhookSecret`] where the system has no randomness to give.
    pub fn generate() -> Result<Self> {
        let mut bytes = vec![0; 32];
        match OsRng.try_fill_bytes(&mut bytes) {
            Ok(()) => Ok(Secret(bytes)),
            Err(error) => Err(Error::WebhookSecret { reason: format!("the system gives no random bytes: {error}") }),
        }
    }

    /// Reads its text.
    ///
    /// # Errors
    /// [`Error::WebhookSecret`] where it is not `whsec_` and the base64 of 24 to 64 bytes, the lengths of the specification.
    pub fn parse(text: &str) -> Result<Self> {
        let fault = |reason: String| Error::WebhookSecret { reason };
        let base64 = text.strip_prefix(PREFIX).ok_or_else(|| fault(format!("it does not begin with `{PREFIX}`")))?;
        let bytes = BASE64_STANDARD.decode(base64).map_err(|_| fault(format!("no base64 follows `{PREFIX}`")))?;
        match bytes.len() {
            24..=64 => Ok(Secret(bytes)),
            length => Err(fault(format!("it has {length} bytes; they are from 24 to 64"))),
        }
    }

    /// The text, for whoever registers the endpoint and for sealed storage only.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", BASE64_STANDARD.encode(&self.0))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}
