//! API keys in the store.

use super::{
    Desk,
    access::{
        DeskRole, Permission, Principal,
        key::{Key, KeyRecord, unknown},
    },
    store::{
        Store,
        entity::{account, api_key},
        instant, micros,
    },
};
use crate::{Error, Result};
use jiff::Timestamp;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder,
    sea_query::{Expr, OnConflict},
};
use std::collections::BTreeSet;

impl Desk {
    /// Who a key stands for.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`].
    pub async fn principal(&self, key: &Key) -> Result<Principal> {
        let now = self.now();
        let row = api_key::Entity::find_by_id(key.id()).one(self.store().read()).await?.ok_or_else(unknown)?;
        let mut record = record(row)?;
        let principal = record.verify(key, now)?;
        if record.touch(now) {
            // Only for finding keys that nobody uses: where it cannot be noted, the request goes on.
            let noted = api_key::Entity::update_many()
                .col_expr(api_key::Column::UsedAt, Expr::value(record.used_at.map(micros)))
                .filter(api_key::Column::Id.eq(key.id()))
                .exec(self.store().writer())
                .await;
            if let Err(fault) = noted {
                tracing::warn!(code = Error::from(fault).code(), "the use of a key was not noted");
            }
        }
        Ok(principal)
    }
}

/// How many keys and accounts of administrators are good at an instant: those that nothing narrows, for the others cannot
/// mend what is broken.
///
/// # Errors
/// Those of the database.
pub async fn administrators(store: &Store, now: Timestamp) -> Result<u64> {
    administrators_in(store.read(), now).await
}

/// The same inside of a transaction.
pub(in crate::desk) async fn administrators_in(database: &impl ConnectionTrait, now: Timestamp) -> Result<u64> {
    use sea_orm::Condition;
    let good =
        Condition::any().add(api_key::Column::ExpiresAt.is_null()).add(api_key::Column::ExpiresAt.gt(micros(now)));
    let found = api_key::Entity::find()
        .filter(api_key::Column::Role.eq(DeskRole::Admin.id()))
        .filter(api_key::Column::RevokedAt.is_null())
        .filter(api_key::Column::Scopes.is_null())
        .filter(api_key::Column::Departments.is_null())
        .filter(good);
    let accounts = account::Entity::find()
        .filter(account::Column::Role.eq(DeskRole::Admin.id()))
        .filter(account::Column::Departments.is_null())
        .filter(account::Column::Enabled.eq(true));
    Ok(found.count(database).await? + accounts.count(database).await?)
}

/// Stores a key that was made, or what has changed about it.
///
/// # Errors
/// Those of the database.
pub async fn keep(database: &impl ConnectionTrait, key: &KeyRecord) -> Result<()> {
    let scopes = key.scopes.as_ref().map(|scopes| serde_json::to_string(scopes).expect("ids are JSON"));
    let departments = key.departments.ids().map(|ids| serde_json::to_string(ids).expect("ids are JSON"));
    let row = api_key::Model {
        id: key.id.clone(),
        name: key.name.clone(),
        secret_hash: key.secret_hash.clone(),
        role: key.role.id().into(),
        scopes,
        departments,
        created_at: micros(key.created_at),
        expires_at: key.expires_at.map(micros),
        revoked_at: key.revoked_at.map(micros),
        used_at: key.used_at.map(micros),
    };
    let changed = [api_key::Column::ExpiresAt, api_key::Column::RevokedAt, api_key::Column::UsedAt];
    let again = OnConflict::column(api_key::Column::Id).update_columns(changed).to_owned();
    let row = row.into_active_model().reset_all();
    api_key::Entity::insert(row).on_conflict(again).exec_without_returning(database).await?;
    Ok(())
}

/// All keys, oldest first, those that are over too.
///
/// # Errors
/// Those of the database.
pub async fn all(store: &Store) -> Result<Vec<KeyRecord>> {
    let rows = api_key::Entity::find().order_by_asc(api_key::Column::CreatedAt).all(store.read()).await?;
    rows.into_iter().map(record).collect()
}

/// A key by its public id.
///
/// # Errors
/// [`Error::NoSuchKey`].
pub async fn find(store: &Store, id: &str) -> Result<KeyRecord> {
    let row = api_key::Entity::find_by_id(id).one(store.read()).await?;
    record(row.ok_or(Error::NoSuchKey)?)
}

fn record(row: api_key::Model) -> Result<KeyRecord> {
    let unreadable = || Error::Store { reason: "what is stored about a key cannot be read".into() };
    let scopes: Option<BTreeSet<Permission>> =
        row.scopes.map(|json| serde_json::from_str(&json)).transpose().map_err(|_| unreadable())?;
    let departments: Option<BTreeSet<String>> =
        row.departments.map(|json| serde_json::from_str(&json)).transpose().map_err(|_| unreadable())?;
    Ok(KeyRecord {
        id: row.id,
        name: row.name,
        secret_hash: row.secret_hash,
        role: row.role.parse().map_err(|_| unreadable())?,
        scopes,
        departments: departments.into(),
        created_at: instant(row.created_at),
        expires_at: row.expires_at.map(instant),
        revoked_at: row.revoked_at.map(instant),
        used_at: row.used_at.map(instant),
    })
}
