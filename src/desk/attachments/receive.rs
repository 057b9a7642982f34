//! Taking a file in while it comes.

use super::{Format, Received, format::HEAD, sealed::Sealer, tracks::Tracks};
use crate::{Desk, Error, Result, bundle::hex};
use axum::body::Bytes;
use futures_util::{Stream, StreamExt};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::pin::pin;
use uuid::{NoContext, Uuid};

/// The longest name of a file that is kept, in characters.
const NAME_LIMIT: usize = 255;

impl Desk {
    /// Takes a file in as it comes: looks at what it is, counts and hashes it, and writes it sealed into the store of objects.
    /// When this returns, the file is on the disk; it belongs to nobody until a complaint or a ticket takes it, and what nobody
    /// takes is swept after a day. `part` is what messages call it.
    ///
    /// # Errors
    /// [`Error::AttachmentKind`], [`Error::AttachmentTooLarge`] as soon as that is clear; those of the database, of the store of
    /// objects and of the stream. Nothing is left then; where a store is out of reach, what is left is swept later.
    pub async fn receive<E: From<Error>>(
        &self,
        part: &str,
        name: Option<&str>,
        bytes: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<Received, E> {
        let objects = self.store().objects()?;
        let now = self.now();
        let seconds = u64::try_from(now.as_second()).unwrap_or(0);
        let id = Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, now.subsec_nanosecond().unsigned_abs()));
        let id = id.to_string();
        let key = key(&id, now);
        let sealer = Sealer::begin(objects, &id, &key);
        let mut file = Incoming {
            part,
            desk: self,
            id: &id,
            key: &key,
            sealer,
            head: Vec::new(),
            format: None,
            tracks: None,
            size: 0,
            hash: Sha256::new(),
        };
        let read = file.read(bytes).await;
        let Incoming { sealer, format: begun, size, hash, .. } = file;
        let received = match read {
            Ok(format) => sealer.finish(self.keys()).await.map(|()| format).map_err(E::from),
            Err(error) => {
                sealer.abort().await;
                Err(error)
            }
        };
        match received {
            Ok(format) => {
                let sha256 = hex(&hash.finalize());
                Ok(Received { id, key, format, size, sha256, name: name.and_then(plain_name) })
            }
            Err(error) => {
                if begun.is_some()
                    && let Err(fault) = self.give_up([&id]).await
                {
                    tracing::warn!(code = fault.code(), "a file that did not come whole is swept later");
                }
                Err(error)
            }
        }
    }
}

/// A file on its way in.
struct Incoming<'a> {
    part: &'a str,
    desk: &'a Desk,
    id: &'a str,
    key: &'a str,
    sealer: Sealer,
    /// The first bytes, until they say what it is.
    head: Vec<u8>,
    format: Option<Format>,
    /// Where the first bytes leave open whether there are pictures in it.
    tracks: Option<Tracks>,
    size: u64,
    hash: Sha256,
}

impl Incoming<'_> {
    async fn read<E: From<Error>>(&mut self, bytes: impl Stream<Item = Result<Bytes, E>>) -> Result<Format, E> {
        let mut bytes = pin!(bytes);
        while let Some(bytes) = bytes.next().await {
            let bytes = bytes?;
            if self.format.is_some() {
                self.take(&bytes).await?;
                continue;
            }
            self.head.extend_from_slice(&bytes);
            if self.head.len() >= HEAD {
                self.begin().await?;
            }
        }
        let format = match self.format {
            Some(format) => format,
            None => self.begin().await?,
        };
        match self.tracks.as_ref().is_none_or(Tracks::are_sound) {
            true => Ok(format),
            false => Err(self.unknown().into()),
        }
    }

    /// Says what it is, and goes on with what was held back for that: the database knows of it before the store does.
    async fn begin(&mut self) -> Result<Format> {
        let head = std::mem::take(&mut self.head);
        let format = Format::of(&head[..head.len().min(HEAD)]).ok_or_else(|| self.unknown())?;
        self.desk.announce(self.id, self.key).await?;
        self.format = Some(format);
        self.tracks = (format == Format::Mp4).then(Tracks::default);
        self.take(&head).await?;
        Ok(format)
    }

    async fn take(&mut self, bytes: &[u8]) -> Result<()> {
        self.size += bytes.len() as u64;
        let limit = self.format.map_or(0, |format| format.kind().limit());
        if self.size > limit {
            return Err(Error::AttachmentTooLarge { part: self.part.into(), limit });
        }
        self.hash.update(bytes);
        if let Some(tracks) = &mut self.tracks {
            tracks.read(bytes);
        }
        self.sealer.put(self.desk.keys(), bytes).await
    }

    fn unknown(&self) -> Error {
        Error::AttachmentKind { part: self.part.into() }
    }
}

/// Where the object of a file is: by day, so that people and programs find their way.
fn key(id: &str, now: Timestamp) -> String {
    format!("{}/{id}", now.strftime("%Y/%m/%d"))
}

/// The name without the way to it, as browsers of old sent it, and without what no name has; none where nothing is left.
fn plain_name(name: &str) -> Option<String> {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name.chars().filter(|c| !c.is_control()).take(NAME_LIMIT).collect();
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_names_only() {
        for (sent, kept) in [
            ("照片 1.jpg", Some("照片 1.jpg")),
            ("C:\\Users\\li\\照片.jpg", Some("照片.jpg")),
            ("../../etc/passwd", Some("passwd")),
            ("a\r\nSet-Cookie: x.jpg", Some("aSet-Cookie: x.jpg")),
            ("/", None),
            (" \u{0} ", None),
        ] {
            assert_eq!(plain_name(sent).as_deref(), kept);
        }
        assert_eq!(plain_name(&"名".repeat(300)).unwrap().chars().count(), NAME_LIMIT);
    }
}
