//! The keys, and what they do.

use super::{
    contact,
    envelope::{self, Envelope, NONCE, Place},
    keyfile::{self, INDEX},
};
use crate::{Error, Result};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305,
    aead::{Aead, Payload},
};
use hkdf::Hkdf;
use rand::Rng;
use sha2::Sha256;
use std::{fmt, path::Path};
use zeroize::Zeroizing;

/// The keys of a desk: one or more for sealing, of which the first is current, and one for the blind index.
pub struct KeyRing {
    /// By id, the current one first; never empty. The ciphers wipe their keys when dropped.
    ciphers: Vec<(String, XChaCha20Poly1305)>,
    /// Derived from the ring's own index key.
    contacts: Zeroizing<[u8; 32]>,
}

impl KeyRing {
    /// Reads the text of a key file: one key a line, `id:base64` of 32 bytes; the first is the current one; the one with
    /// the id `index` is for the blind index; `#` starts a comment. `origin` is where the text came from, for errors.
    ///
    /// # Errors
    /// [`Error::SealKeys`] with the number of the line, never with anything of it.
    pub fn parse(text: &str, origin: &str) -> Result<Self> {
        let fault = |reason| Error::SealKeys { origin: origin.to_owned(), reason };
        let keys = keyfile::keys(text).map_err(fault)?;
        let (index, ciphers): (Vec<_>, Vec<_>) = keys.into_iter().partition(|(id, _)| id == INDEX);
        let [(_, index)] = &index[..] else {
            return Err(fault(format!("there is no line `{INDEX}:…`, the key of the blind index")));
        };
        if ciphers.is_empty() {
            return Err(fault(format!("there is no key beside `{INDEX}`")));
        }
        let mut contacts = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, &index[..])
            .expand(b"fenzhen contact index 1", &mut contacts[..])
            .expect("32 bytes are fewer than HKDF-SHA-256 can give");
        let ciphers = ciphers.into_iter().map(|(id, key)| (id, XChaCha20Poly1305::new((&*key).into()))).collect();
        Ok(KeyRing { ciphers, contacts })
    }

    /// Reads a key file. On Unix a file that others than its owner may read or change is refused.
    ///
    /// # Errors
    /// [`Error::File`], and [`Error::SealKeys`] as [`KeyRing::parse`] gives it.
    pub fn from_file(path: &Path) -> Result<Self> {
        KeyRing::parse(&keyfile::read(path)?, &path.display().to_string())
    }

    /// Reads the value of an environment variable: the text of a key file, or, where only one line fits, its keys with
    /// commas between them.
    ///
    /// # Errors
    /// [`Error::SealKeys`] as [`KeyRing::parse`] gives it.
    pub fn from_environment(value: &str, variable: &str) -> Result<Self> {
        let origin = format!("the environment variable {variable}");
        match value.contains('\n') {
            true => KeyRing::parse(value, &origin),
            false => KeyRing::parse(&Zeroizing::new(value.replace(',', "\n")), &origin),
        }
    }

    /// Seals a value for its place, with the current key and a random nonce.
    pub fn seal(&self, place: &Place, plain: &[u8]) -> Vec<u8> {
        let (id, cipher) = &self.ciphers[0];
        let mut sealed = envelope::head(id);
        let aad = envelope::associated(&sealed, place);
        let nonce: [u8; NONCE] = rand::rng().random();
        let ciphertext = cipher
            .encrypt((&nonce).into(), Payload { msg: plain, aad: &aad })
            .expect("fails only for more than 256 GiB, which no memory holds twice");
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&ciphertext);
        sealed
    }

    /// Opens a sealed value in its place.
    ///
    /// # Errors
    /// [`Error::Sealed`] where it was changed, stands in another place, or the ring lacks its key.
    pub fn open(&self, place: &Place, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let envelope = Envelope::read(sealed, place)?;
        let Some((_, cipher)) = self.ciphers.iter().find(|(id, _)| id == envelope.key) else {
            // The id is not proved yet: what stands there may be anything.
            return Err(place.fault("its key is not in the ring"));
        };
        let aad = envelope.associated(place);
        cipher
            .decrypt(envelope.nonce.into(), Payload { msg: envelope.ciphertext, aad: &aad })
            .map(Zeroizing::new)
            .map_err(|_| {
                place.fault("it was changed, moved here from elsewhere, or sealed with another key of that id")
            })
    }

    /// Opens a sealed text in its place.
    ///
    /// # Errors
    /// [`Error::Sealed`] as [`KeyRing::open`] gives it, or where it is not UTF-8.
    pub fn open_text(&self, place: &Place, sealed: &[u8]) -> Result<Zeroizing<String>> {
        let mut plain = self.open(place, sealed)?;
        match String::from_utf8(std::mem::take(&mut *plain)) {
            Ok(text) => Ok(Zeroizing::new(text)),
            Err(fault) => {
                drop(Zeroizing::new(fault.into_bytes()));
                Err(place.fault("it is no text"))
            }
        }
    }

    /// Whether a value was sealed with another key than the current one.
    ///
    /// # Errors
    /// [`Error::Sealed`] where it is none of ours.
    pub fn needs_rotation(&self, place: &Place, sealed: &[u8]) -> Result<bool> {
        Ok(Envelope::read(sealed, place)?.key != self.ciphers[0].0)
    }

    /// The value under the current key; `None` where it is already.
    ///
    /// # Errors
    /// [`Error::Sealed`] as [`KeyRing::open`] gives it.
    pub fn reseal(&self, place: &Place, sealed: &[u8]) -> Result<Option<Vec<u8>>> {
        if !self.needs_rotation(place, sealed)? {
            return Ok(None);
        }
        Ok(Some(self.seal(place, &self.open(place, sealed)?)))
    }

    /// What equal contacts have in common and nobody without the index key can compute: 32 hexadecimal digits, the first
    /// half of an HMAC-SHA-256 of the normalised contact. `None` where nothing is left of it. It stays the same when keys
    /// for sealing change.
    ///
    /// Normalised: telephone numbers to their digits, without the code of China (+86); e-mail addresses and names of
    /// accounts to NFKC in lower case, without spaces around them.
    pub fn contact_index(&self, contact: &str) -> Option<String> {
        contact::index(&self.contacts, contact)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<&str> = self.ciphers.iter().map(|(id, _)| id.as_str()).collect();
        f.debug_struct("KeyRing").field("ids", &ids).finish_non_exhaustive()
    }
}
