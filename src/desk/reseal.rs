//! Changing the key that seals stored values: everything is sealed anew with the current one, while the desk works on.

use super::{
    access::{
        Principal,
        audit::{AuditAction, Entry},
    },
    attachments,
    audit::note,
    intake::place,
    seal::{KeyRing, Place},
    store::{
        Store,
        entity::{complaint, webhook},
    },
};
use crate::Result;
use jiff::Timestamp;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};

/// So many complaints change in one transaction.
const PORTION: u64 = 500;

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resealed {
    /// How many values and files there are.
    pub values: u64,
    /// How many of them were under an older key.
    pub changed: u64,
}

/// Seals every stored value with the current key, and notes it in the audit log. Where it breaks off, the next run goes on;
/// an older key may leave the ring when a run has nothing left to change. `progress` hears of the values so far.
///
/// # Errors
/// Those of the database; [`Error::Sealed`](crate::Error::Sealed) where the ring lacks a key.
pub async fn reseal(store: &Store, keys: &KeyRing, now: Timestamp, progress: impl Fn(u64)) -> Result<Resealed> {
    let change = store.begin().await?;
    note(&change, &Entry::new(&Principal::local(), AuditAction::ValuesResealed, Vec::<String>::new(), now)).await?;
    change.commit().await?;
    let mut done = Resealed::default();
    let mut last = String::new();
    loop {
        let rows = complaint::Entity::find()
            .filter(complaint::Column::Id.gt(&last))
            .order_by_asc(complaint::Column::Id)
            .limit(PORTION)
            .all(store.read())
            .await?;
        let Some(end) = rows.last() else { break };
        last = end.id.clone();
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
        let place = Place { table: "webhook", column: "secret", row: &row.id };
        let Some(anew) = keys.reseal(&place, &row.secret_sealed)? else { continue };
        done.changed += 1;
        webhook::Entity::update_many()
            .col_expr(webhook::Column::SecretSealed, Expr::value(anew))
            .filter(webhook::Column::Id.eq(&row.id))
            .exec(&change)
            .await?;
    }
    change.commit().await?;
    let (files, changed) = attachments::reseal(store, keys).await?;
    done.values += files;
    done.changed += changed;
    Ok(done)
}
