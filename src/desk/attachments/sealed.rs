//! Files sealed in portions, so that no file is ever held as a whole.
//!
//! An object is a row of records: the length of a sealed value (4 bytes, big end first), then the value, as
//! [`crate::desk::seal`] makes it. A portion is sealed for its file, its place in the file, and whether it is the last: none can
//! be left out, moved, or taken from elsewhere. That is the STREAM construction (Hoang, Reyhanitabar, Rogaway and Vizár, "Online
//! Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", 2015) with random nonces.

use super::objects::{Objects, Writer};
use crate::{
    Error, Result,
    desk::seal::{KeyRing, Place},
};
use axum::body::Bytes;
use futures_util::{StreamExt, stream::BoxStream};
use zeroize::Zeroizing;

/// Plain bytes in a portion; the last may have fewer.
const PORTION: usize = 1 << 20;
/// More than sealing adds to a portion.
const SEAL: usize = 512;

/// Seals a file while it comes.
pub(super) struct Sealer {
    id: String,
    writer: Writer,
    plain: Vec<u8>,
    place: u64,
}

impl Sealer {
    /// Begins the object of a file.
    pub fn begin(objects: &Objects, id: &str, key: &str) -> Self {
        Sealer { id: id.into(), writer: objects.write(key), plain: Vec::new(), place: 0 }
    }

    /// Adds plain bytes.
    pub async fn put(&mut self, keys: &KeyRing, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            if self.plain.len() == PORTION {
                // More comes, so this is not the last.
                self.portion(keys, false).await?;
            }
            let here = bytes.len().min(PORTION - self.plain.len());
            self.plain.extend_from_slice(&bytes[..here]);
            bytes = &bytes[here..];
        }
        Ok(())
    }

    /// Makes the object whole and durable. Where that fails, what was written is taken back.
    pub async fn finish(mut self, keys: &KeyRing) -> Result<()> {
        match self.portion(keys, true).await {
            Ok(()) => self.writer.finish().await,
            Err(error) => {
                self.abort().await;
                Err(error)
            }
        }
    }

    /// Takes back what was written.
    pub async fn abort(self) {
        self.writer.abort().await;
    }

    async fn portion(&mut self, keys: &KeyRing, last: bool) -> Result<()> {
        let plain = Zeroizing::new(std::mem::take(&mut self.plain));
        let record = record(keys, &self.id, self.place, last, &plain);
        self.place += 1;
        self.writer.put(record.into()).await
    }
}

/// Opens a sealed file, portion by portion. What it gives is proved to be what was sealed, and it fails where some is missing.
pub(super) struct Opener {
    sealed: BoxStream<'static, Result<Bytes>>,
    id: String,
    buffer: Vec<u8>,
    place: u64,
    done: bool,
}

impl Opener {
    /// Begins to read the object of a file.
    pub async fn begin(objects: &Objects, id: &str, key: &str) -> Result<Self> {
        let sealed = objects.read(key).await?;
        Ok(Opener { sealed, id: id.into(), buffer: Vec::new(), place: 0, done: false })
    }

    /// The next portion; none after the last.
    pub async fn next(&mut self, keys: &KeyRing) -> Result<Option<Zeroizing<Vec<u8>>>> {
        if self.done {
            return Ok(None);
        }
        let damaged = |reason: &str| Error::AttachmentDamaged { reason: reason.into() };
        self.fill(4).await?;
        let length = self.buffer.first_chunk().ok_or_else(|| damaged("its object is cut off"))?;
        let length = u32::from_be_bytes(*length) as usize;
        if length > PORTION + SEAL {
            return Err(damaged("its object is none of ours"));
        }
        // One byte more says whether another comes.
        self.fill(4 + length + 1).await?;
        let sealed = self.buffer.get(4..4 + length).ok_or_else(|| damaged("its object is cut off"))?;
        self.done = self.buffer.len() == 4 + length;
        let row = row(&self.id, self.place, self.done);
        let plain = keys.open(&place(&row), sealed)?;
        self.buffer.drain(..4 + length);
        self.place += 1;
        Ok(Some(plain))
    }

    /// Whether the rest of the object, and so the whole of it, is sealed with the current key.
    pub async fn is_current(&mut self, keys: &KeyRing) -> Result<bool> {
        self.fill(4 + 2 + usize::from(u8::MAX)).await?;
        let head = self.buffer.get(4..).unwrap_or_default();
        Ok(!keys.needs_rotation(&place(&self.id), head)?)
    }

    async fn fill(&mut self, length: usize) -> Result<()> {
        while self.buffer.len() < length {
            match self.sealed.next().await {
                Some(bytes) => self.buffer.extend_from_slice(&bytes?),
                None => break,
            }
        }
        Ok(())
    }
}

fn record(keys: &KeyRing, id: &str, number: u64, last: bool, plain: &[u8]) -> Vec<u8> {
    let row = row(id, number, last);
    let sealed = keys.seal(&place(&row), plain);
    [&(sealed.len() as u32).to_be_bytes()[..], &sealed].concat()
}

fn row(id: &str, number: u64, last: bool) -> String {
    format!("{id}/{number}{}", if last { "/last" } else { "" })
}

fn place(row: &str) -> Place<'_> {
    Place { table: "attachment", column: "object", row }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::seal::generate;
    use futures_util::stream;

    fn keys() -> KeyRing {
        KeyRing::parse(&generate("2026-11-26".parse().unwrap()), "tests").unwrap()
    }

    async fn opened(keys: &KeyRing, id: &str, object: Vec<u8>) -> Result<Vec<u8>> {
        // In pieces that have nothing to do with the portions.
        let pieces: Vec<Result<Bytes>> =
            object.chunks(100_003).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        let sealed = stream::iter(pieces).boxed();
        let mut opener = Opener { sealed, id: id.into(), buffer: Vec::new(), place: 0, done: false };
        let mut plain = Vec::new();
        while let Some(portion) = opener.next(keys).await? {
            plain.extend_from_slice(&portion);
        }
        Ok(plain)
    }

    #[tokio::test]
    async fn what_was_sealed_opens_whole_or_not_at_all() {
        let keys = keys();
        let parts = [vec![1; PORTION], vec![2; PORTION], vec![3; 10]];
        let records: Vec<Vec<u8>> =
            (0..).zip(&parts).map(|(place, part)| record(&keys, "a", place, place == 2, part)).collect();
        assert_eq!(opened(&keys, "a", records.concat()).await.unwrap(), parts.concat());
        let refused = [
            ("of another file", "b", records.concat()),
            ("the last left out", "a", records[..2].concat()),
            ("one left out", "a", [&records[0][..], &records[2]].concat()),
            ("turned around", "a", [&records[1][..], &records[0], &records[2]].concat()),
            ("cut off", "a", records.concat()[..PORTION + 100].to_vec()),
            ("something after it", "a", [&records.concat()[..], b"\0"].concat()),
            ("empty", "a", Vec::new()),
            ("nonsense", "a", vec![255; 100]),
        ];
        for (what, id, object) in refused {
            assert!(opened(&keys, id, object).await.is_err(), "{what}");
        }
        let mut changed = records.concat();
        changed[PORTION / 2] ^= 1;
        assert_eq!(opened(&keys, "a", changed).await.unwrap_err().code(), "sealed");
    }
}
