//! The bounded queue between the async side and the workers. Places are complaints, not requests.

use super::batcher::Answer;
use crate::{Complaint, Error, Result};
use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::oneshot;

/// One complaint that waits for a worker.
pub(super) struct Job {
    pub complaint: Complaint,
    /// Whether the words that drove the decision are asked for.
    pub explain: bool,
    pub since: Instant,
    pub reply: oneshot::Sender<Answer>,
}

/// Who waits for the answer: a person in front of a screen, or a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    Single,
    Batch,
}

/// How much a worker takes at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Portion {
    /// Complaints.
    pub count: usize,
    /// Bytes of text, all together, after the first complaint.
    pub bytes: usize,
}

pub(super) struct Queue {
    limit: usize,
    longest_wait: Duration,
    inner: Mutex<Inner>,
    wake: Condvar,
}

/// A batch may wait as many times as long as a person.
const PATIENCE_OF_BATCHES: u32 = 10;
/// How much the last portion tells of the pace, against all before it.
const NEWS: f64 = 0.2;

#[derive(Default)]
struct Inner {
    singles: VecDeque<Job>,
    batches: VecDeque<Job>,
    closed: bool,
    /// Seconds that the workers together need for a complaint of late; 0 before the first.
    pace: f64,
}

impl Inner {
    /// Whether as many more may wait: for a place, and for an answer in time at the pace of late. A person waits for other
    /// persons only, as they go first; whoever finds nobody waiting is taken in any case.
    fn has_room(&self, more: usize, lane: Lane, limit: usize, longest_wait: Duration) -> bool {
        let (ahead, patience) = match lane {
            Lane::Single => (self.singles.len(), longest_wait),
            Lane::Batch => (self.len(), longest_wait * PATIENCE_OF_BATCHES),
        };
        let in_time = ahead as f64 * self.pace <= patience.as_secs_f64();
        (self.len() + more <= limit && in_time) || (lane == Lane::Batch && self.len() == 0)
    }

    fn len(&self) -> usize {
        self.singles.len() + self.batches.len()
    }

    /// Drops the work of callers that have gone; how many there were.
    fn sweep(&mut self) -> usize {
        let before = self.len();
        self.singles.retain(|job| !job.reply.is_closed());
        self.batches.retain(|job| !job.reply.is_closed());
        before - self.len()
    }
}

impl Queue {
    /// A queue of `limit` places that refuses a person who would wait longer than `longest_wait`.
    pub fn new(limit: usize, longest_wait: Duration) -> Self {
        Queue { limit, longest_wait, inner: Mutex::default(), wake: Condvar::new() }
    }

    /// Notes that one of `workers` needed `took` for a portion of `count` complaints.
    pub fn paced(&self, count: usize, took: Duration, workers: usize) {
        let pace = took.as_secs_f64() / (count * workers).max(1) as f64;
        let mut inner = self.lock();
        inner.pace = if inner.pace == 0.0 { pace } else { inner.pace + NEWS * (pace - inner.pace) };
    }

    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Takes all of the jobs or, where there are not enough places or those who wait already need too long, none: a
    /// refusal at once is better than an answer that comes too late. A batch that is larger than the whole queue is taken
    /// when nothing else waits; otherwise it could never be served.
    ///
    /// # Errors
    /// [`Error::Overloaded`] or [`Error::ShuttingDown`], at once.
    pub fn push(&self, jobs: Vec<Job>, lane: Lane) -> Result<()> {
        let mut inner = self.lock();
        if inner.closed {
            return Err(Error::ShuttingDown);
        }
        let fits = |inner: &Inner| inner.has_room(jobs.len(), lane, self.limit, self.longest_wait);
        if !fits(&inner) {
            // Before anyone is refused, the places of those who have gone are freed.
            inner.sweep();
            if !fits(&inner) {
                return Err(Error::Overloaded { waiting: inner.len() });
            }
        }
        match lane {
            Lane::Single => inner.singles.extend(jobs),
            Lane::Batch => inner.batches.extend(jobs),
        }
        drop(inner);
        self.wake.notify_all();
        Ok(())
    }

    /// Waits for work and takes a portion of it: singles first, but a quarter of the portion is kept for batches, so that
    /// neither starves the other. When `expected` jobs are about to arrive, waits up to `patience` for them.
    /// Also says how many jobs were dropped because nobody waits for them any more.
    ///
    /// `None` when the queue is closed and empty.
    pub fn take(&self, portion: Portion, expected: usize, patience: Duration) -> Option<(Vec<Job>, usize)> {
        let mut inner = self.lock();
        let mut gone = 0;
        loop {
            gone += inner.sweep();
            if inner.len() > 0 {
                break;
            }
            if gone > 0 {
                return Some((Vec::new(), gone));
            }
            if inner.closed {
                return None;
            }
            inner = self.wake.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
        let until = Instant::now() + patience;
        while inner.len() < expected.min(portion.count) && !inner.closed {
            let Some(left) = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) else { break };
            inner = self.wake.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        Some((inner.portion(portion), gone))
    }

    /// Takes no more; what waits is still served.
    pub fn close(&self) {
        self.lock().closed = true;
        self.wake.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // No code panics while it holds the lock; and if it did, the queue's content would still be whole.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn portion(&mut self, portion: Portion) -> Vec<Job> {
        let mut taken = Vec::new();
        let mut bytes = 0;
        let for_batches = self.batches.len().min((portion.count / 4).max(1));
        let for_singles = (portion.count - for_batches.min(portion.count)).max(usize::from(!self.singles.is_empty()));
        for (lane, count) in [(&mut self.singles, for_singles), (&mut self.batches, portion.count)] {
            let most = portion.count.min(taken.len() + count);
            while taken.len() < most
                && let Some(job) = lane.front()
            {
                let size = job.complaint.text.len();
                if !taken.is_empty() && bytes + size > portion.bytes {
                    return taken;
                }
                bytes += size;
                taken.extend(lane.pop_front());
            }
        }
        taken
    }
}
