//! Encrypted columns: contacts, original texts, secrets of webhooks.
//!
//! 1. [`Place`] is the table, column and row of a value. It is part of what is authenticated, so a sealed value opens in
//!    its own place only.
//! 2. [`KeyRing`] holds the keys, from a file or an environment variable; it seals with the first and opens with any.
//! 3. [`KeyRing::reseal`] brings old values to the current key; [`add_key`] gives a text with a new one, [`renew`] a key file.
//! 4. [`KeyRing::contact_index`] finds equal contacts without opening any.
//!
//! Sealed bytes: version 1 (one byte), the length of the key's id (one byte), the id, a random nonce (24 bytes), then the
//! ciphertext of XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) with its tag (16 bytes). Nonces of 192 bits may be random:
//! a key seals 2^80 values before two are likely to be equal.
//!
//! What it does not hide: the length of a value, and which contacts are equal.
//!
//! ```
//! use fenzhen::desk::seal::{KeyRing, Place, generate};
//! let ring = KeyRing::parse(&generate("2026-11-26".parse().unwrap()), "keys")?;
//! let place = Place { table: "complaint", column: "contact", row: "c1" };
//! let sealed = ring.seal(&place, b"13800138000");
//! assert_eq!(ring.open_text(&place, &sealed)?.as_str(), "13800138000");
//! assert!(ring.open(&Place { row: "c2", ..place }, &sealed).is_err());
//! assert_eq!(ring.contact_index("+86 138-0013-8000"), ring.contact_index("13800138000"));
//! # Ok::<(), fenzhen::Error>(())
//! ```

mod contact;
mod envelope;
mod keyfile;
mod ring;
#[cfg(test)]
mod tests;

pub use envelope::Place;
pub use keyfile::{add_key, generate, renew, write_new};
pub use ring::KeyRing;
