//! Copies a database while it is in use, and proves that the copy can be read.

use super::{Store, entity, migrate};
use crate::{
    Error, Result,
    desk::{
        attachments::{Objects, backup::see_to},
        seal::KeyRing,
    },
};
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, PaginatorTrait, Statement};
use std::path::Path;

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Backup {
    /// How many complaints.
    pub complaints: u64,
    /// How many tickets.
    pub tickets: u64,
    /// How many events, of all histories.
    pub events: u64,
    /// How many attachments its complaints have.
    pub attachments: u64,
}

/// Copies a SQLite database into a new file, as it is at one instant, and checks the copy: its pages, its references, and that
/// this program can open it.
///
/// # Errors
/// [`Error::Backup`] where the file exists, the copy is not whole, or the database is no SQLite.
pub async fn copy(store: &Store, to: &Path) -> Result<Backup> {
    let wrong = |reason: String| Error::Backup { reason };
    if store.backend() != DbBackend::Sqlite {
        return Err(wrong("a PostgreSQL database is copied with its own pg_dump".into()));
    }
    if to.exists() {
        return Err(wrong(format!("{} exists already", to.display())));
    }
    let path = to.to_str().ok_or_else(|| wrong("the path is not UTF-8".into()))?;
    let copy = Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO $1", [path.into()]);
    store.read().execute_raw(copy).await.map_err(|_| wrong(format!("{} cannot be written", to.display())))?;
    forget_uploads(to).await?;
    verify(to).await
}

/// What was on its way belongs to the desk that was copied: one that begins with the copy must not sweep it.
async fn forget_uploads(file: &Path) -> Result<()> {
    let store = super::connect::open(&format!("sqlite://{}", file.display())).await?;
    entity::upload::Entity::delete_many().exec(store.writer()).await?;
    store.close().await;
    Ok(())
}

/// Sees that the attachments of a copied database are in the folder `copies`, whole; those that are not are copied first from
/// where they are in use, where that is given.
///
/// # Errors
/// [`Error::Backup`] with how many are missing or damaged, and the first of them.
pub async fn attachments(file: &Path, from: Option<&Objects>, copies: &Path, keys: &KeyRing) -> Result<()> {
    if from.is_none() && !copies.is_dir() {
        return Err(Error::Backup { reason: format!("there is no folder {}", copies.display()) });
    }
    let copies = Objects::in_folder(copies)?;
    let store = super::connect::open(&format!("sqlite://{}", file.display())).await?;
    see_to(&store, from, &copies, keys).await?;
    store.close().await;
    Ok(())
}

/// Opens a copy and checks it.
///
/// # Errors
/// [`Error::Backup`] where it is not whole.
pub async fn verify(file: &Path) -> Result<Backup> {
    let wrong = |reason: String| Error::Backup { reason: format!("{}: {reason}", file.display()) };
    if !file.is_file() {
        return Err(wrong("there is no such file".into()));
    }
    let store = super::connect::open(&format!("sqlite://{}", file.display())).await?;
    let database = store.read();
    for (pragma, told) in [("integrity_check", "its pages are damaged"), ("foreign_key_check", "references are broken")]
    {
        let rows = database
            .query_all_raw(Statement::from_string(DbBackend::Sqlite, format!("PRAGMA {pragma}")))
            .await
            .map_err(|_| wrong("it is no SQLite database".into()))?;
        let fine = match rows.first() {
            None => true,
            Some(row) => {
                pragma == "integrity_check" && row.try_get_by_index::<String>(0).is_ok_and(|told| told == "ok")
            }
        };
        if !fine {
            return Err(wrong(told.into()));
        }
    }
    if migrate::state(&store).await.map_or(true, |applied| applied.is_empty()) {
        return Err(wrong("it is no database of a desk".into()));
    }
    let backup = Backup {
        complaints: entity::complaint::Entity::find().count(database).await?,
        tickets: entity::ticket::Entity::find().count(database).await?,
        events: entity::ticket_event::Entity::find().count(database).await?,
        attachments: entity::attachment::Entity::find().count(database).await?,
    };
    store.close().await;
    Ok(backup)
}
