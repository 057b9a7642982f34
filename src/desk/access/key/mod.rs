//! API keys: the secrets of machines.
//!
//! `fz_k3m2x7qa_` and 49 characters of 0-9, A-Z and a-z: the public id, 43 random characters, and 6 that check the rest.
//! So a scanner finds leaked keys without asking us, by `fz_[a-z2-7]{8}_[0-9A-Za-z]{49}` and the check, and a mistyped key
//! is told from a wrong one. The check is the first 32 bits of the SHA-256 of all before it, in base 62.

mod record;

pub use record::{KeyRecord, LONGEST_OVERLAP, unknown};

use super::secret;
use crate::{Error, Result};
use rand::Rng;
use sha2::{Digest, Sha256};
use std::fmt;
use zeroize::Zeroizing;

/// What every key starts with.
pub(super) const PREFIX: &str = "fz_";
/// Characters of the public id, 40 bits.
const ID: usize = 8;
/// Characters of the check: 62^6 is more than 2^32.
const CHECK: usize = 6;
/// Of RFC 4648, in lower case.
const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A whole key. It is wiped from memory when dropped, and Debug shows its public id only.
pub struct Key(Zeroizing<String>);

impl Key {
    /// A new one.
    pub(super) fn generate() -> Self {
        let mut rng = rand::rng();
        let mut text = Zeroizing::new(String::with_capacity(PREFIX.len() + ID + 1 + secret::LENGTH + CHECK));
        text.push_str(PREFIX);
        text.extend((0..ID).map(|_| char::from(BASE32[rng.random_range(0..BASE32.len())])));
        text.push('_');
        text.push_str(&secret::random());
        let check = check(&text);
        text.push_str(&check);
        Key(text)
    }

    /// Reads a key that somebody sent.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] where it is none, or mistyped; it never holds what was sent.
    pub fn parse(text: &str) -> Result<Self> {
        let refused = |reason: &str| Error::Unauthenticated { reason: reason.into() };
        let parts = text.strip_prefix(PREFIX).and_then(|rest| rest.split_once('_')).filter(|(id, rest)| {
            id.len() == ID
                && id.bytes().all(|byte| BASE32.contains(&byte))
                && rest.len() == secret::LENGTH + CHECK
                && rest.is_ascii()
                && secret::fits(&rest[..secret::LENGTH])
        });
        if parts.is_none() {
            return Err(refused("that is no API key: one starts with `fz_` and has 61 characters"));
        }
        let (body, sent) = text.split_at(text.len() - CHECK);
        match sent == check(body) {
            true => Ok(Key(Zeroizing::new(text.to_owned()))),
            false => Err(refused("the API key is mistyped or cut: its last characters do not fit the rest")),
        }
    }

    /// Reads the value of an `Authorization` header (RFC 6750).
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] where it is of another scheme, or as [`Key::parse`] gives it.
    pub fn from_authorization(header: &str) -> Result<Self> {
        match header.trim().split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Key::parse(token.trim_start()),
            _ => Err(Error::Unauthenticated {
                reason: "the Authorization header must be `Bearer` and an API key".into(),
            }),
        }
    }

    /// The public id with its prefix, as records, logs and people name the key.
    pub fn id(&self) -> &str {
        &self.0[..PREFIX.len() + ID]
    }

    /// All of it, to be shown once to whoever it was made for.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({}_…)", self.id())
    }
}

/// The characters that check a key.
fn check(body: &str) -> String {
    let digest = Sha256::digest(body);
    let mut rest = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
    let mut check = [BASE62[0]; CHECK];
    for place in check.iter_mut().rev() {
        *place = BASE62[rest as usize % BASE62.len()];
        rest /= BASE62.len() as u32;
    }
    check.map(char::from).iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(text: &str) -> String {
        Key::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn a_new_key_has_the_form_that_scanners_look_for() {
        let key = Key::generate();
        let text = key.reveal();
        assert_eq!(text.len(), 61);
        assert_eq!(Key::parse(text).unwrap().id(), key.id());
        assert_eq!(key.id(), &text[..11]);
        assert_ne!(Key::generate().reveal(), text);
        assert_eq!(format!("{key:?}"), format!("Key({}_…)", key.id()));
    }

    /// Computed with Python's hashlib: a key stays valid whatever the program does next.
    #[test]
    fn the_check_is_the_one_described() {
        let body = "fz_k3m2x7qa_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg";
        assert_eq!(check(body), "46kYBs");
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let key = Key::generate();
        let text = key.reveal();
        let none = "that is no API key: one starts with `fz_` and has 61 characters";
        for no_key in ["", "fz_", "fz__", "sk_live_x", &text[1..], &text[..60], &text.replace("fz_", "fy_"), "密钥"] {
            assert_eq!(told(no_key), none, "{no_key}");
        }
        assert_eq!(told(&text.replacen(|c: char| c.is_ascii_digit(), "é", 1).replace('_', "__")), none);
        let swapped = match text.as_bytes()[20] {
            b'x' => format!("{}y{}", &text[..20], &text[21..]),
            _ => format!("{}x{}", &text[..20], &text[21..]),
        };
        assert_eq!(told(&swapped), "the API key is mistyped or cut: its last characters do not fit the rest");
    }

    #[test]
    fn the_header_is_read() {
        let key = Key::generate();
        for header in [format!("Bearer {}", key.reveal()), format!(" bearer  {} ", key.reveal())] {
            assert_eq!(Key::from_authorization(&header).unwrap().reveal(), key.reveal());
        }
        for header in ["", "Bearer", "Basic YTpi", key.reveal()] {
            let told = Key::from_authorization(header).unwrap_err().to_string();
            assert_eq!(told, "the Authorization header must be `Bearer` and an API key");
        }
    }

    proptest! {
        #[test]
        fn any_changed_character_is_noticed(at in 0..61usize, by in prop::sample::select(&BASE62[..])) {
            let key = Key::generate();
            let mut bytes = key.reveal().as_bytes().to_vec();
            prop_assume!(bytes[at] != by);
            bytes[at] = by;
            let fault = Key::parse(std::str::from_utf8(&bytes).unwrap()).unwrap_err().to_string();
            prop_assert!(!fault.contains(&key.reveal()[12..20]));
        }

        #[test]
        fn no_text_panics(text: String, header: String) {
            prop_assert!(Key::parse(&text).is_err());
            prop_assert!(Key::from_authorization(&header).is_err());
            let _ = Key::parse(&format!("fz_{text}"));
        }
    }
}
