//! Deliveries side by side: whoever answers is served, whatever the others do. Every receiver has its own share of the places
//! (the bulkhead pattern), so that one that never answers takes up its share and no more.

use super::{AFTER_A_FAULT, LONGEST_ROUND, LONGEST_SLEEP, guarded};
use crate::{
    Desk, Result,
    desk::store::{
        entity::{delivery, job},
        queue::{Claim, Work},
    },
};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, sea_query::Query};
use std::collections::{BTreeMap, HashMap};
use tokio::{
    sync::watch,
    task::{Id, JoinSet},
};

/// Deliveries under way in one process.
const PLACES: usize = 64;
/// So many are claimed at once, whomever they are for.
const TOGETHER: usize = 8;
/// A receiver with so many under way gets no more until one of them ends.
const SHARE: usize = 4;

/// Delivers until it is told to stop; what is under way then is finished.
pub(super) async fn deliver_on(desk: Desk, mut stop: watch::Receiver<bool>) {
    let mut under_way = UnderWay::default();
    while !*stop.borrow() {
        let pause = match under_way.fill(&desk).await {
            // There may be more.
            Ok(claimed) if claimed > 0 => continue,
            // Those that have their share would look due for as long as it lasts: the end of one of them is what counts.
            Ok(_) if !under_way.tasks.is_empty() => LONGEST_SLEEP,
            Ok(_) => desk.sleep_for(Work::Deliver).await.unwrap_or(AFTER_A_FAULT),
            Err(fault) => {
                tracing::warn!(work = Work::Deliver.id(), code = fault.code(), "work was put off");
                AFTER_A_FAULT
            }
        };
        tokio::select! {
            () = under_way.one_ends() => {}
            () = desk.bell(Work::Deliver).notified() => {}
            () = tokio::time::sleep(pause) => {}
            _ = stop.changed() => {}
        }
    }
    while !under_way.tasks.is_empty() {
        under_way.one_ends().await;
    }
}

/// The deliveries under way, and whom they are for.
#[derive(Default)]
struct UnderWay {
    tasks: JoinSet<Result<()>>,
    targets: HashMap<Id, String>,
}

impl UnderWay {
    /// Claims what there is room for and sets it going. Returns how many that were.
    async fn fill(&mut self, desk: &Desk) -> Result<usize> {
        let room = TOGETHER.min(PLACES - self.tasks.len());
        if room == 0 {
            return Ok(0);
        }
        let (asked, busy) = (desk.clone(), self.busy());
        let claims = guarded(LONGEST_ROUND, async move { claim(&asked, room, busy).await }).await?;
        let count = claims.len();
        for (target, claim) in claims {
            let desk = desk.clone();
            let task = self.tasks.spawn(guarded(LONGEST_ROUND, async move {
                let done = desk.deliver(&claim).await;
                desk.settle(Work::Deliver, claim, done).await
            }));
            self.targets.insert(task.id(), target);
        }
        Ok(count)
    }

    /// Those who have their share.
    fn busy(&self) -> Vec<String> {
        let mut counts = BTreeMap::<&String, usize>::new();
        self.targets.values().for_each(|target| *counts.entry(target).or_default() += 1);
        counts.into_iter().filter(|(_, count)| *count >= SHARE).map(|(target, _)| target.clone()).collect()
    }

    /// Waits until one of them ends; for ever where there is none.
    async fn one_ends(&mut self) {
        let (id, done) = match self.tasks.join_next_with_id().await {
            None => std::future::pending().await,
            Some(Ok((id, done))) => (id, done),
            // A panic inside is a fault already, so this one was dropped; its lease ends.
            Some(Err(broken)) => (broken.id(), Ok(())),
        };
        self.targets.remove(&id);
        if let Err(fault) = done {
            tracing::warn!(work = Work::Deliver.id(), code = fault.code(), "a delivery was put off");
        }
    }
}

/// Claims deliveries, but none for those who have their share; each with whom it is for.
async fn claim(desk: &Desk, most: usize, busy: Vec<String>) -> Result<Vec<(String, Claim)>> {
    let mut only = Condition::all();
    if !busy.is_empty() {
        let mut theirs = Query::select();
        theirs.column(delivery::Column::Id).from(delivery::Entity).and_where(delivery::Column::Target.is_in(busy));
        only = only.add(job::Column::Subject.not_in_subquery(theirs));
    }
    let claims = desk.claim(Work::Deliver, most as u64, only).await?;
    let ids = claims.iter().map(|claim| claim.subject.as_str());
    let targets: Vec<(String, String)> = delivery::Entity::find()
        .select_only()
        .columns([delivery::Column::Id, delivery::Column::Target])
        .filter(delivery::Column::Id.is_in(ids))
        .into_tuple()
        .all(desk.store().read())
        .await?;
    let mut targets: HashMap<String, String> = targets.into_iter().collect();
    // One that is gone has no target, and is soon done with.
    let targeted = |claim: Claim| (targets.remove(&claim.subject).unwrap_or_default(), claim);
    Ok(claims.into_iter().map(targeted).collect())
}
