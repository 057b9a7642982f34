//! The receiver's side.

use super::{Secret, Signed, mac};
use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::Mac;
use jiff::{SignedDuration, Timestamp};

/// How old or how far ahead a timestamp may be: five minutes, as the libraries of Standard Webhooks have it.
pub const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// Why a webhook is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// The header `webhook-timestamp` is no number of seconds.
    #[error("webhook-timestamp is not a number of seconds since 1970")]
    Timestamp,
    /// It was recorded and sent again, or the clocks differ.
    #[error("webhook-timestamp is too old")]
    TooOld,
    /// The clocks differ.
    #[error("webhook-timestamp lies in the future")]
    TooNew,
    /// Nobody who knows a secret signed it.
    #[error("no signature of the version v1 in webhook-signature fits")]
    Signature,
}

/// Holds a received webhook against the secrets, in constant time for each signature; one that fits is enough. Signatures of
/// other versions than `v1` are passed over, as the specification asks.
///
/// # Errors
/// The [`Mismatch`].
pub fn verify(
    headers: &Signed,
    body: &[u8],
    secrets: &[Secret],
    now: Timestamp,
    tolerance: SignedDuration,
) -> Result<(), Mismatch> {
    let seconds: i64 = headers.timestamp.parse().map_err(|_| Mismatch::Timestamp)?;
    let sent = Timestamp::from_second(seconds).map_err(|_| Mismatch::Timestamp)?;
    let age = now.duration_since(sent);
    if age > tolerance {
        return Err(Mismatch::TooOld);
    }
    if age < -tolerance {
        return Err(Mismatch::TooNew);
    }
    let given = headers.signature.split(' ').filter_map(|one| BASE64_STANDARD.decode(one.strip_prefix("v1,")?).ok());
    let fits = |signature: Vec<u8>| {
        let with = |secret| mac(secret, &headers.id, &headers.timestamp, body).verify_slice(&signature).is_ok();
        secrets.iter().any(with)
    };
    if given.into_iter().any(fits) { Ok(()) } else { Err(Mismatch::Signature) }
}
