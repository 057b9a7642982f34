//! Where the desk keeps what it knows: SQLite in a data folder, or PostgreSQL by its URL; the same tables and the same code.
//!
//! 1. [`Store`] opens the database and its transactions.
//! 2. [`migrate`] brings the tables to the version that this program knows.
//! 3. [`entity`] has the tables.
//! 4. [`queue`] is the work that must not get lost.
//! 5. [`backup`] copies a database while it is in use.
//!
//! Rules stay outside: what is written here was decided in [`super::ticket`], [`super::assign`] and [`super::clock`].

pub mod backup;
mod connect;
pub mod entity;
mod fault;
mod lock;
pub mod migrate;
pub mod queue;
mod time;
mod walk;

pub use lock::{Lock, hold};
pub use time::{instant, micros};
pub(in crate::desk) use walk::Walk;

use super::attachments::Objects;
use crate::{Error, Result};
use sea_orm::{
    DatabaseConnection, DatabaseTransaction, DbBackend, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use std::{path::Path, time::Duration};

/// How long the database may take to say that it is there.
const PROBE: Duration = Duration::from_secs(2);

/// An open database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    /// For reading; with PostgreSQL for all.
    read: DatabaseConnection,
    /// For changes: with SQLite one connection, so that those who write wait in line and not in turns of a lock.
    write: DatabaseConnection,
    /// Where files are, beside the database.
    objects: Option<Objects>,
}

/// Changes that are made all together or not at all. Dropping it takes them back.
pub type Transaction = DatabaseTransaction;

impl Store {
    /// Opens the database of a URL: `sqlite:///path/to/file`, or `postgres://user@host/name`. The file and its tables are
    /// made where they are missing; those of an older version are brought forward.
    ///
    /// # Errors
    /// [`Error::StoreUrl`], [`Error::StoreUnavailable`], and those of [`migrate::run`].
    pub async fn open(url: &str) -> Result<Self> {
        let store = connect::open(url).await?;
        migrate::run(&store).await?;
        Ok(store)
    }

    /// The same with a place for files; without one the desk takes none.
    pub fn with_objects(self, objects: Objects) -> Self {
        Store { objects: Some(objects), ..self }
    }

    /// Where files are.
    ///
    /// # Errors
    /// [`Error::AttachmentStore`] where there is no place for them.
    pub fn objects(&self) -> Result<&Objects> {
        let none = || Error::AttachmentStore { reason: "this desk has no place for files".into() };
        self.objects.as_ref().ok_or_else(none)
    }

    /// The database of a data folder, which is made where it is missing.
    pub fn url_in(folder: &Path) -> Result<String> {
        std::fs::create_dir_all(folder).map_err(|source| Error::file(folder, source))?;
        let file = folder.join("desk.sqlite");
        let file = std::path::absolute(&file).map_err(|source| Error::file(&file, source))?;
        Ok(format!("sqlite://{}", file.display()))
    }

    /// What reads need no transaction for.
    pub fn read(&self) -> &DatabaseConnection {
        &self.read
    }

    /// For single statements that are a change by themselves.
    pub fn writer(&self) -> &DatabaseConnection {
        &self.write
    }

    /// Begins a change.
    ///
    /// # Errors
    /// [`Error::StoreUnavailable`] where the database is gone, or others have written for longer than patience lasts.
    pub async fn begin(&self) -> Result<Transaction> {
        // SQLite: a transaction that reads first and writes later could find itself overtaken, and would have to fail.
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let options = if self.backend() == DbBackend::Sqlite { options } else { TransactionOptions::default() };
        Ok(self.write.begin_with_options(options).await?)
    }

    /// Whether the database answers, soon enough for a probe that will not wait.
    ///
    /// # Errors
    /// [`Error::StoreUnavailable`].
    pub async fn ping(&self) -> Result<()> {
        let silent = |_| Error::StoreUnavailable { reason: "it does not answer".into() };
        Ok(tokio::time::timeout(PROBE, self.read.ping()).await.map_err(silent)??)
    }

    /// Which dialect it speaks.
    pub fn backend(&self) -> DbBackend {
        self.read.get_database_backend()
    }

    /// Lets go of the database.
    pub async fn close(self) {
        // What cannot be closed in order is closed by the end of the process.
        let _ = self.write.close_by_ref().await;
        let _ = self.read.close_by_ref().await;
    }
}
