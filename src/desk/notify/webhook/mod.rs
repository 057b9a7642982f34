//! Signatures of webhooks as Standard Webhooks 1.0 defines them
//! (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>): HMAC-SHA256 over
//! `id.timestamp.body`.

mod secret;
#[cfg(test)]
mod tests;
mod verify;

use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;

pub use secret::Secret;
pub use verify::{Mismatch, TOLERANCE, verify};

/// The three headers of a signed webhook. All of them are printable ASCII, whatever was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// `webhook-id`: the same in every attempt.
    pub id: String,
    /// `webhook-timestamp`: when this attempt was made, in seconds since 1970.
    pub timestamp: String,
    /// `webhook-signature`: `v1,` and base64, one for each secret, with spaces between.
    pub signature: String,
}

impl Signed {
    /// The names of the headers with their values.
    pub fn headers(&self) -> [(&'static str, &str); 3] {
        [("webhook-id", &self.id), ("webhook-timestamp", &self.timestamp), ("webhook-signature", &self.signature)]
    }
}

/// Signs a body with every secret: while one replaces another, both, so that receivers need not change at the same instant.
/// Without any secret the signature is empty, and no receiver accepts it.
pub fn sign(id: &str, at: Timestamp, body: &[u8], secrets: &[Secret]) -> Signed {
    let (id, timestamp) = (id.replace(|c: char| !c.is_ascii_graphic(), ""), at.as_second().to_string());
    let signature =
        |secret| format!("v1,{}", BASE64_STANDARD.encode(mac(secret, &id, &timestamp, body).finalize().into_bytes()));
    let signatures: Vec<String> = secrets.iter().map(signature).collect();
    Signed { signature: signatures.join(" "), id, timestamp }
}

/// What is signed, ready to be finished or compared.
fn mac(secret: &Secret, id: &str, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.bytes()).expect("HMAC takes keys of any length");
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    mac
}
