//! Where the bytes are: a folder, or an S3-compatible store by its URL. The one seam to the crate `object_store`.

use crate::{Error, Result};
use axum::body::Bytes;
use futures_util::{StreamExt, stream::BoxStream};
use object_store::{ObjectStore, ObjectStoreExt, buffered::BufWriter, local::LocalFileSystem, path::Path as Key};
use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::io::AsyncWriteExt;

/// How much of a file goes out at once, and how many such parts are under way: so many and one more are held in memory.
struct Parts {
    bytes: usize,
    at_once: usize,
}

const FOLDER: Parts = Parts { bytes: 1 << 20, at_once: 1 };
/// The smallest parts that S3 takes; a second hides how long the first takes.
const S3: Parts = Parts { bytes: 5 << 20, at_once: 2 };

/// A store of objects. Cheap to clone.
#[derive(Clone)]
pub struct Objects {
    store: Arc<dyn ObjectStore>,
    /// Where it is, where that is a folder.
    folder: Option<PathBuf>,
}

impl Objects {
    /// Opens a store: a folder, which is made where it is missing and is its owner's alone; `file://` and a folder; or, with the
    /// feature `s3`, `s3://BUCKET/PREFIX`, with keys, region and endpoint from the usual variables (`AWS_ACCESS_KEY_ID`,
    /// `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT`).
    ///
    /// # Errors
    /// [`Error::AttachmentsUrl`] for any other, [`Error::File`] where the folder cannot be made.
    pub fn open(at: &str) -> Result<Self> {
        let wrong = |reason: &str| Err(Error::AttachmentsUrl { reason: reason.into() });
        let folder = match at.split_once("://") {
            None => PathBuf::from(at),
            Some(("file", folder)) => PathBuf::from(folder),
            Some(("s3", _)) => return bucket(at),
            Some(_) => return wrong("it is neither a folder nor begins with `file://` or `s3://`"),
        };
        if folder.as_os_str().is_empty() {
            return wrong("it names no folder");
        }
        Objects::in_folder(&folder)
    }

    /// A store in a folder. What is written is on the disk before it counts as written.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn in_folder(folder: &Path) -> Result<Self> {
        make(folder).map_err(|source| Error::file(folder, source))?;
        let folder = folder.canonicalize().map_err(|source| Error::file(folder, source))?;
        let store = LocalFileSystem::new_with_prefix(&folder).map_err(fault)?.with_fsync(true);
        Ok(Objects { store: Arc::new(store), folder: Some(folder) })
    }

    /// Whether a folder is the store's own, or will be inside of it.
    pub fn holds(&self, folder: &Path) -> bool {
        let Some(own) = &self.folder else { return false };
        let Ok(folder) = std::path::absolute(folder) else { return false };
        // One that is not there yet will be where the folders above it are.
        folder.ancestors().find_map(|at| at.canonicalize().ok()).is_some_and(|at| at.starts_with(own))
    }

    /// Asks the store for something that it need not have: whether it is there and lets us in.
    ///
    /// # Errors
    /// [`Error::AttachmentStore`].
    pub async fn check(&self) -> Result<()> {
        self.has("fenzhen").await.map(|_| ())
    }

    /// Whether it has an object.
    pub(super) async fn has(&self, key: &str) -> Result<bool> {
        match self.store.head(&Key::from(key)).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(fault(error)),
        }
    }

    /// Begins an object.
    pub(super) fn write(&self, key: &str) -> Writer {
        let Parts { bytes, at_once } = if self.folder.is_some() { FOLDER } else { S3 };
        let writer = BufWriter::with_capacity(self.store.clone(), Key::from(key), bytes).with_max_concurrency(at_once);
        Writer { writer }
    }

    /// The bytes of an object.
    pub(super) async fn read(&self, key: &str) -> Result<BoxStream<'static, Result<Bytes>>> {
        // A folder that is there and a file in it that cannot be read is a fault of that file.
        let fault = match self.folder.is_some() {
            true => unreadable,
            false => fault,
        };
        let object = self.store.get(&Key::from(key)).await.map_err(fault)?;
        Ok(object.into_stream().map(move |bytes| bytes.map_err(fault)).boxed())
    }

    /// Removes an object, and what was written of it; one that is not there is as good as removed.
    pub(super) async fn remove(&self, key: &str) -> Result<()> {
        self.remove_half_written(key).await?;
        match self.store.delete(&Key::from(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(fault(error)),
        }
    }

    /// Removes what stands in a folder beside an object since a process was killed that wrote it: `KEY#1`, `KEY#2` … Only
    /// where nobody else writes it now. A bucket has rules of its own for parts of what never became whole.
    pub(super) async fn remove_half_written(&self, key: &str) -> Result<()> {
        let Some(object) = self.folder.as_ref().map(|folder| folder.join(key)) else { return Ok(()) };
        let (Some(folder), Some(name)) = (object.parent(), object.file_name()) else { return Ok(()) };
        let mut entries = match tokio::fs::read_dir(folder).await {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            entries => entries.map_err(out_of_reach)?,
        };
        while let Some(entry) = entries.next_entry().await.map_err(out_of_reach)? {
            let beside = entry.file_name();
            let rest = beside.as_encoded_bytes().strip_prefix(name.as_encoded_bytes());
            if !rest.is_some_and(|rest| rest.starts_with(b"#")) {
                continue;
            }
            match tokio::fs::remove_file(entry.path()).await {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(out_of_reach(error)),
                _ => {}
            }
        }
        Ok(())
    }
}

/// An object that is being written: it is there when [`Writer::finish`] has returned, and not before.
pub(super) struct Writer {
    writer: BufWriter,
}

impl Writer {
    /// Adds bytes.
    pub async fn put(&mut self, bytes: Bytes) -> Result<()> {
        self.writer.put(bytes).await.map_err(fault)
    }

    /// Makes it whole and durable. Where that fails, the parts are taken back.
    pub async fn finish(mut self) -> Result<()> {
        self.writer.shutdown().await.map_err(out_of_reach)
    }

    /// Takes back what was written.
    pub async fn abort(mut self) {
        if let Err(error) = self.writer.abort().await {
            // What is left of it is swept, or expires by the rules of the bucket.
            fault(error);
        }
    }
}

/// A folder for its owner alone.
fn make(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// What the store says is for the log: it names keys, paths and addresses, which a caller need not know.
fn fault(error: object_store::Error) -> Error {
    if let object_store::Error::NotFound { .. } = error {
        return Error::AttachmentDamaged { reason: "the store does not have its object".into() };
    }
    out_of_reach(error)
}

fn unreadable(error: object_store::Error) -> Error {
    match error {
        object_store::Error::NotFound { .. } => fault(error),
        error => {
            tracing::warn!(%error, "the store of attachments");
            Error::AttachmentDamaged { reason: "its object cannot be read".into() }
        }
    }
}

fn out_of_reach(error: impl std::fmt::Display) -> Error {
    tracing::warn!(%error, "the store of attachments");
    Error::AttachmentStore { reason: "it does not answer, is full, or does not let us in".into() }
}

#[cfg(feature = "s3")]
fn bucket(url: &str) -> Result<Objects> {
    let wrong = |reason: &str| Error::AttachmentsUrl { reason: reason.into() };
    let parsed = url::Url::parse(url).map_err(|_| wrong("it is no URL"))?;
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err(wrong(
            "it has a key in it, which every list of processes shows: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        ));
    }
    // Where the process has one already, that one does.
    let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
    let name = parsed.host_str().unwrap_or_default();
    let store = object_store::aws::AmazonS3Builder::from_env().with_bucket_name(name).build();
    let store = store.map_err(|error| wrong(&format!("the bucket cannot be used: {error}")))?;
    let prefix = parsed.path().trim_matches('/');
    let store: Arc<dyn ObjectStore> = if prefix.is_empty() {
        Arc::new(store)
    } else {
        Arc::new(object_store::prefix::PrefixStore::new(store, prefix))
    };
    Ok(Objects { store, folder: None })
}

#[cfg(not(feature = "s3"))]
fn bucket(_: &str) -> Result<Objects> {
    Err(Error::AttachmentsUrl { reason: "this program was built without the feature `s3`".into() })
}
