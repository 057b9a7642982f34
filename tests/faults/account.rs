//! Holding a database against what callers were told.

use crate::{
    bundle,
    callers::{Ledger, is_late},
};
use fenzhen::{
    Pipeline,
    desk::{
        House, clock,
        record::{self, Record},
        store::{Store, entity, micros},
        ticket::Ticket,
    },
};
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::{Duration, Instant},
};

/// How long work may stand still. Longer than a lease: what a worker had in hand when it was lost is done by another one after
/// that. However slow the machine is, there is less to do after each of these.
const PATIENCE: Duration = Duration::from_secs(180);

/// Runs a question to a database.
pub fn ask<T>(url: &str, question: impl AsyncFn(&Store) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(url).await.unwrap();
        let answer = question(&store).await;
        store.close().await;
        answer
    })
}

/// Waits until all work is done, and then finds everything that was acknowledged: once, with one ticket, one history, one
/// decision; with the timer that it needs; with what its clocks had to say, said once.
pub fn holds(url: &str, ledger: &Ledger) {
    ask(url, async |store| {
        work_is_done(store).await;
        let decided = entity::decision::Entity::find().count(store.read()).await.unwrap();
        assert_eq!(decided as usize, ledger.len(), "each was decided about");
        complaints_are_those_of(store, ledger).await;
        let tickets = entity::ticket::Entity::find().all(store.read()).await.unwrap();
        assert_eq!(tickets.len(), ledger.len(), "one ticket each");
        for ticket in &tickets {
            let history = record::history(store.read(), &ticket.id).await.unwrap();
            Ticket::replay(&history).unwrap();
            let classified = history.iter().filter(|event| event.fact.kind() == "classified").count();
            assert_eq!(classified, 1, "{} was classified once: {history:?}", ticket.number);
            assert_eq!(ticket.version as usize, history.len());
        }
        let jobs = entity::job::Entity::find().all(store.read()).await.unwrap();
        assert!(jobs.iter().all(|job| !job.dead), "nothing died: {jobs:?}");
        timers_are_right(store, ledger, &tickets, &jobs).await;
    });
}

async fn work_is_done(store: &Store) {
    let (mut fewest, mut since) = (usize::MAX, Instant::now());
    loop {
        // Timers and what sweeps stay, but none that is due; all else is work that ends.
        let due = entity::job::Column::DueAt.lte(micros(jiff::Timestamp::now()));
        let left = Condition::any().add(entity::job::Column::Kind.is_not_in(["tick", "sweep"])).add(due);
        let open = entity::job::Entity::find().filter(left).all(store.read()).await.unwrap();
        if open.is_empty() {
            return;
        }
        if open.len() < fewest {
            (fewest, since) = (open.len(), Instant::now());
        }
        assert!(since.elapsed() < PATIENCE, "{} jobs are stuck, the first of them {:?}", open.len(), open[0]);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn complaints_are_those_of(store: &Store, ledger: &Ledger) {
    let complaints = entity::complaint::Entity::find().all(store.read()).await.unwrap();
    assert_eq!(complaints.len(), ledger.len(), "each is there once");
    let by_id: BTreeMap<&str, _> = complaints.iter().map(|row| (row.id.as_str(), row)).collect();
    for (key, (id, number)) in ledger {
        let row = by_id.get(id.as_str()).unwrap_or_else(|| panic!("{key} was acknowledged and is lost"));
        assert_eq!(&row.number, number, "{key}");
    }
    let numbers: BTreeSet<&str> = complaints.iter().map(|row| row.number.as_str()).collect();
    assert_eq!(numbers.len(), ledger.len(), "numbers are given once");
}

async fn timers_are_right(
    store: &Store,
    ledger: &Ledger,
    tickets: &[entity::ticket::Model],
    jobs: &[entity::job::Model],
) {
    let ticking: BTreeSet<&str> =
        jobs.iter().filter(|job| job.kind == "tick").map(|job| job.subject.as_str()).collect();
    let looked: BTreeSet<&str> =
        tickets.iter().filter(|ticket| ticket.ended_at.is_none()).map(|ticket| ticket.id.as_str()).collect();
    assert_eq!(ticking.difference(&looked).count(), 0, "nothing ticks for a ticket that has ended");
    let pipeline = Pipeline::open(Path::new(bundle::folder()), None).unwrap();
    let house = House::open(None, &pipeline.taxonomy, &pipeline.policy).unwrap();
    for id in looked.difference(&ticking) {
        // A ticket all of whose clocks have said everything needs no timer.
        let record = Record::read(store, id).await.unwrap().unwrap();
        let next = clock::next_change(&record.deadlines(&house, jiff::Timestamp::now()).unwrap());
        assert_eq!(next, None, "{id} is open and has no timer");
    }
    let told = entity::notice::Entity::find().filter(entity::notice::Column::Kind.eq("deadline.breached"));
    let told = told.all(store.read()).await.unwrap();
    let ids: BTreeMap<&str, &str> =
        tickets.iter().map(|ticket| (ticket.complaint_id.as_str(), ticket.id.as_str())).collect();
    for (key, (complaint, _)) in ledger {
        let ticket = ids[complaint.as_str()];
        let mut heard: Vec<&str> = told
            .iter()
            .filter(|notice| notice.ticket_id.as_deref() == Some(ticket))
            .map(|notice| notice.key.as_str())
            .collect();
        let all = heard.len();
        heard.sort_unstable();
        heard.dedup();
        assert_eq!(heard.len(), all, "{key}: a clock fired twice: {heard:?}");
        match is_late(key) {
            // One that was merged into another may have ended before anybody looked at its clocks.
            true => assert!(all > 0 || !looked.contains(ticket), "{key}: nobody heard of its clocks"),
            false => assert_eq!(all, 0, "{key}: {heard:?}"),
        }
    }
}
