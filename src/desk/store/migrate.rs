//! Migrations: the SQL files in `migrations`, each applied once, in order, in a transaction of its own.
//!
//! A file that was shipped is never changed; what comes later is the next file. So a database says by its version which
//! tables it has, and by the hash whether they came from the same file.

use super::{Lock, Store, hold, micros};
use crate::{Error, Result};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use sha2::{Digest, Sha256};

/// One step.
struct Migration {
    name: &'static str,
    /// For both dialects.
    shared: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

const MIGRATIONS: [Migration; 2] = [
    Migration {
        name: "0001_desk",
        shared: include_str!("migrations/0001_desk.sql"),
        sqlite: include_str!("migrations/0001_desk.sqlite.sql"),
        postgres: include_str!("migrations/0001_desk.postgres.sql"),
    },
    Migration { name: "0002_receipt", shared: include_str!("migrations/0002_receipt.sql"), sqlite: "", postgres: "" },
];

/// What a database has of the migrations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// From 1.
    pub version: i64,
    /// The name of the file.
    pub name: String,
}

/// Applies what is missing and returns what was applied now. Several processes that do it at once wait for each other.
///
/// # Errors
/// [`Error::StoreVersion`] where the database comes from a newer program, or from other files than this one's.
pub async fn run(store: &Store) -> Result<Vec<Applied>> {
    let change = store.begin().await?;
    hold(&change, Lock::Migrate).await?;
    change
        .execute_unprepared(
            "CREATE TABLE IF NOT EXISTS schema_version \
             (version BIGINT PRIMARY KEY, name TEXT NOT NULL, hash TEXT NOT NULL, applied_at BIGINT NOT NULL)",
        )
        .await?;
    let known = applied(&change).await?;
    let mut new = Vec::new();
    for (place, version) in (1..).zip(&known) {
        check(place, version)?;
    }
    for (version, migration) in (1i64..).zip(&MIGRATIONS).skip(known.len()) {
        for statement in migration.statements(store.backend()) {
            change.execute_unprepared(&statement).await?;
        }
        let values =
            [version.into(), migration.name.into(), migration.hash().into(), micros(jiff::Timestamp::now()).into()];
        let insert = "INSERT INTO schema_version (version, name, hash, applied_at) VALUES ($1, $2, $3, $4)";
        change.execute_raw(Statement::from_sql_and_values(store.backend(), insert, values)).await?;
        new.push(Applied { version, name: migration.name.into() });
    }
    change.commit().await?;
    Ok(new)
}

/// What a database has, in order.
pub async fn state(store: &Store) -> Result<Vec<Applied>> {
    let known = applied(store.read()).await?;
    Ok(known.into_iter().map(|row| Applied { version: row.version, name: row.name }).collect())
}

struct Row {
    version: i64,
    name: String,
    hash: String,
}

async fn applied(database: &impl ConnectionTrait) -> Result<Vec<Row>> {
    let select = "SELECT version, name, hash FROM schema_version ORDER BY version";
    let rows = database.query_all_raw(Statement::from_string(database.get_database_backend(), select)).await?;
    rows.iter()
        .map(|row| {
            Ok(Row {
                version: row.try_get("", "version")?,
                name: row.try_get("", "name")?,
                hash: row.try_get("", "hash")?,
            })
        })
        .collect()
}

fn check(place: i64, row: &Row) -> Result<()> {
    let wrong = |reason: String| Err(Error::StoreVersion { reason });
    match MIGRATIONS.get(usize::try_from(place - 1).unwrap_or(usize::MAX)) {
        None => {
            wrong(format!("it is at version {} (`{}`), this program knows {}", row.version, row.name, MIGRATIONS.len()))
        }
        Some(migration) if row.version != place || row.hash != migration.hash() => {
            wrong(format!("its version {} (`{}`) is not the one that this program knows", row.version, row.name))
        }
        Some(_) => Ok(()),
    }
}

impl Migration {
    fn hash(&self) -> String {
        let mut hash = Sha256::new();
        [self.shared, self.sqlite, self.postgres].iter().for_each(|text| hash.update(text.as_bytes()));
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The statements for a dialect, comments left out.
    fn statements(&self, backend: DbBackend) -> Vec<String> {
        let (bytes, own) = match backend {
            DbBackend::Postgres => ("BYTEA", self.postgres),
            _ => ("BLOB", self.sqlite),
        };
        let text = format!("{}\n{own}", self.shared).replace("{bytes}", bytes);
        let lines = text.lines().filter(|line| !line.trim_start().starts_with("--"));
        let text: String = lines.flat_map(|line| [line, "\n"]).collect();
        text.split(';').map(str::trim).filter(|statement| !statement.is_empty()).map(str::to_owned).collect()
    }
}
