//! The chain of hashes.

use super::{AuditAction, Entry, Purpose, Who};
use crate::{Error, Result, bundle::hex};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{borrow::Cow, fmt};

/// The end of a chain: what the next entry is chained to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Head {
    sequence: u64,
    hash: [u8; 32],
}

/// An entry as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// From 1, without gaps.
    pub sequence: u64,
    /// Canonical JSON. Store it as text: a database that orders or spaces JSON breaks the chain.
    pub entry: String,
    /// 64 hexadecimal digits.
    pub hash: String,
}

/// The JSON of an entry. Its members stand in the order of their names, as RFC 8785 asks for.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written<'a> {
    action: AuditAction,
    at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    purpose: Cow<'a, Option<Purpose>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request_id: Cow<'a, Option<String>>,
    sequence: u64,
    subjects: Cow<'a, [String]>,
    who: Cow<'a, Who>,
}

impl Head {
    /// Before the first entry.
    pub const START: Head = Head { sequence: 0, hash: [0; 32] };

    /// The head of a stored chain, from its last entry.
    ///
    /// # Errors
    /// [`Error::AuditChain`] where its hash is none.
    pub fn of(last: &Link) -> Result<Self> {
        let broken = || broken(last.sequence, "its hash is not 64 hexadecimal digits");
        Ok(Head { sequence: last.sequence, hash: parse(&last.hash).ok_or_else(broken)? })
    }

    /// How many entries there are.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Chains an entry to the end, which is then this entry. Two servers that append to one chain must agree who comes
    /// first: the sequence is the table's key, so the second one fails, and appends to the new end.
    pub fn append(&mut self, entry: &Entry) -> Link {
        let written = Written {
            action: entry.action,
            at: entry.at,
            purpose: Cow::Borrowed(&entry.purpose),
            request_id: Cow::Borrowed(&entry.request_id),
            sequence: self.sequence + 1,
            subjects: Cow::Borrowed(&entry.subjects),
            who: Cow::Borrowed(&entry.who),
        };
        let json = serde_json::to_string(&written).expect("an entry has only strings and a number");
        *self = self.after(&json);
        Link { sequence: self.sequence, entry: json, hash: hex(&self.hash) }
    }

    fn after(&self, json: &str) -> Head {
        let hash = Sha256::new().chain_update(self.hash).chain_update(json).finalize().into();
        Head { sequence: self.sequence + 1, hash }
    }
}

impl fmt::Display for Head {
    /// Sequence and hash, to be noted elsewhere.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.sequence, hex(&self.hash))
    }
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Head({self})")
    }
}

impl Link {
    /// What the entry says.
    ///
    /// # Errors
    /// [`Error::AuditChain`] where it cannot be read.
    pub fn read(&self) -> Result<Entry> {
        let written: Written = serde_json::from_str(&self.entry)
            // Not with the reason: that may quote what stands there.
            .map_err(|_| broken(self.sequence, "it cannot be read"))?;
        Ok(Entry {
            action: written.action,
            at: written.at,
            purpose: written.purpose.into_owned(),
            request_id: written.request_id.into_owned(),
            subjects: written.subjects.into_owned(),
            who: written.who.into_owned(),
        })
    }
}

/// Walks entries in their order from a head, [`Head::START`] or where an earlier walk ended, and gives the head after them.
/// Compare the last with one that was noted elsewhere: a chain that lost its end is whole in itself.
///
/// # Errors
/// [`Error::AuditChain`] with the first entry that is broken.
pub fn verify(head: Head, links: impl IntoIterator<Item = Link>) -> Result<Head> {
    /// What must agree with the row; the rest may be of a newer version.
    #[derive(Deserialize)]
    struct Numbered {
        sequence: u64,
    }
    links.into_iter().try_fold(head, |head, link| {
        let next = head.after(&link.entry);
        if link.sequence != next.sequence {
            let reason = format!("entry {} stands in its place", link.sequence);
            return Err(broken(next.sequence, &reason));
        }
        if parse(&link.hash) != Some(next.hash) {
            return Err(broken(next.sequence, "its hash does not fit: it, or the hash before it, was changed"));
        }
        match serde_json::from_str(&link.entry) {
            Ok(Numbered { sequence }) if sequence == next.sequence => Ok(next),
            _ => Err(broken(next.sequence, "it does not say its own number")),
        }
    })
}

fn broken(sequence: u64, reason: &str) -> Error {
    Error::AuditChain { sequence, reason: reason.to_owned() }
}

/// Only as `hex` writes it: two texts of one hash would be a change that nobody notices.
fn parse(text: &str) -> Option<[u8; 32]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    let bytes: Vec<u8> = pairs.iter().map(|&[a, b]| Some(digit(a)? << 4 | digit(b)?)).collect::<Option<_>>()?;
    bytes.try_into().ok()
}

#[cfg(test)]
mod tests;
