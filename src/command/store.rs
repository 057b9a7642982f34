//! Where the desk keeps what it knows: the same flags on every command that touches it.

use crate::{
    Error, Result,
    desk::{
        attachments::Objects,
        seal::{KeyRing, generate, renew, write_new},
        store::Store,
    },
};
use clap::Args;
use std::path::{Path, PathBuf};

/// The file of the sealing keys inside of the data folder.
const KEYS: &str = "seal.keys";
/// The folder of files inside of the data folder, and beside the copy of a database.
pub const ATTACHMENTS: &str = "attachments";
/// The keys themselves, where no file should hold them.
const VARIABLE: &str = "FENZHEN_SEAL_KEYS";

/// The database, and the data folder with the keys that seal what is personal.
#[derive(Debug, Clone, Args)]
pub struct StoreFlags {
    /// Folder of the desk's database, attachments and sealing keys; made where it is missing
    #[arg(long, global = true, value_name = "DIR", env = "FENZHEN_DATA", default_value = "data")]
    pub data: PathBuf,
    /// Another database: postgres://user@host/name, or sqlite:///path; without it SQLite in the data folder
    #[arg(long, global = true, value_name = "URL", env = "FENZHEN_DATABASE", hide_env_values = true)]
    pub database: Option<String>,
}

impl StoreFlags {
    /// The URL of the database.
    ///
    /// # Errors
    /// [`Error::File`] where the data folder cannot be made.
    pub fn url(&self) -> Result<String> {
        match &self.database {
            Some(url) => Ok(url.clone()),
            None => Store::url_in(&self.data),
        }
    }

    /// Opens the database, and brings its tables forward.
    ///
    /// # Errors
    /// Those of [`Store::open`].
    pub async fn open(&self) -> Result<Store> {
        Store::open(&self.url()?).await
    }

    /// The sealing keys: of the environment, or of the file in the data folder, which is made the first time.
    ///
    /// # Errors
    /// [`Error::SealKeys`], [`Error::File`].
    pub fn keys(&self) -> Result<KeyRing> {
        let path = self.data.join(KEYS);
        if std::env::var_os(VARIABLE).is_none() && !path.exists() {
            std::fs::create_dir_all(&self.data).map_err(|source| Error::file(&self.data, source))?;
            write_new(&path, &generate(today()))?;
            eprintln!(
                "new sealing keys in {}: keep a copy with your backups, without them nothing opens",
                path.display()
            );
        }
        self.known_keys()
    }

    /// The same keys where there must be some.
    ///
    /// # Errors
    /// [`Error::SealKeys`]; [`Error::File`] where there are none.
    pub fn known_keys(&self) -> Result<KeyRing> {
        match std::env::var(VARIABLE) {
            Ok(value) => KeyRing::from_environment(&value, VARIABLE),
            Err(_) => KeyRing::from_file(&self.data.join(KEYS)),
        }
    }
}

/// Where the files of complaints are.
#[derive(Debug, Clone, Args)]
pub struct AttachmentFlags {
    /// Where files that come with complaints are kept, sealed: a folder, or s3://BUCKET/PREFIX (a build with the feature `s3`; keys and endpoint from the AWS_ variables); without it `attachments` in the data folder
    #[arg(long, value_name = "URL|DIR", env = "FENZHEN_ATTACHMENTS", hide_env_values = true)]
    pub attachments: Option<String>,
}

impl AttachmentFlags {
    /// Whether they are in a folder of this machine.
    pub fn are_in_a_folder(&self) -> bool {
        self.attachments.as_ref().is_none_or(|at| at.starts_with("file://") || !at.contains("://"))
    }

    /// Opens the place of the files.
    ///
    /// # Errors
    /// Those of [`Objects::open`].
    pub fn open(&self, data: &Path) -> Result<Objects> {
        match &self.attachments {
            Some(at) => Objects::open(at),
            None => Objects::in_folder(&data.join(ATTACHMENTS)),
        }
    }
}

impl StoreFlags {
    /// Puts a new current key into the key file, which must be there.
    ///
    /// # Errors
    /// [`Error::SealKeys`], also where the keys are in the environment; [`Error::File`].
    pub fn add_key(&self) -> Result<()> {
        if std::env::var_os(VARIABLE).is_some() {
            let reason = "they are in the environment: put a new key before the others there".into();
            return Err(Error::SealKeys { origin: VARIABLE.into(), reason });
        }
        let path = self.data.join(KEYS);
        renew(&path, today())?;
        eprintln!("a new key in {}: keep a copy with your backups", path.display());
        Ok(())
    }
}

fn today() -> jiff::civil::Date {
    jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::now()).date()
}

/// Runs work that waits for a database.
///
/// # Errors
/// Those of the work; [`Error::Internal`] where the system gives no thread.
pub fn wait_for<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|fault| Error::Internal(format!("no thread for the database: {fault}")))?.block_on(work)
}
