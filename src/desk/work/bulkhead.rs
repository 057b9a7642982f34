//! Deliveries side by side: whoever answers is served, whatever the others do. Every receiver has its own share of the places
//! (the bulkhead pattern), so that one that never answers takes up its share and no more.

use super::{AFTER_A_FAULT, LONGEST_ROUND, LONGEST_SLEEP, guarded};
use crate::{
    Desk, Result,
    desk::{
        mail::{SCHEME, is_mail},
        outbox::CUSTOMER,
        store::{
            entity::{delivery, job},
            queue::{Claim, Work},
        },
    },
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, Query},
};
use std::collections::{BTreeMap, BTreeSet, HashMap};
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
            Ok(_) => {
                let desk = desk.clone();
                let next = guarded(LONGEST_ROUND, async move { desk.sleep_for(Work::Deliver).await });
                next.await.unwrap_or(AFTER_A_FAULT)
            }
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

/// Makes all attempts that are due now. Returns how many that were.
///
/// # Errors
/// Where the database is out of reach.
pub(super) async fn deliver_due(desk: &Desk) -> Result<usize> {
    let (mut under_way, mut count) = (UnderWay::default(), 0);
    loop {
        match under_way.fill(desk).await? {
            0 if under_way.tasks.is_empty() => return Ok(count),
            0 => under_way.one_ends().await,
            more => count += more,
        }
    }
}

/// The deliveries under way, and who receives them.
#[derive(Default)]
struct UnderWay {
    tasks: JoinSet<Result<()>>,
    receivers: HashMap<Id, String>,
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
        let (mut count, mut too_many) = (0, Vec::new());
        for (receiver, claim) in claims {
            if self.receivers.values().filter(|other| **other == receiver).count() >= SHARE {
                too_many.push(claim);
                continue;
            }
            count += 1;
            let desk = desk.clone();
            let task = self.tasks.spawn(guarded(LONGEST_ROUND, async move {
                let (own, worker) = (claim.clone(), desk.clone());
                desk.see_to(Work::Deliver, claim, async move { worker.deliver(&own).await }).await
            }));
            self.receivers.insert(task.id(), receiver);
        }
        desk.give_back(&too_many).await;
        Ok(count)
    }

    /// Those who have their share.
    fn busy(&self) -> BTreeSet<String> {
        let mut counts = BTreeMap::<&String, usize>::new();
        self.receivers.values().for_each(|receiver| *counts.entry(receiver).or_default() += 1);
        counts.into_iter().filter(|(_, count)| *count >= SHARE).map(|(receiver, _)| receiver.clone()).collect()
    }

    /// Waits until one of them ends; for ever where there is none.
    async fn one_ends(&mut self) {
        let (id, done) = match self.tasks.join_next_with_id().await {
            None => std::future::pending().await,
            Some(Ok((id, done))) => (id, done),
            // A panic inside is a fault already, so this one was dropped; its lease ends.
            Some(Err(broken)) => (broken.id(), Ok(())),
        };
        self.receivers.remove(&id);
        if let Err(fault) = done {
            tracing::warn!(work = Work::Deliver.id(), code = fault.code(), "a delivery was put off");
        }
    }
}

/// What stands for all mail: it goes through one server, whoever it is for.
const MAIL: &str = "mail";

/// Who receives what is for a target.
fn receiver(target: String) -> String {
    if is_mail(&target) || target == CUSTOMER { MAIL.into() } else { target }
}

/// Claims deliveries, but none for those who have their share; each with who receives it.
async fn claim(desk: &Desk, most: usize, mut busy: BTreeSet<String>) -> Result<Vec<(String, Claim)>> {
    let mut only = Condition::all();
    if !busy.is_empty() {
        let mut theirs = Condition::any();
        if busy.remove(MAIL) {
            theirs =
                theirs.add(delivery::Column::Target.starts_with(SCHEME)).add(delivery::Column::Target.eq(CUSTOMER));
        }
        theirs = theirs.add(delivery::Column::Target.is_in(busy));
        let same = Expr::col((delivery::Entity, delivery::Column::Id)).equals((job::Entity, job::Column::Subject));
        let mut theirs_due = Query::select();
        theirs_due.expr(Expr::value(1)).from(delivery::Entity).and_where(same).cond_where(theirs);
        only = only.add(Expr::exists(theirs_due).not());
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
    let mut receivers: HashMap<String, String> = targets.into_iter().map(|(id, to)| (id, receiver(to))).collect();
    // One that is gone has no receiver, and is soon done with.
    let received = |claim: Claim| (receivers.remove(&claim.subject).unwrap_or_default(), claim);
    Ok(claims.into_iter().map(received).collect())
}
