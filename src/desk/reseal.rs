//! Changing the key that seals stored values: everything is sealed anew with the current one. Servers are stopped for it: they
//! read their keys when they start, and would not open what was sealed with a key that is newer.

use super::{
    access::{
        Principal,
        audit::{AuditAction, Entry},
    },
    attachments,
    audit::note,
    intake::place,
    people,
    seal::KeyRing,
    store::{
        Store, Walk,
        entity::{complaint, staff, webhook},
    },
    webhooks,
};
use crate::Result;
use jiff::Timestamp;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resealed {
    /// How many values and files there are.
    pub values: u64,
    /// How many of them were under an older key.
    pub changed: u64,
}

/// Seals every stored value with the current key, and notes it in the audit log. Where it breaks off, the next run goes on;
/// an older key may leave the ring when a run has nothing left to change. `progress` hears of the values and files so far.
///
/// # Errors
/// Those of the database; [`Error::Sealed`](crate::Error::Sealed) where the ring lacks a key; those of [`attachments::reseal`].
pub async fn reseal(store: &Store, keys: &KeyRing, now: Timestamp, progress: impl Fn(u64)) -> Result<Resealed> {
    let change = store.begin().await?;
    note(&change, &Entry::new(&Principal::local(), AuditAction::ValuesResealed, Vec::<String>::new(), now)).await?;
    change.commit().await?;
    let mut done = Resealed::default();
    let mut walk = Walk::of(complaint::Entity::find(), complaint::Column::Id);
    while let Some(rows) = walk.next(store.read()).await? {
        let change = store.begin().await?;
        for row in &rows {
            use complaint::Column::{ContactSealed, OriginalSealed, TokenSealed};
            for (name, column, sealed) in [
                ("original", OriginalSealed, Some(&row.original_sealed)),
                ("token", TokenSealed, Some(&row.token_sealed)),
                ("contact", ContactSealed, row.contact_sealed.as_ref()),
            ] {
                let Some(sealed) = sealed else { continue };
                done.values += 1;
                let Some(anew) = keys.reseal(&place(name, &row.id), sealed)? else { continue };
                done.changed += 1;
                complaint::Entity::update_many()
                    .col_expr(column, Expr::value(anew))
                    .filter(complaint::Column::Id.eq(&row.id))
                    .exec(&change)
                    .await?;
            }
        }
        change.commit().await?;
        progress(done.values);
    }
    let change = store.begin().await?;
    for row in webhook::Entity::find().all(&change).await? {
        done.values += 1;
        let place = webhooks::place(&row.id);
        let Some(anew) = keys.reseal(&place, &row.secret_sealed)? else { continue };
        done.changed += 1;
        webhook::Entity::update_many()
            .col_expr(webhook::Column::SecretSealed, Expr::value(anew))
            .filter(webhook::Column::Id.eq(&row.id))
            .exec(&change)
            .await?;
    }
    for row in staff::Entity::find().all(&change).await? {
        let Some(sealed) = &row.email_sealed else { continue };
        done.values += 1;
        let Some(anew) = keys.reseal(&people::place(&row.id), sealed)? else { continue };
        done.changed += 1;
        staff::Entity::update_many()
            .col_expr(staff::Column::EmailSealed, Expr::value(anew))
            .filter(staff::Column::Id.eq(&row.id))
            .exec(&change)
            .await?;
    }
    change.commit().await?;
    progress(done.values);
    let (files, changed) = attachments::reseal(store, keys, |files| progress(done.values + files)).await?;
    done.values += files;
    done.changed += changed;
    Ok(done)
}
