//! The audit log in the store, and what is read only with an entry in it.

use super::{
    Desk,
    access::{
        Principal,
        audit::{AuditAction, Entry, Head, Link, Purpose, verify},
    },
    intake::place,
    store::{
        Lock, Store, Transaction,
        entity::{audit, complaint},
        hold, micros, queue,
    },
};
use crate::{Error, Result};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

/// So many entries are read at once.
const PORTION: u64 = 1_000;

/// What a customer sent, unmasked.
pub struct Original {
    /// The message.
    pub text: String,
    /// How to reach the customer, where that was given.
    pub contact: Option<String>,
}

/// Appends an entry in the transaction of what it is about.
///
/// # Errors
/// Those of the database.
pub async fn note(change: &Transaction, entry: &Entry) -> Result<()> {
    hold(change, Lock::Audit).await?;
    let last = audit::Entity::find().order_by_desc(audit::Column::Sequence).one(change).await?;
    let mut head = last.map_or(Ok(Head::START), |row| Head::of(&link(row)))?;
    let link = head.append(entry);
    let row = audit::ActiveModel {
        sequence: Set(link.sequence as i64),
        at: Set(micros(entry.at)),
        entry: Set(link.entry),
        hash: Set(link.hash),
    };
    audit::Entity::insert(row).exec_without_returning(change).await?;
    Ok(())
}

/// Reads the whole chain and returns its end.
///
/// # Errors
/// [`Error::AuditChain`] with the first entry that is not as it was written.
pub async fn check(store: &Store) -> Result<Head> {
    let mut head = Head::START;
    loop {
        let rows = audit::Entity::find()
            .filter(audit::Column::Sequence.gt(head.sequence() as i64))
            .order_by_asc(audit::Column::Sequence)
            .limit(PORTION)
            .all(store.read())
            .await?;
        if rows.is_empty() {
            return Ok(head);
        }
        head = verify(head, rows.into_iter().map(link))?;
    }
}

impl Desk {
    /// Shows an original text with its contact, after noting who asked and what for.
    ///
    /// # Errors
    /// [`Error::NoSuchComplaint`]; [`Error::Sealed`] where the key is missing.
    pub async fn original(
        &self,
        id: &str,
        principal: &Principal,
        purpose: Purpose,
        request: Option<String>,
    ) -> Result<Original> {
        let row = complaint::Entity::find_by_id(id).one(self.store().read()).await?.ok_or(Error::NoSuchComplaint)?;
        let text = self.keys().open_text(&place("original", id), &row.original_sealed)?;
        let contact = row.contact_sealed.as_ref().map(|sealed| self.keys().open_text(&place("contact", id), sealed));
        let contact = contact.transpose()?;
        let change = self.store().begin().await?;
        let entry = Entry::new(principal, AuditAction::OriginalRead, [id], self.now());
        note(&change, &Entry { purpose: Some(purpose), request_id: request, ..entry }).await?;
        change.commit().await?;
        Ok(Original { text: text.to_string(), contact: contact.map(|contact| contact.to_string()) })
    }

    /// Lets dead work try again, after noting who wanted it; false where there is none of this id.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn revive(&self, id: &str, principal: &Principal) -> Result<bool> {
        let (change, now) = (self.store().begin().await?, self.now());
        // First, as everybody does who writes an entry: two who wait for each other's lock would never end.
        hold(&change, Lock::Audit).await?;
        let revived = queue::revive(&change, id, now).await?;
        if revived {
            note(&change, &Entry::new(principal, AuditAction::WorkReplayed, [id], now)).await?;
            change.commit().await?;
            queue::Work::ALL.into_iter().for_each(|work| self.wake(work));
        }
        Ok(revived)
    }

    /// The latest entries, newest first, after noting who asked.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn audit_log(&self, principal: &Principal, limit: u64, before: Option<u64>) -> Result<Vec<Link>> {
        let change = self.store().begin().await?;
        let mut find = audit::Entity::find();
        if let Some(before) = before {
            find = find.filter(audit::Column::Sequence.lt(i64::try_from(before).unwrap_or(i64::MAX)));
        }
        let rows = find.order_by_desc(audit::Column::Sequence).limit(limit).all(&change).await?;
        note(&change, &Entry::new(principal, AuditAction::AuditRead, Vec::<String>::new(), self.now())).await?;
        change.commit().await?;
        Ok(rows.into_iter().map(link).collect())
    }
}

fn link(row: audit::Model) -> Link {
    Link { sequence: u64::try_from(row.sequence).unwrap_or(0), entry: row.entry, hash: row.hash }
}
