//! Deadlines for a mailbox of the house: however many run out on a bad morning, it is few messages. [`plan`] says what goes now and
//! what waits for company; here the deliveries of one mailbox are taken together, by one worker at a time.

use super::{
    LEASE,
    deliver::{Target, read},
};
use crate::{
    Desk, Error, Result,
    desk::{
        notify::{DigestPolicy, GATHERED, Notice, Outcome, Plan, next_attempt, plan},
        store::{
            Transaction,
            entity::{delivery, job, notice, recipient},
            instant, micros,
            queue::{self, Claim, Work},
        },
    },
};
use jiff::{SignedDuration, Timestamp};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Expr, OnConflict},
};
use uuid::Uuid;

/// So many deliveries at most become one message.
const TOGETHER: u64 = 500;
/// When somebody else is writing to the mailbox: long enough for a message to be sent.
const LATER: SignedDuration = SignedDuration::from_secs(2);

impl Desk {
    /// Sends a mailbox what has to be told by now, with all that waits for it; or lets it wait. What came of it is written for
    /// each delivery: as with any other, a process that dies in between tries again.
    pub(super) async fn deliver_gathered(&self, claim: &Claim, mailbox: &str, target: &Target<'_>) -> Result<()> {
        let now = self.now();
        let change = self.store().begin().await?;
        let Some(turn) = Turn::take(&change, mailbox, now).await? else {
            queue::again(&change, claim, later(now, LATER)).await?;
            return Ok(change.commit().await?);
        };
        let mut claims = vec![claim.clone()];
        claims.extend(queue::join(&change, Work::Deliver, claim, TOGETHER, theirs(mailbox), LEASE, now).await?);
        let rows = notices(&change, &claims).await?;
        change.commit().await?;
        let notices: Vec<Notice> = rows.iter().map(read).collect::<Result<_>>()?;

        let Plan { now: messages, until, .. } =
            plan(&notices, turn.told_at, &DigestPolicy::default(), now, Uuid::now_v7());
        let mut outcome = Outcome::Delivered;
        for message in &messages {
            // They are all about deadlines, so it is one at most: a digest, or one of them as it is.
            let id = message.notice.id.to_string();
            let ticket = rows.iter().find(|row| row.id == id).and_then(|row| row.ticket_id.as_deref());
            outcome = self.attempt(ticket, &message.notice, target).await?;
        }
        let sent = !messages.is_empty() && matches!(outcome, Outcome::Delivered);
        let now = self.now();
        let next = next_attempt(u32::try_from(claim.attempts).unwrap_or(u32::MAX), &outcome, now, rand::random());
        let change = self.store().begin().await?;
        for claim in &claims {
            let noted = match (&outcome, until) {
                (Outcome::Retry { reason, .. } | Outcome::Refused { reason }, _) => {
                    let later = next.map(|next| next.duration_since(now));
                    queue::failed(&change, Work::Deliver, claim, reason, later, now).await.map(drop)
                }
                (_, Some(until)) => queue::again(&change, claim, until).await,
                (_, None) => queue::done(&change, claim).await,
            };
            match noted {
                // Somebody has it by now who tells it once more: better than not at all.
                Err(Error::LeaseLost) => {}
                noted => noted?,
            }
        }
        turn.end(&change, sent.then_some(now)).await?;
        Ok(change.commit().await?)
    }
}

/// The right to write to a mailbox, for as long as a lease.
struct Turn<'m> {
    mailbox: &'m str,
    /// When it was last told of deadlines.
    told_at: Option<Timestamp>,
}

impl<'m> Turn<'m> {
    /// None where somebody else has it.
    async fn take(change: &Transaction, mailbox: &'m str, now: Timestamp) -> Result<Option<Self>> {
        use recipient::{ActiveModel, Column, Entity};
        let first = ActiveModel { id: Set(mailbox.into()), told_at: Set(None), busy_until: Set(None) };
        let once = OnConflict::column(Column::Id).do_nothing().to_owned();
        Entity::insert(first).on_conflict(once).exec_without_returning(change).await?;
        // A time that no lease reaches was written by a clock that was ahead.
        let (now_at, ahead) = (micros(now), micros(later(now, LEASE * 2)));
        let free = Condition::any()
            .add(Column::BusyUntil.is_null())
            .add(Column::BusyUntil.lte(now_at))
            .add(Column::BusyUntil.gt(ahead));
        let taken = Entity::update_many()
            .col_expr(Column::BusyUntil, Expr::value(micros(later(now, LEASE))))
            .filter(Column::Id.eq(mailbox))
            .filter(free)
            .exec(change)
            .await?;
        if taken.rows_affected == 0 {
            return Ok(None);
        }
        let row = Entity::find_by_id(mailbox).one(change).await?;
        // Nor was anything told in times to come.
        let told_at = row.and_then(|row| row.told_at).map(instant).filter(|at| *at <= now);
        Ok(Some(Turn { mailbox, told_at }))
    }

    async fn end(self, change: &Transaction, told_at: Option<Timestamp>) -> Result<()> {
        use recipient::{Column, Entity};
        let mut row = Entity::update_many().col_expr(Column::BusyUntil, Expr::value(Option::<i64>::None));
        if let Some(at) = told_at {
            row = row.col_expr(Column::ToldAt, Expr::value(micros(at)));
        }
        row.filter(Column::Id.eq(self.mailbox)).exec(change).await?;
        Ok(())
    }
}

/// Jobs that bring a mailbox what can be gathered.
fn theirs(mailbox: &str) -> Condition {
    let kinds = GATHERED.map(|kind| kind.id());
    let gathered = notice::Entity::find().select_only().column(notice::Column::Id);
    let gathered = gathered.filter(notice::Column::Kind.is_in(kinds)).into_query();
    let deliveries = delivery::Entity::find().select_only().column(delivery::Column::Id);
    let deliveries = deliveries.filter(delivery::Column::Target.eq(mailbox));
    let deliveries = deliveries.filter(delivery::Column::NoticeId.in_subquery(gathered)).into_query();
    Condition::all().add(job::Column::Subject.in_subquery(deliveries))
}

async fn notices(database: &impl ConnectionTrait, claims: &[Claim]) -> Result<Vec<notice::Model>> {
    let subjects = claims.iter().map(|claim| claim.subject.as_str());
    let theirs = delivery::Entity::find().select_only().column(delivery::Column::NoticeId);
    let theirs = theirs.filter(delivery::Column::Id.is_in(subjects)).into_query();
    Ok(notice::Entity::find().filter(notice::Column::Id.in_subquery(theirs)).all(database).await?)
}

fn later(now: Timestamp, wait: SignedDuration) -> Timestamp {
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}
