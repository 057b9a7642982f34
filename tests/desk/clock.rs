//! A clock that jumps: back an hour, forward a day, back again, with timers due.

use crate::stores::{Fixture, on_every_store, submission};
use fenzhen::{
    desk::{
        clock::{Calendar, Clock},
        intake::{Accepted, Request},
        record::Record,
        store::{
            entity,
            queue::{self, Work},
        },
        ticket::{Action, Actor, Role, Visibility},
    },
    taxonomy::Language,
};
use jiff::{SignedDuration, Timestamp};
use sea_orm::{Condition, EntityTrait};
use std::collections::BTreeSet;

async fn accept(at: &Fixture, key: &str, text: &str) -> Accepted {
    let json = format!(r#"{{"text": "{text}", "channel": "app", "customer": {{"id": "{key}"}}}}"#);
    let request = Request { submission: submission(&json), key: Some(key.into()) };
    at.desk.accept(&[request]).await.unwrap().pop().unwrap().unwrap()
}

/// When each clock of a ticket runs out.
async fn due(at: &Fixture, of: &Accepted) -> Vec<(Clock, Option<Timestamp>)> {
    let record = Record::read(at.desk.store(), &of.ticket).await.unwrap().unwrap();
    let deadlines = record.deadlines(at.desk.house(), at.desk.now()).unwrap();
    deadlines.iter().map(|deadline| (deadline.clock, deadline.due)).collect()
}

/// What clocks have had to say, by what it was about.
async fn told(at: &Fixture) -> BTreeSet<String> {
    let all = entity::notice::Entity::find().all(at.desk.store().read()).await.unwrap();
    let keys: Vec<String> =
        all.into_iter().map(|notice| notice.key).filter(|key| key.starts_with("deadline")).collect();
    let once: BTreeSet<String> = keys.iter().cloned().collect();
    assert_eq!(once.len(), keys.len(), "{keys:?}");
    once
}

/// Everything about a ticket can be read, in an order that makes sense.
async fn reads(at: &Fixture, of: &Accepted) -> Record {
    let record = Record::read(at.desk.store(), &of.ticket).await.unwrap().unwrap();
    assert!(record.history.windows(2).all(|pair| pair[0].at <= pair[1].at), "{:?}", record.history);
    let supervisor = Actor::everywhere(Role::Supervisor, "s1");
    at.desk.ticket(&of.ticket, &supervisor, Language::Zh).await.unwrap();
    at.desk.complaint(&of.id).await.unwrap();
    record
}

#[test]
fn each_timer_fires_once_and_no_deadline_moves() {
    on_every_store(async |at| {
        let supervisor = Actor::everywhere(Role::Supervisor, "s1");
        let still = accept(&at, "k1", "快递三天没动静，客服一直不接电话，第三次投诉了").await;
        let moved = accept(&at, "k2", "鞋子穿了两天就开胶，要求退货").await;
        at.desk.work_off().await.unwrap();
        let (of_still, of_moved) = (due(&at, &still).await, due(&at, &moved).await);
        assert!(of_still.iter().any(|(_, due)| due.is_some()));

        // Back an hour: nothing is due yet, and what is done now stands after what was done before.
        at.pass(-1);
        at.desk.work_off().await.unwrap();
        assert_eq!(told(&at).await, BTreeSet::new());
        assert_eq!((due(&at, &still).await, due(&at, &moved).await), (of_still.clone(), of_moved));
        let said = Action::Comment { text: "已联系仓库".into(), visibility: Visibility::Internal };
        let record = at.desk.act(&moved.ticket, said.into(), &supervisor).await.unwrap();
        assert!(record.ticket.changed_at > at.desk.now(), "the history goes on from where it was");
        reads(&at, &moved).await;
        assert!(
            !accept(&at, "k1", "快递三天没动静，客服一直不接电话，第三次投诉了").await.fresh,
            "a key is known at any time"
        );
        let early = accept(&at, "k3", "外卖洒了一地，商家不认账").await;
        at.desk.work_off().await.unwrap();

        // Forward a day: clocks run out, each says so once.
        at.pass(25);
        let of_moved = due(&at, &moved).await;
        let of_early = due(&at, &early).await;
        at.desk.work_off().await.unwrap();
        let first = told(&at).await;
        assert!(
            first.iter().any(|key| key.starts_with("deadline.breached") && key.contains(&still.ticket)),
            "{first:?}"
        );
        assert!(!accept(&at, "k3", "外卖洒了一地，商家不认账").await.fresh);
        let late = accept(&at, "k4", "充值没到账，钱已经扣了").await;
        at.desk.work_off().await.unwrap();
        let of_late = due(&at, &late).await;
        assert_eq!(told(&at).await, first);

        // Back again, and forward again, and back: nothing is said twice, and nothing moves.
        for hours in [-24, 24, -24] {
            at.pass(hours);
            at.desk.work_off().await.unwrap();
            assert_eq!(told(&at).await, first, "{hours} h");
            for (one, known) in [(&still, &of_still), (&moved, &of_moved), (&early, &of_early), (&late, &of_late)] {
                assert_eq!(due(&at, one).await, *known, "{hours} h");
                reads(&at, one).await;
            }
            assert!(!accept(&at, "k4", "充值没到账，钱已经扣了").await.fresh);
        }

        // From here the clock goes as it should: whatever else there is to say is said, to the last of them.
        for _ in 0..10 {
            at.pass(24);
            at.desk.work_off().await.unwrap();
        }
        let last = told(&at).await;
        assert!(last.is_superset(&first));
        for one in [&still, &moved, &early, &late] {
            assert!(last.iter().any(|key| key.starts_with("deadline.breached") && key.contains(&one.ticket)));
            assert_eq!(due(&at, one).await.len(), due(&at, &still).await.len());
        }
        let (_, dead) = queue::depth(at.desk.store().read(), Work::Tick).await.unwrap();
        assert_eq!(dead, 0);
    });
}

#[test]
fn work_from_a_clock_that_was_ahead_does_not_wait_for_it() {
    on_every_store(async |at| {
        let before = accept(&at, "k1", "快递三天没动静，客服不接电话").await;
        at.desk.work_off().await.unwrap();
        at.pass(24);
        // One worker has it in hand and dies, one has not even begun.
        let held = accept(&at, "k2", "鞋子穿了两天就开胶，要求退货").await;
        let lease = SignedDuration::from_secs(60);
        let writer = at.desk.store().writer();
        let claims = queue::claim(writer, Work::Classify, 10, Condition::all(), lease, at.desk.now()).await.unwrap();
        assert_eq!(claims.len(), 1);
        let waits = accept(&at, "k3", "外卖洒了一地，商家不认账").await;
        at.pass(-24);
        at.desk.work_off().await.unwrap();
        for one in [&before, &held, &waits] {
            let record = reads(&at, one).await;
            let classified = record.history.iter().filter(|event| event.fact.kind() == "classified").count();
            assert_eq!(classified, 1, "{}", record.ticket.number);
        }
        // The dead one comes back after all: it finds that it no longer has the job.
        assert_eq!(queue::done(writer, &claims[0]).await.unwrap_err().code(), "lease_lost");
        // A lease of now is a lease: within its time nobody else gets the job.
        let new = accept(&at, "k4", "充值没到账，钱已经扣了").await;
        let claims = queue::claim(writer, Work::Classify, 10, Condition::all(), lease, at.desk.now()).await.unwrap();
        assert_eq!(claims.iter().map(|claim| &claim.subject).collect::<Vec<_>>(), [&new.id]);
        assert_eq!(at.desk.work_once(Work::Classify).await.unwrap(), 0);
        at.pass_minutes(-10);
        assert_eq!(at.again().await.work_once(Work::Classify).await.unwrap(), 1, "such a lease is too long to be true");
    });
}

#[test]
fn other_rules_move_the_deadlines_of_what_is_open() {
    on_every_store(async |at| {
        let one = accept(&at, "k1", "快递三天没动静，客服不接电话").await;
        at.desk.work_off().await.unwrap();
        assert_eq!(at.desk.refresh().await.unwrap(), 1, "nobody has looked at it under any rules");
        assert_eq!(at.desk.refresh().await.unwrap(), 0);
        at.desk.work_off().await.unwrap();
        let shown = async || {
            let row = entity::ticket::Entity::find_by_id(&one.ticket).one(at.desk.store().read()).await.unwrap();
            let row = row.unwrap();
            (row.due_at.unwrap(), row.breached)
        };
        let (office, late) = shown().await;
        assert!(!late);
        // The server comes back, and works by night.
        let desk = at.again_under(|house| house.calendar = Calendar::always()).await;
        assert_eq!(desk.refresh().await.unwrap(), 1);
        desk.work_off().await.unwrap();
        let (always, _) = shown().await;
        assert!(always < office, "lists show what holds now: {always} and not {office}");
        assert_eq!(desk.refresh().await.unwrap(), 0);
        at.pass(24);
        desk.work_off().await.unwrap();
        assert!(shown().await.1);
    });
}
