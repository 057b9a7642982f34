//! What only one may do at a time, whichever process it is in.

use super::Transaction;
use crate::Result;
use sea_orm::{ConnectionTrait, DbBackend};

/// What a transaction holds until it ends. Numbers are any that no other program on the same PostgreSQL takes for its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    /// Changing the tables.
    Migrate = 1,
    /// Giving out tickets: what somebody can still take depends on all that was given out before.
    Assign = 2,
    /// Appending to the audit log: every entry is chained to the one before.
    Audit = 3,
    /// Relating complaints: two that arrive together must find each other.
    Relate = 4,
}

/// Waits until nobody else holds a lock, and holds it to the end of the transaction. It comes before all rows are locked. With
/// SQLite whoever writes is alone anyway.
pub async fn hold(change: &Transaction, lock: Lock) -> Result<()> {
    if change.get_database_backend() == DbBackend::Postgres {
        let number = 0x6665_6e7a_6865_6e00_i64 + lock as i64;
        change.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({number})")).await?;
    }
    Ok(())
}
