//! Work that must not get lost: rows of `job`.
//!
//! A worker claims what is due, for the time of a lease; nobody else gets it meanwhile. It does the work and takes the job
//! off in one transaction, so the work is done once: whoever lost the lease meanwhile, because it was too slow or a clock
//! jumped, finds the job no longer its own and takes everything back. Work that fails comes again later, and at last lies dead
//! until a person lets it try again.

use super::{
    entity::job::{self, Column, Entity},
    micros,
};
use crate::{Error, Result, desk::notify::SCHEDULE};
use jiff::{SignedDuration, Timestamp};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, LockBehavior, LockType, OnConflict, Query},
};
use uuid::Uuid;

/// What kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Work {
    /// Let the engine decide about a complaint, and send its ticket where it belongs.
    Classify,
    /// Hold a complaint against the others: what it continues, and what many complain about.
    Relate,
    /// Look at the clocks of a ticket.
    Tick,
    /// Give a waiting ticket to somebody.
    Assign,
    /// Bring a notice to its target.
    Deliver,
    /// Remove what nobody needs any more: files that nobody took, rows that are too old. Its jobs are there from the first day.
    Sweep,
}

impl Work {
    /// All kinds.
    pub const ALL: [Work; 6] = [Work::Classify, Work::Relate, Work::Tick, Work::Assign, Work::Deliver, Work::Sweep];

    /// The stable name.
    pub fn id(self) -> &'static str {
        match self {
            Work::Classify => "classify",
            Work::Relate => "relate",
            Work::Tick => "tick",
            Work::Assign => "assign",
            Work::Deliver => "deliver",
            Work::Sweep => "sweep",
        }
    }

    /// After so many attempts a job is dead.
    fn attempts(self) -> i64 {
        match self {
            Work::Deliver => SCHEDULE.len() as i64 + 1,
            Work::Classify | Work::Relate | Work::Tick | Work::Assign | Work::Sweep => 8,
        }
    }
}

/// A job in somebody's hands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The job's id.
    pub id: String,
    /// What it is about: the id of a complaint, a ticket, a delivery.
    pub subject: String,
    /// How often it was claimed, this time counted.
    pub attempts: i64,
    lease: String,
}

/// Puts work into the queue for a time; where the same is in it already, its time becomes this one.
///
/// Whoever has it in hand meanwhile looses it, so that what is new is looked at once more.
pub async fn put(
    change: &impl ConnectionTrait,
    work: Work,
    subject: &str,
    due: Timestamp,
    now: Timestamp,
) -> Result<()> {
    let again = OnConflict::columns([Column::Kind, Column::Subject])
        .update_columns([
            Column::DueAt,
            Column::Lease,
            Column::LeasedUntil,
            Column::Attempts,
            Column::Fault,
            Column::Dead,
            Column::CreatedAt,
        ])
        .to_owned();
    Entity::insert(row(work, subject, due, now)).on_conflict(again).exec_without_returning(change).await?;
    Ok(())
}

/// Takes work out of the queue that is no longer needed.
pub async fn drop(change: &impl ConnectionTrait, work: Work, subject: &str) -> Result<()> {
    Entity::delete_many().filter(Column::Kind.eq(work.id())).filter(Column::Subject.eq(subject)).exec(change).await?;
    Ok(())
}

/// Claims up to `most` jobs of a kind that are due and meet a condition, oldest first, for the time of a lease.
pub async fn claim(
    database: &impl ConnectionTrait,
    work: Work,
    most: u64,
    only: Condition,
    lease: SignedDuration,
    now: Timestamp,
) -> Result<Vec<Claim>> {
    // What took its workers with it, again and again, is not tried for ever.
    Entity::update_many()
        .col_expr(Column::Dead, Expr::value(true))
        .col_expr(Column::Fault, Expr::value("no worker came back from it"))
        .filter(Column::Dead.eq(false))
        .filter(Column::Kind.eq(work.id()))
        .filter(Column::DueAt.lte(micros(now)))
        .filter(Column::Attempts.gte(work.attempts()))
        .filter(Column::LeasedUntil.lte(micros(now)))
        .exec(database)
        .await?;
    let name = Uuid::now_v7().to_string();
    take(database, work, most, only.add(Column::DueAt.lte(micros(now))), &name, lease, now).await
}

/// Takes more into the hands of whoever has a claim, where they are done by one and the same act: jobs that nobody has and that
/// meet a condition, those too that are put off, but none that failed and waits for its next attempt.
pub async fn join(
    database: &impl ConnectionTrait,
    work: Work,
    claim: &Claim,
    most: u64,
    only: Condition,
    lease: SignedDuration,
    now: Timestamp,
) -> Result<Vec<Claim>> {
    let waits = Condition::any().add(Column::DueAt.lte(micros(now))).add(Column::Attempts.eq(0));
    take(database, work, most, only.add(waits), &claim.lease, lease, now).await
}

async fn take(
    database: &impl ConnectionTrait,
    work: Work,
    most: u64,
    only: Condition,
    name: &str,
    lease: SignedDuration,
    now: Timestamp,
) -> Result<Vec<Claim>> {
    let mut due = Query::select();
    due.column(Column::Id)
        .from(Entity)
        .and_where(Column::Dead.eq(false))
        .and_where(Column::Kind.eq(work.id()))
        .cond_where(free(now))
        .cond_where(only)
        .order_by(Column::DueAt, sea_orm::sea_query::Order::Asc)
        .limit(most)
        // Left out by SQLite, where there is one writer.
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    let until = now.checked_add(lease).unwrap_or(Timestamp::MAX);
    let mut rows = Entity::update_many()
        .col_expr(Column::Lease, Expr::value(name))
        .col_expr(Column::LeasedUntil, Expr::value(micros(until)))
        .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
        .filter(Column::Id.in_subquery(due))
        .exec_with_returning(database)
        .await?;
    rows.sort_by(|a, b| (a.due_at, &a.id).cmp(&(b.due_at, &b.id)));
    let claim =
        |row: job::Model| Claim { id: row.id, subject: row.subject, attempts: row.attempts, lease: name.to_owned() };
    Ok(rows.into_iter().map(claim).collect())
}

/// Takes a job off, as the last act of the transaction that did the work.
///
/// # Errors
/// [`Error::LeaseLost`] where it is no longer this worker's: then the transaction must be dropped.
pub async fn done(change: &impl ConnectionTrait, claim: &Claim) -> Result<()> {
    let gone = Entity::delete_many().filter(mine(claim)).exec(change).await?;
    if gone.rows_affected == 1 { Ok(()) } else { Err(Error::LeaseLost) }
}

/// The same where the job goes on at a later time: a clock that has more to say.
///
/// # Errors
/// As [`done`].
pub async fn again(change: &impl ConnectionTrait, claim: &Claim, due: Timestamp) -> Result<()> {
    let kept = Entity::update_many()
        .col_expr(Column::DueAt, Expr::value(micros(due)))
        .col_expr(Column::Lease, Expr::value(Option::<String>::None))
        .col_expr(Column::LeasedUntil, Expr::value(Option::<i64>::None))
        .col_expr(Column::Attempts, Expr::value(0))
        .filter(mine(claim))
        .exec(change)
        .await?;
    if kept.rows_affected == 1 { Ok(()) } else { Err(Error::LeaseLost) }
}

/// Puts claims back as they were: they were not begun, so it was no attempt.
pub async fn give_back(database: &impl ConnectionTrait, claims: &[Claim]) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::Lease, Expr::value(Option::<String>::None))
        .col_expr(Column::LeasedUntil, Expr::value(Option::<i64>::None))
        .col_expr(Column::Attempts, Expr::col(Column::Attempts).sub(1))
        .filter(theirs(claims))
        .exec(database)
        .await?;
    Ok(())
}

/// Lengthens the lease of claims that take long before they can be begun. Those that somebody else has by now stay theirs.
pub async fn renew(
    database: &impl ConnectionTrait,
    claims: &[Claim],
    lease: SignedDuration,
    now: Timestamp,
) -> Result<()> {
    let until = now.checked_add(lease).unwrap_or(Timestamp::MAX);
    Entity::update_many()
        .col_expr(Column::LeasedUntil, Expr::value(micros(until)))
        .filter(theirs(claims))
        .exec(database)
        .await?;
    Ok(())
}

/// Says that it failed: it comes again later, or is dead after too many attempts. `fault` is for whoever looks after the desk: a code
/// or a reason, never anything of a complaint. Returns whether it is dead.
///
/// # Errors
/// As [`done`].
pub async fn failed(
    database: &impl ConnectionTrait,
    work: Work,
    claim: &Claim,
    fault: &str,
    later: Option<SignedDuration>,
    now: Timestamp,
) -> Result<bool> {
    let dead = claim.attempts >= work.attempts() || later.is_none();
    let due = now.checked_add(later.unwrap_or_default()).unwrap_or(Timestamp::MAX);
    let kept = Entity::update_many()
        .col_expr(Column::DueAt, Expr::value(micros(due)))
        .col_expr(Column::Lease, Expr::value(Option::<String>::None))
        .col_expr(Column::LeasedUntil, Expr::value(Option::<i64>::None))
        .col_expr(Column::Fault, Expr::value(fault))
        .col_expr(Column::Dead, Expr::value(dead))
        .filter(mine(claim))
        .exec(database)
        .await?;
    if kept.rows_affected == 1 { Ok(dead) } else { Err(Error::LeaseLost) }
}

/// Nothing waits for longer but the clocks of tickets: no retry, no receiver, no sweep.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(48);

/// Sets right what a clock wrote that was ahead of this one: work that was to be done at once, or sooner than it can be now,
/// does not wait for a time that was never meant, and nobody holds a lease for longer than twice its length. The times of
/// tickets stay as they are.
pub async fn turn_back(database: &impl ConnectionTrait, lease: SignedDuration, now: Timestamp) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::DueAt, Expr::value(micros(now)))
        .filter(Column::Kind.ne(Work::Tick.id()))
        .filter(Column::DueAt.gt(micros(now)))
        .filter(
            Condition::any()
                .add(Expr::col(Column::DueAt).eq(Expr::col(Column::CreatedAt)))
                .add(Column::DueAt.gt(micros(now.checked_add(LONGEST_WAIT).unwrap_or(Timestamp::MAX)))),
        )
        .exec(database)
        .await?;
    let longest = now.checked_add(lease * 2).unwrap_or(Timestamp::MAX);
    Entity::update_many()
        .col_expr(Column::Lease, Expr::value(Option::<String>::None))
        .col_expr(Column::LeasedUntil, Expr::value(Option::<i64>::None))
        .filter(Column::LeasedUntil.gt(micros(longest)))
        .exec(database)
        .await?;
    Ok(())
}

/// How long a job that failed waits: 1, 2, 4 … seconds, ten minutes at most.
pub fn back_off(attempts: i64) -> SignedDuration {
    SignedDuration::from_secs((1i64 << (attempts.clamp(1, 10) - 1)).clamp(1, 600))
}

/// When the next job of a kind is due that nobody has in hand; none where there is none.
pub async fn next_due(database: &impl ConnectionTrait, work: Work, now: Timestamp) -> Result<Option<i64>> {
    let select = Entity::find()
        .select_only()
        .column_as(Column::DueAt.min(), "due")
        .filter(Column::Dead.eq(false))
        .filter(Column::Kind.eq(work.id()))
        .filter(free(now));
    let least: Option<Option<i64>> = select.into_tuple().one(database).await?;
    Ok(least.flatten())
}

/// How many jobs of a kind wait, whether due or not; and how many are dead.
pub async fn depth(database: &impl ConnectionTrait, work: Work) -> Result<(u64, u64)> {
    use sea_orm::PaginatorTrait;
    let all = Entity::find().filter(Column::Kind.eq(work.id()));
    let waiting = all.clone().filter(Column::Dead.eq(false)).count(database).await?;
    Ok((waiting, all.filter(Column::Dead.eq(true)).count(database).await?))
}

/// The dead, oldest first.
pub async fn dead(database: &impl ConnectionTrait, limit: u64) -> Result<Vec<job::Model>> {
    Ok(Entity::find().filter(Column::Dead.eq(true)).order_by_asc(Column::Id).limit(limit).all(database).await?)
}

/// Lets a dead job try again; false where there is none of this id.
pub async fn revive(database: &impl ConnectionTrait, id: &str, now: Timestamp) -> Result<bool> {
    let revived = Entity::update_many()
        .col_expr(Column::Dead, Expr::value(false))
        .col_expr(Column::Attempts, Expr::value(0))
        .col_expr(Column::DueAt, Expr::value(micros(now)))
        .filter(Column::Id.eq(id))
        .filter(Column::Dead.eq(true))
        .exec(database)
        .await?;
    Ok(revived.rows_affected == 1)
}

fn row(work: Work, subject: &str, due: Timestamp, now: Timestamp) -> job::ActiveModel {
    job::ActiveModel {
        id: Set(Uuid::now_v7().to_string()),
        kind: Set(work.id().into()),
        subject: Set(subject.into()),
        due_at: Set(micros(due)),
        lease: Set(None),
        leased_until: Set(None),
        attempts: Set(0),
        fault: Set(None),
        dead: Set(false),
        created_at: Set(micros(now)),
    }
}

fn mine(claim: &Claim) -> Condition {
    Condition::all().add(Column::Id.eq(&claim.id)).add(Column::Lease.eq(&claim.lease))
}

fn theirs(claims: &[Claim]) -> Condition {
    claims.iter().fold(Condition::any(), |any, claim| any.add(mine(claim)))
}

/// In nobody's hands.
fn free(now: Timestamp) -> Condition {
    Condition::any().add(Column::LeasedUntil.is_null()).add(Column::LeasedUntil.lte(micros(now)))
}
