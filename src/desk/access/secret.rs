//! Secrets of 256 random bits: stored as their SHA-256, compared in constant time.
//!
//! Nobody guesses one from its hash, however fast the hash is: only passwords need a slow one.

use rand::distr::{Alphanumeric, SampleString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// 62^43 is a little more than 2^256.
pub(in crate::desk) const LENGTH: usize = 43;

/// [`LENGTH`] random characters of 0-9, A-Z and a-z.
pub(in crate::desk) fn random() -> Zeroizing<String> {
    Zeroizing::new(Alphanumeric.sample_string(&mut rand::rng(), LENGTH))
}

/// Whether a text could be a secret.
pub(in crate::desk) fn fits(text: &str) -> bool {
    text.len() == LENGTH && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// What is stored of a secret: 64 hexadecimal digits.
pub(in crate::desk) fn hash(secret: &str) -> String {
    crate::bundle::hex(&Sha256::digest(secret))
}

/// Whether a secret is the one whose hash is stored. Takes as long wherever they differ.
pub(in crate::desk) fn matches(secret: &str, stored: &str) -> bool {
    hash(secret).as_bytes().ct_eq(stored.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_differ_and_fit() {
        let (a, b) = (random(), random());
        assert!(fits(&a) && fits(&b) && a != b);
        assert!(!fits("") && !fits(&a[1..]) && !fits(&format!("{}-", &a[1..])));
    }

    /// The first is of FIPS 180-2, appendix B.1.
    #[test]
    fn only_the_secret_matches() {
        let stored = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash("abc"), stored);
        assert!(matches("abc", stored));
        for (secret, stored) in [("abd", stored), ("abc", &stored[1..]), ("abc", ""), ("", stored)] {
            assert!(!matches(secret, stored));
        }
    }
}
