//! The work behind the desk. Every kind has a task that claims what is due, does it in a transaction with the effects, and
//! sleeps until more is due or somebody rings. Any number of processes may do so on one database.

mod assign;
mod bulkhead;
mod classify;
mod deliver;
mod relate;
mod sweep;
mod tick;

pub(in crate::desk) use assign::offer;
pub(in crate::desk) use relate::Usual;

use super::{
    Desk,
    store::{
        instant,
        queue::{self, Claim, Work},
    },
};
use crate::{Error, Result};
use jiff::SignedDuration;
use sea_orm::Condition;
use std::time::Duration;
use tokio::{sync::watch, task::JoinSet};

/// How long a worker may take over one claim before others think it gone.
const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// The longest that a round may take. Others have its jobs by then; whoever still waits, waits for a database that died silently.
const LONGEST_ROUND: Duration = Duration::from_secs(120);
/// The longest sleep: another process may have put work there, and cannot ring our bell.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);
/// How long to wait after the database was out of reach.
const AFTER_A_FAULT: Duration = Duration::from_secs(1);

/// The tasks of one process.
pub struct Workers {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Workers {
    /// Starts a task for every kind of work.
    pub fn start(desk: &Desk) -> Self {
        let (stop, _) = watch::channel(false);
        let mut tasks = JoinSet::new();
        for work in Work::ALL {
            match work {
                Work::Deliver => tasks.spawn(bulkhead::deliver_on(desk.clone(), stop.subscribe())),
                _ => tasks.spawn(work_on(desk.clone(), work, stop.subscribe())),
            };
        }
        Workers { stop, tasks }
    }

    /// Lets every task finish what it has in hand. What is still in the queue stays there.
    pub async fn finish(mut self) {
        let _ = self.stop.send(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Does something that must neither end nor hold up those who wait for it: a panic is a fault, and so is a database that has
/// said nothing for `patience`. What was in hand is taken back then, as if the process had died.
pub(in crate::desk) async fn guarded<T: Send + 'static>(
    patience: Duration,
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    let mut task = tokio::spawn(work);
    match tokio::time::timeout(patience, &mut task).await {
        Ok(done) => done.unwrap_or_else(|_| Err(Error::Internal("the work panicked".into()))),
        Err(_) => {
            task.abort();
            Err(Error::StoreUnavailable { reason: "it did not answer in time".into() })
        }
    }
}

async fn work_on(desk: Desk, work: Work, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let round = {
            let desk = desk.clone();
            guarded(LONGEST_ROUND, async move { desk.work_once(work).await }).await
        };
        let pause = match round {
            // There may be more.
            Ok(done) if done > 0 => continue,
            Ok(_) => desk.sleep_for(work).await.unwrap_or(AFTER_A_FAULT),
            Err(fault) => {
                tracing::warn!(work = work.id(), code = fault.code(), "work was put off");
                AFTER_A_FAULT
            }
        };
        tokio::select! {
            () = desk.bell(work).notified() => {}
            () = tokio::time::sleep(pause) => {}
            _ = stop.changed() => {}
        }
    }
}

impl Desk {
    /// Claims and does what is due of a kind, as much as one round takes. Returns how many jobs that were.
    ///
    /// # Errors
    /// Where the database is out of reach: the jobs come back when their leases end.
    pub async fn work_once(&self, work: Work) -> Result<usize> {
        let most = match work {
            Work::Classify => 32,
            Work::Relate | Work::Tick | Work::Assign | Work::Deliver | Work::Sweep => 16,
        };
        let claims = self.claim(work, most, Condition::all()).await?;
        let count = claims.len();
        match work {
            Work::Classify if count > 0 => self.classify(claims).await?,
            Work::Classify => {}
            Work::Relate => {
                for claim in claims {
                    let done = self.relate(&claim).await;
                    self.settle(work, claim, done).await?;
                }
            }
            Work::Tick => {
                for claim in claims {
                    let done = self.tick(&claim).await;
                    self.settle(work, claim, done).await?;
                }
            }
            Work::Assign => {
                for claim in claims {
                    let done = self.give_out(&claim).await;
                    self.settle(work, claim, done).await?;
                }
            }
            Work::Sweep => {
                for claim in claims {
                    let done = self.sweep_up(&claim).await;
                    self.settle(work, claim, done).await?;
                }
            }
            Work::Deliver => {
                // All at once: one slow receiver must not hold up the others, nor outlast the lease.
                let mut deliveries = JoinSet::new();
                for claim in claims {
                    let desk = self.clone();
                    deliveries.spawn(async move {
                        let done = desk.deliver(&claim).await;
                        desk.settle(work, claim, done).await
                    });
                }
                while let Some(done) = deliveries.join_next().await {
                    done.unwrap_or_else(|_| Err(Error::Internal("a delivery panicked".into())))?;
                }
            }
        }
        Ok(count)
    }

    /// Claims jobs that are due, of those under a condition.
    async fn claim(&self, work: Work, most: u64, only: Condition) -> Result<Vec<Claim>> {
        let now = self.now();
        let change = self.store().begin().await?;
        if self.clock_went_back(now) {
            queue::turn_back(&change, LEASE, now).await?;
        }
        if work == Work::Sweep {
            sweep::ensure(&change, self.store(), now).await?;
        }
        let claims = queue::claim(&change, work, most, only, LEASE, now).await?;
        change.commit().await?;
        Ok(claims)
    }

    /// Does all that is due now, of all kinds, until nothing is left: for tests and for the command line.
    ///
    /// # Errors
    /// As [`Desk::work_once`].
    pub async fn work_off(&self) -> Result<()> {
        loop {
            let mut done = 0;
            for work in Work::ALL {
                done += self.work_once(work).await?;
            }
            if done == 0 {
                return Ok(());
            }
        }
    }

    /// Notes how a job ended that did not take itself off.
    async fn settle(&self, work: Work, claim: Claim, outcome: Result<()>) -> Result<()> {
        match outcome {
            Ok(()) => Ok(()),
            // Somebody else has it by now, or somebody changed the ticket: it is looked at again with fresh eyes.
            Err(Error::LeaseLost) => Ok(()),
            Err(fault @ Error::StoreUnavailable { .. }) => Err(fault),
            Err(fault) => {
                let later = queue::back_off(claim.attempts);
                let dead =
                    queue::failed(self.store().writer(), work, &claim, fault.code(), Some(later), self.now()).await?;
                tracing::error!(work = work.id(), code = fault.code(), %fault, attempts = claim.attempts, dead, "a job failed");
                Ok(())
            }
        }
    }

    async fn sleep_for(&self, work: Work) -> Result<Duration> {
        let Some(due) = queue::next_due(self.store().read(), work, self.now()).await? else { return Ok(LONGEST_SLEEP) };
        let wait = instant(due).duration_since(self.now());
        Ok(Duration::try_from(wait).unwrap_or(Duration::from_millis(50)).min(LONGEST_SLEEP))
    }
}
