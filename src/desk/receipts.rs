//! What stands behind the decisions of a desk, with the complaints that they were about, so that they can be made again and compared.

use super::{
    access::{
        Principal,
        audit::{AuditAction, Entry},
    },
    audit::note,
    seal::KeyRing,
    store::{
        Store, Walk,
        entity::{complaint, decision},
        micros,
    },
    work::asked_of,
};
use crate::{Complaint, Error, Result, decide::Receipt};
use jiff::Timestamp;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use std::collections::BTreeMap;

/// The decisions of a desk since a moment, the oldest first.
pub struct Receipts<'a> {
    store: &'a Store,
    keys: &'a KeyRing,
    walk: Walk<decision::Entity>,
    /// How many there are.
    pub count: u64,
}

impl<'a> Receipts<'a> {
    /// Begins before the first, after noting in the audit log that somebody at this machine does so: originals are opened for it.
    /// Decisions without a receipt are of an older program, and not among them.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn open(store: &'a Store, keys: &'a KeyRing, since: Option<Timestamp>, now: Timestamp) -> Result<Self> {
        let change = store.begin().await?;
        let entry = Entry::new(&Principal::local(), AuditAction::DecisionsReplayed, Vec::<String>::new(), now);
        note(&change, &entry).await?;
        change.commit().await?;
        let mut rows = decision::Entity::find().filter(decision::Column::Receipt.is_not_null());
        if let Some(since) = since {
            rows = rows.filter(decision::Column::DecidedAt.gte(micros(since)));
        }
        let count = rows.clone().count(store.read()).await?;
        Ok(Receipts { store, keys, walk: Walk::of(rows, decision::Column::ComplaintId), count })
    }

    /// The next receipts with their complaints; none at the end.
    ///
    /// # Errors
    /// Those of the database; [`Error::Sealed`] where the ring lacks a key; [`Error::Store`] where a receipt cannot be read.
    pub async fn next(&mut self) -> Result<Option<Vec<(Receipt, Complaint)>>> {
        let Some(decided) = self.walk.next(self.store.read()).await? else { return Ok(None) };
        let ids = decided.iter().map(|row| row.complaint_id.as_str());
        let rows = complaint::Entity::find().filter(complaint::Column::Id.is_in(ids)).all(self.store.read()).await?;
        let mut rows: BTreeMap<String, complaint::Model> = rows.into_iter().map(|row| (row.id.clone(), row)).collect();
        let mut found = Vec::with_capacity(decided.len());
        for row in decided {
            let Some((receipt, complaint)) = row.receipt.zip(rows.remove(&row.complaint_id)) else { continue };
            let receipt = serde_json::from_str(&receipt).map_err(|fault| Error::Store {
                reason: format!("the receipt of {} cannot be read: column {}", row.complaint_id, fault.column()),
            })?;
            found.push((receipt, asked_of(self.keys, &complaint)?));
        }
        Ok(Some(found))
    }
}
