//! Jobs in the queue: given back, held for longer, set right after a clock that was ahead.

use crate::stores::{Fixture, on_every_store};
use fenzhen::desk::store::{
    entity::job,
    micros,
    queue::{self, Claim, Work},
};
use jiff::SignedDuration;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};

const LEASE: SignedDuration = SignedDuration::from_secs(60);

async fn put(at: &Fixture, subject: &str, in_hours: i64) {
    let now = at.desk.now();
    let due = now + SignedDuration::from_hours(in_hours);
    queue::put(at.desk.store().writer(), Work::Deliver, subject, due, now).await.unwrap();
}

async fn claim(at: &Fixture) -> Vec<Claim> {
    let writer = at.desk.store().writer();
    queue::claim(writer, Work::Deliver, 10, Condition::all(), LEASE, at.desk.now()).await.unwrap()
}

async fn row(at: &Fixture, subject: &str) -> job::Model {
    let find = job::Entity::find().filter(job::Column::Subject.eq(subject));
    find.one(at.desk.store().read()).await.unwrap().unwrap()
}

#[test]
fn what_is_given_back_was_not_tried_and_what_is_renewed_is_kept() {
    on_every_store(async |at| {
        let writer = at.desk.store().writer();
        put(&at, "first", 0).await;
        put(&at, "second", 0).await;
        let claims = claim(&at).await;
        assert_eq!(claims.iter().map(|claim| claim.attempts).collect::<Vec<_>>(), [1, 1]);
        queue::give_back(writer, &claims[..1]).await.unwrap();
        assert_eq!(queue::done(writer, &claims[0]).await.unwrap_err().code(), "lease_lost");
        let again = claim(&at).await;
        assert_eq!(again.iter().map(|claim| (&*claim.subject, claim.attempts)).collect::<Vec<_>>(), [("first", 1)]);
        // The first of these is somebody else's by now.
        queue::renew(writer, &claims, LEASE * 10, at.desk.now()).await.unwrap();
        at.pass_minutes(5);
        let over = claim(&at).await;
        assert_eq!(over.iter().map(|claim| &*claim.subject).collect::<Vec<_>>(), ["first"]);
        queue::done(writer, &claims[1]).await.unwrap();
    });
}

#[test]
fn no_job_waits_for_a_time_that_was_never_meant() {
    on_every_store(async |at| {
        put(&at, "soon", 20).await;
        put(&at, "never", 24 * 365).await;
        let now = at.desk.now();
        queue::put(at.desk.store().writer(), Work::Tick, "clock", now + SignedDuration::from_hours(24 * 365), now)
            .await
            .unwrap();
        queue::turn_back(at.desk.store().writer(), LEASE, now).await.unwrap();
        assert_eq!(
            row(&at, "soon").await.due_at,
            micros(now + SignedDuration::from_hours(20)),
            "so long a retry may wait"
        );
        assert_eq!(row(&at, "never").await.due_at, micros(now));
        assert!(row(&at, "clock").await.due_at > micros(now), "the times of tickets are their own");
    });
}
