//! How each kind of database is opened.

use super::Store;
use crate::{Error, Result};
use sea_orm::{
    ConnectOptions, Database, DatabaseConnection,
    sqlx::{self, Connection, PgConnection, Postgres, Sqlite, SqliteConnection, pool::PoolOptions},
};
use std::time::Duration;

/// How long somebody waits for a connection or for others to finish writing.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a connection may take to say that it is there, after it was used.
const PROBE: Duration = Duration::from_secs(5);
/// Connections that read, or with PostgreSQL do everything.
const CONNECTIONS: u32 = 10;

pub(super) async fn open(url: &str) -> Result<Store> {
    if let Some(file) = url.strip_prefix("sqlite:") {
        let file = file.strip_prefix("//").unwrap_or(file);
        if file.is_empty() || file.contains('?') || file.contains(":memory:") {
            return Err(Error::StoreUrl { reason: "a SQLite URL is `sqlite://` and the path of a file".into() });
        }
        // The writer first: it makes the file.
        let write = sqlite(file, 1).await?;
        return Ok(Store { read: sqlite(file, CONNECTIONS).await?, write, objects: None });
    }
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        let both = postgres(url).await?;
        return Ok(Store { read: both.clone(), write: both, objects: None });
    }
    Err(Error::StoreUrl { reason: "it begins with neither `sqlite:` nor `postgres:`".into() })
}

async fn sqlite(file: &str, connections: u32) -> Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(format!("sqlite://{file}?mode=rwc"));
    let kept = |pool: PoolOptions<Sqlite>| pool.after_release(|connection, _| Box::pin(is_settled(connection)));
    options.map_sqlx_sqlite_pool_opts(kept);
    quiet(&mut options).max_connections(connections).min_connections(1).map_sqlx_sqlite_opts(|options| {
        options
            .foreign_keys(true)
            .busy_timeout(PATIENCE)
            .pragma("journal_mode", "WAL")
            // Acknowledged is on the disk, not only in the system's hands.
            .pragma("synchronous", "FULL")
            .pragma("cache_size", "-16000")
            .pragma("temp_store", "MEMORY")
    });
    // SQLite says only "unable to open database file"; the path is the caller's own.
    Database::connect(options).await.map_err(|_| Error::StoreUnavailable { reason: format!("{file} cannot be opened") })
}

/// Whether a connection may be used again. Where a write fails, as on a full disk, SQLite ends the transaction by itself, and sqlx
/// counts one that is still open: the next would begin inside of it, and be lost although it was committed.
async fn is_settled(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    // What a dropped transaction takes back stands in line before this.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

/// Whether a connection may be used again. One whose other end is gone without a word would be waited for, in its place in the
/// pool.
async fn answers(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    // What a dropped transaction takes back stands in line before this.
    Ok(tokio::time::timeout(PROBE, connection.ping()).await.is_ok_and(|answer| answer.is_ok()))
}

async fn postgres(url: &str) -> Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(url);
    let kept = |pool: PoolOptions<Postgres>| pool.after_release(|connection, _| Box::pin(answers(connection)));
    options.map_sqlx_postgres_pool_opts(kept);
    quiet(&mut options).max_connections(CONNECTIONS).min_connections(1).set_application_name("fenzhen");
    // The URL may hold a password, so it is not repeated.
    Database::connect(options)
        .await
        .map_err(|_| Error::StoreUnavailable { reason: "the PostgreSQL of the URL does not let us in".into() })
}

/// Statements carry complaints, so none is logged.
fn quiet(options: &mut ConnectOptions) -> &mut ConnectOptions {
    options.sqlx_logging(false).record_stmt_in_spans(false).connect_timeout(PATIENCE).acquire_timeout(PATIENCE)
}
