//! Accounts of people: who may sign in, as what, and for which departments.
//!
//! 1. [`Account`] is made and changed by administrators, never with more than they have themselves (`manage`).
//! 2. Signing in counts the try before it checks the password, and gives a session (`sign_in`).
//!
//! An account and a [`Person`](super::people::Person) of the same id are the same human: the one signs in, the other gets
//! tickets.

mod manage;
mod sign_in;

pub use sign_in::SignedIn;

use super::{
    Desk,
    access::{
        DeskRole, Source,
        lockout::{ADDRESS, Lockouts},
        password,
    },
    store::{Transaction, entity::account, instant},
    ticket::Scope,
};
use crate::{Error, Result};
use jiff::Timestamp;
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use tokio::sync::Semaphore;
use utoipa::ToSchema;
use zeroize::Zeroizing;

/// An account, without its password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The name to sign in with. It never changes: it stands in histories.
    #[schema(example = "zhang.wei")]
    pub id: String,
    /// What colleagues call this person.
    pub name: String,
    /// `intake`, `handler`, `supervisor`, `analyst`, `follow_up` or `admin`.
    #[schema(value_type = String, example = "handler")]
    pub role: DeskRole,
    /// The departments whose tickets this person sees, by id; null: of all.
    pub departments: Option<BTreeSet<String>>,
    /// Whether this person may sign in.
    #[serde(default = "enabled")]
    pub enabled: bool,
}

fn enabled() -> bool {
    true
}

impl Account {
    fn scope(&self) -> Scope {
        self.departments.clone().into()
    }
}

/// What slows down guessing in this process.
pub(in crate::desk) struct Doors {
    /// The tries of each address.
    addresses: Lockouts<Source>,
    /// A check takes 19 MiB and a core: no more at once than there are cores.
    checks: Semaphore,
}

/// So many addresses are remembered.
const ADDRESSES: usize = 100_000;

impl Default for Doors {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Doors { addresses: Lockouts::new(ADDRESS, ADDRESSES), checks: Semaphore::new(cores) }
    }
}

impl Doors {
    /// Works on a password where blocking is allowed.
    async fn blocking<T: Send + 'static>(
        &self,
        password: &str,
        work: impl FnOnce(&str) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let password = Zeroizing::new(password.to_owned());
        let _turn = self.checks.acquire().await.map_err(|_| Error::ShuttingDown)?;
        let done = tokio::task::spawn_blocking(move || work(&password)).await;
        done.map_err(|_| Error::Internal("a password was not worked on".into()))?
    }

    /// Hashes a new password of an account after looking whether it is a good one.
    async fn hash_new(&self, password: &str, account: &account::Model) -> Result<String> {
        password::check_new(password, &[&account.id, &account.name])?;
        self.blocking(password, password::hash).await
    }
}

impl Desk {
    /// All accounts, by id, those that are disabled too.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn accounts(&self) -> Result<Vec<Account>> {
        let rows = account::Entity::find().order_by_asc(account::Column::Id).all(self.store().read()).await?;
        rows.iter().map(read).collect()
    }

    /// An account by its id, and when it was made.
    ///
    /// # Errors
    /// [`Error::NoSuchAccount`].
    pub async fn account(&self, id: &str) -> Result<(Account, Timestamp)> {
        let row = account::Entity::find_by_id(id).one(self.store().read()).await?.ok_or(Error::NoSuchAccount)?;
        Ok((read(&row)?, instant(row.created_at)))
    }
}

/// Reads an account to change it: nobody else does until the transaction ends.
async fn lock(change: &Transaction, id: &str) -> Result<Option<account::Model>> {
    let mut find = account::Entity::find_by_id(id);
    if change.get_database_backend() == DbBackend::Postgres {
        find = find.lock_exclusive();
    }
    Ok(find.one(change).await?)
}

fn read(row: &account::Model) -> Result<Account> {
    let unreadable = || Error::Store { reason: "what is stored about an account cannot be read".into() };
    let departments = row.departments.as_deref().map(serde_json::from_str).transpose().map_err(|_| unreadable())?;
    Ok(Account {
        id: row.id.clone(),
        name: row.name.clone(),
        role: row.role.parse().map_err(|_| unreadable())?,
        departments,
        enabled: row.enabled,
    })
}

/// Whether somebody may have it as an id: it stands in histories, paths and logs.
pub(in crate::desk) fn is_id(id: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (1..=64).contains(&id.len()) && id.chars().all(plain)
}

/// Whether somebody may be called so.
pub(in crate::desk) fn is_name(name: &str) -> bool {
    !name.trim().is_empty() && name.chars().count() <= 100 && !name.chars().any(char::is_control)
}
