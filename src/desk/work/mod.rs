//! The work behind the desk. Every kind has a task that claims what is due, does it in a transaction with the effects, and
//! sleeps until more is due or somebody rings. Any number of processes may do so on one database.

mod assign;
mod bulkhead;
mod classify;
mod deliver;
mod gathered;
mod guard;
mod refresh;
mod relate;
mod sweep;
mod tick;

pub(in crate::desk) use assign::offer;
pub(in crate::desk) use classify::{Portion, asked_of};
pub(in crate::desk) use guard::guarded;
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
use std::{
    collections::VecDeque,
    pin::Pin,
    time::{Duration, Instant},
};
use tokio::{sync::watch, task::JoinSet};

/// How long a worker may take over what it claimed before others think it gone.
const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// No job of a round is begun later than this: what is left of their lease is for it alone.
const LATEST_START: Duration = Duration::from_secs(15);
/// The longest that a round may take. Whoever still waits then, waits for a database that died silently.
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
        tasks.spawn(refresh::refresh_on(desk.clone(), stop.subscribe()));
        Workers { stop, tasks }
    }

    /// Lets every task finish what it has in hand. What is still in the queue stays there.
    pub async fn finish(mut self) {
        let _ = self.stop.send(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

async fn work_on(desk: Desk, work: Work, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let round = {
            let desk = desk.clone();
            guarded(LONGEST_ROUND, async move {
                match desk.work_once(work).await? {
                    0 => Ok(Some(desk.sleep_for(work).await?)),
                    // There may be more.
                    _ => Ok(None),
                }
            })
        };
        let pause = match round.await {
            Ok(None) => continue,
            Ok(Some(pause)) => pause,
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

/// What is done with a claim.
type Job = Pin<Box<dyn Future<Output = Result<()>> + Send>>;

impl Desk {
    /// Claims and does what is due of a kind, as much as one round takes. Returns how many jobs that were.
    ///
    /// # Errors
    /// Where the database is out of reach: the jobs come back, at the latest when their lease ends.
    pub async fn work_once(&self, work: Work) -> Result<usize> {
        match work {
            Work::Classify => {
                let most = self.portion().most();
                self.classify(self.claim(work, most, Condition::all()).await?).await
            }
            Work::Relate => {
                self.one_by_one(work, |desk, claim| Box::pin(async move { desk.relate(&claim).await })).await
            }
            Work::Tick => self.one_by_one(work, |desk, claim| Box::pin(async move { desk.tick(&claim).await })).await,
            Work::Assign => {
                self.one_by_one(work, |desk, claim| Box::pin(async move { desk.give_out(&claim).await })).await
            }
            Work::Sweep => {
                self.one_by_one(work, |desk, claim| Box::pin(async move { desk.sweep_up(&claim).await })).await
            }
            Work::Deliver => bulkhead::deliver_due(self).await,
        }
    }

    /// Claims some jobs and does each after the other, as far as their lease lasts; those that were not begun are given back.
    async fn one_by_one(&self, work: Work, job: fn(Desk, Claim) -> Job) -> Result<usize> {
        let since = Instant::now();
        let mut claims: VecDeque<Claim> = self.claim(work, 16, Condition::all()).await?.into();
        let count = claims.len();
        let mut done = Ok(());
        while done.is_ok()
            && since.elapsed() < LATEST_START
            && let Some(claim) = claims.pop_front()
        {
            let own = claim.clone();
            done = self.see_to(work, claim, job(self.clone(), own)).await;
        }
        self.give_back(claims.make_contiguous()).await;
        done.map(|()| count)
    }

    /// Does one job and notes how it ended.
    async fn see_to(
        &self,
        work: Work,
        claim: Claim,
        job: impl Future<Output = Result<()>> + Send + 'static,
    ) -> Result<()> {
        let outcome = guard::apart(job).await;
        self.settle(work, claim, outcome).await
    }

    /// Puts down what was claimed and not begun. Where that fails, their lease ends by itself.
    async fn give_back(&self, claims: &[Claim]) {
        if !claims.is_empty() {
            let _ = queue::give_back(self.store().writer(), claims).await;
        }
    }

    /// Claims jobs that are due, of those under a condition.
    async fn claim(&self, work: Work, most: u64, only: Condition) -> Result<Vec<Claim>> {
        let now = self.now();
        let change = self.store().begin().await?;
        let back = self.clock_went_back(now);
        if back {
            queue::turn_back(&change, LEASE, now).await?;
        }
        let claims = queue::claim(&change, work, most, only, LEASE, now).await?;
        change.commit().await?;
        if back {
            self.set_clock(now);
        }
        Ok(claims)
    }

    /// Does all that is due now, of all kinds, until nothing is left: for tests.
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
            Err(fault @ Error::StoreUnavailable { .. }) => {
                // No fault of the job, so it was no attempt.
                self.give_back(&[claim]).await;
                Err(fault)
            }
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
