//! The bytes of a sealed value.

use crate::{Error, Result};

/// The one format so far.
const VERSION: u8 = 1;
/// Bytes of an XChaCha20 nonce.
pub(super) const NONCE: usize = 24;
/// Bytes of a Poly1305 tag.
const TAG: usize = 16;

/// Where a sealed value stands. A value opens in the place that it was sealed for, and in no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// The table.
    pub table: &'a str,
    /// The column.
    pub column: &'a str,
    /// The id of the row, which never changes.
    pub row: &'a str,
}

impl Place<'_> {
    /// Why a value at this place does not open. The row stays out: the log has the request.
    pub(super) fn fault(&self, reason: impl Into<String>) -> Error {
        Error::Sealed { what: format!("{}.{}", self.table, self.column), reason: reason.into() }
    }
}

/// A sealed value, taken apart.
pub(super) struct Envelope<'a> {
    /// The id of the key.
    pub(super) key: &'a str,
    /// All before the nonce: version and id of the key.
    head: &'a [u8],
    pub(super) nonce: &'a [u8; NONCE],
    /// With the tag at its end.
    pub(super) ciphertext: &'a [u8],
}

impl<'a> Envelope<'a> {
    /// Takes a sealed value apart; nothing of it is proved yet.
    pub(super) fn read(sealed: &'a [u8], place: &Place) -> Result<Self> {
        let (&version, rest) = sealed.split_first().ok_or_else(|| place.fault("it is empty"))?;
        if version != VERSION {
            return Err(place.fault(format!("it has format {version}; this version of the program knows {VERSION}")));
        }
        let cut = || place.fault("it is cut off");
        let (&length, rest) = rest.split_first().ok_or_else(cut)?;
        let (key, rest) = rest.split_at_checked(length.into()).ok_or_else(cut)?;
        let (nonce, ciphertext) = rest.split_first_chunk().ok_or_else(cut)?;
        if ciphertext.len() < TAG {
            return Err(cut());
        }
        let key = std::str::from_utf8(key).map_err(|_| place.fault("the id of its key is no text"))?;
        Ok(Envelope { key, head: &sealed[..2 + key.len()], nonce, ciphertext })
    }

    /// What is authenticated beside the text.
    pub(super) fn associated(&self, place: &Place) -> Vec<u8> {
        associated(self.head, place)
    }
}

/// Version and id of the key, as a sealed value starts.
pub(super) fn head(key: &str) -> Vec<u8> {
    let length = u8::try_from(key.len()).expect("the ring takes ids of at most 32 bytes");
    [&[VERSION, length], key.as_bytes()].concat()
}

/// The head, then table, column and row, each after its length, so that no two places give the same bytes.
pub(super) fn associated(head: &[u8], place: &Place) -> Vec<u8> {
    let mut bytes = head.to_vec();
    for part in [place.table, place.column, place.row] {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}
