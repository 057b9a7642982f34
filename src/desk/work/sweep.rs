//! Sweeping up: files behind those who broke off, and rows that nobody will ask for any more.

use crate::{
    Desk, Error, Result,
    desk::store::{
        Store, Transaction,
        entity::{delivery, fingerprint, notice},
        micros,
        queue::{self, Claim, Work},
    },
};
use jiff::{SignedDuration, Timestamp};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

/// A subject of this work: files that were received and that nobody took.
const ATTACHMENTS: &str = "attachments";
/// The other: rows that are too old to matter.
const ROWS: &str = "rows";
/// How often it is done.
const EVERY: SignedDuration = SignedDuration::from_hours(6);
/// For so long notices can be looked up.
const KEPT: SignedDuration = SignedDuration::from_hours(366 * 24);
/// So many go in one transaction: others have to write too.
const PORTION: u64 = 1_000;

/// Sees that this work is in the queue.
pub(super) async fn ensure(change: &Transaction, store: &Store, now: Timestamp) -> Result<()> {
    if store.objects().is_ok() {
        queue::ensure(change, Work::Sweep, ATTACHMENTS, now).await?;
    }
    queue::ensure(change, Work::Sweep, ROWS, now).await
}

impl Desk {
    /// Removes what is to be removed, and comes again. A store of objects that is out of reach is no reason to give up.
    pub(super) async fn sweep_up(&self, claim: &Claim) -> Result<()> {
        match claim.subject.as_str() {
            ATTACHMENTS => match self.sweep_attachments().await {
                Ok(0) => {}
                Ok(removed) => tracing::info!(removed, "attachments that nobody took were removed"),
                Err(fault @ Error::AttachmentStore { .. }) => {
                    tracing::warn!(code = fault.code(), "attachments are swept later");
                }
                Err(fault) => return Err(fault),
            },
            _ => self.sweep_rows().await?,
        }
        let next = self.now().checked_add(EVERY).unwrap_or(Timestamp::MAX);
        queue::again(self.store().writer(), claim, next).await
    }

    /// Removes the keys of words under which nobody looks any more, and notices that are older than a year with what was to
    /// become of them.
    async fn sweep_rows(&self) -> Result<()> {
        let before = |duration| micros(self.now().checked_sub(duration).unwrap_or(Timestamp::MIN));
        let relate = &self.house().relate;
        let windows = [relate.duplicate_within, relate.follow_up_within, relate.related_within, relate.wave_within];
        let old = before(windows.into_iter().max().unwrap_or_default());
        loop {
            use fingerprint::Column::{At, ComplaintId};
            let find = fingerprint::Entity::find().select_only().column(ComplaintId).distinct().filter(At.lt(old));
            let ids: Vec<String> = find.limit(PORTION).into_tuple().all(self.store().read()).await?;
            if ids.is_empty() {
                break;
            }
            let theirs = fingerprint::Entity::delete_many().filter(At.lt(old)).filter(ComplaintId.is_in(ids));
            theirs.exec(self.store().writer()).await?;
        }
        let old = before(KEPT);
        loop {
            use notice::Column::{CreatedAt, Id};
            let find =
                notice::Entity::find().select_only().column(Id).filter(CreatedAt.lt(old)).order_by_asc(CreatedAt);
            let ids: Vec<String> = find.limit(PORTION).into_tuple().all(self.store().read()).await?;
            if ids.is_empty() {
                break;
            }
            let change = self.store().begin().await?;
            let theirs = delivery::Entity::delete_many().filter(delivery::Column::NoticeId.is_in(&ids));
            theirs.exec(&change).await?;
            notice::Entity::delete_many().filter(Id.is_in(&ids)).exec(&change).await?;
            change.commit().await?;
        }
        Ok(())
    }
}
