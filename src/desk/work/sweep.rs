//! Sweeping up: files behind those who broke off, and rows that nobody will ask for any more. The jobs are there from the
//! migration on, and each puts itself back.

use crate::{
    Desk, Error, Result,
    desk::store::{
        entity::{delivery, fingerprint, idempotency, job, notice},
        micros,
        queue::{self, Claim, Work},
    },
};
use jiff::{SignedDuration, Timestamp};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

/// A subject of this work: files that were received and that nobody took. The other is rows that are too old to matter.
const ATTACHMENTS: &str = "attachments";
/// How often it is done.
const EVERY: SignedDuration = SignedDuration::from_hours(6);
/// When it goes on where there is more.
const SOON: SignedDuration = SignedDuration::from_secs(1);
/// For so long notices can be looked up.
const KEPT: SignedDuration = SignedDuration::from_hours(366 * 24);
/// For so long at least the same key of a request gives the same answer.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(7 * 24);
/// So many of a kind go at a time: others have to write too.
const PORTION: u64 = 1_000;

impl Desk {
    /// Removes what is to be removed, and comes again. A store of objects that is out of reach is no reason to give up.
    pub(super) async fn sweep_up(&self, claim: &Claim) -> Result<()> {
        let mut pause = EVERY;
        match claim.subject.as_str() {
            // Without a place for files there are none.
            ATTACHMENTS if self.store().objects().is_err() => {}
            ATTACHMENTS => match self.sweep_attachments().await {
                Ok(0) => {}
                Ok(removed) => tracing::info!(removed, "attachments that nobody took were removed"),
                Err(fault @ Error::AttachmentStore { .. }) => {
                    tracing::warn!(code = fault.code(), "attachments are swept later");
                }
                Err(fault) => return Err(fault),
            },
            _ if self.sweep_rows().await? => pause = SOON,
            _ => {}
        }
        let next = self.now().checked_add(pause).unwrap_or(Timestamp::MAX);
        queue::again(self.store().writer(), claim, next).await
    }

    /// Removes a portion of each kind. Returns whether there is more.
    async fn sweep_rows(&self) -> Result<bool> {
        let now = self.now();
        self.sweep_sign_ins(now).await?;
        let whole = [self.sweep_keys(now).await?, self.sweep_words(now).await?, self.sweep_notices(now).await?];
        Ok(whole.contains(&PORTION))
    }

    /// Forgets the keys of requests whose time is over.
    async fn sweep_keys(&self, now: Timestamp) -> Result<u64> {
        use idempotency::Column::{CreatedAt, Key};
        let old = CreatedAt.lt(before(now, REMEMBERED));
        let find = idempotency::Entity::find().select_only().column(Key).filter(old);
        let keys: Vec<String> = find.limit(PORTION).into_tuple().all(self.store().read()).await?;
        idempotency::Entity::delete_many().filter(Key.is_in(&keys)).exec(self.store().writer()).await?;
        Ok(keys.len() as u64)
    }

    /// Removes the keys of words under which nobody looks any more.
    async fn sweep_words(&self, now: Timestamp) -> Result<u64> {
        use fingerprint::Column::{At, ComplaintId};
        let relate = &self.house().relate;
        let windows = [relate.duplicate_within, relate.follow_up_within, relate.related_within, relate.wave_within];
        let old = At.lt(before(now, windows.into_iter().max().unwrap_or_default()));
        let find = fingerprint::Entity::find().select_only().column(ComplaintId).distinct().filter(old.clone());
        let ids: Vec<String> = find.limit(PORTION).into_tuple().all(self.store().read()).await?;
        let theirs = fingerprint::Entity::delete_many().filter(old).filter(ComplaintId.is_in(&ids));
        theirs.exec(self.store().writer()).await?;
        Ok(ids.len() as u64)
    }

    /// Removes notices that are older than a year, with what was to become of them.
    async fn sweep_notices(&self, now: Timestamp) -> Result<u64> {
        use notice::Column::{CreatedAt, Id};
        let old = CreatedAt.lt(before(now, KEPT));
        let find = notice::Entity::find().select_only().column(Id).filter(old).order_by_asc(CreatedAt);
        let ids: Vec<String> = find.limit(PORTION).into_tuple().all(self.store().read()).await?;
        let change = self.store().begin().await?;
        let theirs = delivery::Column::NoticeId.is_in(&ids);
        let deliveries = delivery::Entity::find().select_only().column(delivery::Column::Id).filter(theirs.clone());
        job::Entity::delete_many()
            .filter(job::Column::Kind.eq(Work::Deliver.id()))
            .filter(job::Column::Subject.in_subquery(deliveries.into_query()))
            .exec(&change)
            .await?;
        delivery::Entity::delete_many().filter(theirs).exec(&change).await?;
        notice::Entity::delete_many().filter(Id.is_in(&ids)).exec(&change).await?;
        change.commit().await?;
        Ok(ids.len() as u64)
    }
}

fn before(now: Timestamp, duration: SignedDuration) -> i64 {
    micros(now.checked_sub(duration).unwrap_or(Timestamp::MIN))
}
