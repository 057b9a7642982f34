//! Model work off the async threads: workers take what waits in the queue and decide about it together.
//!
//! A lone complaint is answered at once. Only when the last portion held several does a worker wait a moment
//! ([`Settings::max_wait`]) for as many again: clients that call in a circle then keep meeting in one portion.

use super::{
    metrics::Metrics,
    queue::{Job, Lane, Portion, Queue},
    settings::Settings,
};
use crate::{
    Complaint, Decision, Error, Pipeline, Result,
    decision::Explanation,
    explain,
    pipeline::Timings,
    policy::Policy,
    segment::{Reading, Segmenter},
    taxonomy::Taxonomy,
};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};
use tokio::sync::oneshot;

/// What the server needs of the engine. [`Pipeline`] is the one that is served.
pub trait Decide: Send + Sync + 'static {
    /// One result a complaint, in order, and where the time went.
    fn decide_all(&self, complaints: &[Complaint]) -> (Vec<Result<Decision>>, Timings);
    /// Cleans a text, masks it and cuts it into words.
    fn read(&self, text: &str) -> Result<Reading> {
        Segmenter::new().read(text)
    }
    /// Which words drove the decision about a complaint.
    fn explain(&self, complaint: &Complaint) -> Result<Explanation>;
    /// The labels that decisions use.
    fn taxonomy(&self) -> &Taxonomy;
    /// The rules that decisions follow.
    fn policy(&self) -> &Policy;
}

impl Decide for Pipeline {
    fn decide_all(&self, complaints: &[Complaint]) -> (Vec<Result<Decision>>, Timings) {
        Pipeline::decide_all(self, complaints)
    }
    fn read(&self, text: &str) -> Result<Reading> {
        Pipeline::read(self, text)
    }
    fn explain(&self, complaint: &Complaint) -> Result<Explanation> {
        Pipeline::explain(self, complaint, &explain::HEADS)
    }
    fn taxonomy(&self) -> &Taxonomy {
        &self.taxonomy
    }
    fn policy(&self) -> &Policy {
        &self.policy
    }
}

/// A result with the story of its time.
pub struct Answer {
    pub result: Result<Decision>,
    /// From the queue's door to a worker's hands.
    pub queued: Duration,
    /// Of the portion it was decided in.
    pub timings: Timings,
    /// Which portion that was: answers of one portion share its timings.
    pub portion: u64,
    /// What the explanation took, where one was asked for.
    pub explained: Option<Duration>,
}

/// The queue with its workers.
pub struct Batcher {
    queue: Arc<Queue>,
    workers: Mutex<Vec<JoinHandle<()>>>,
}

impl Batcher {
    /// Starts the workers.
    ///
    /// # Errors
    /// [`Error::Internal`] where the system gives no thread.
    pub fn start(decide: Arc<dyn Decide>, settings: &Settings, metrics: Arc<Metrics>) -> Result<Self> {
        let queue = Arc::new(Queue::new(settings.queue, settings.longest_wait));
        let portions = Arc::new(AtomicU64::new(0));
        let workers = (0..settings.workers.max(1)).map(|n| {
            let worker = Worker {
                queue: queue.clone(),
                decide: decide.clone(),
                metrics: metrics.clone(),
                portions: portions.clone(),
                portion: Portion { count: settings.portion.max(1), bytes: settings.portion_bytes },
                patience: settings.max_wait,
                colleagues: settings.workers.max(1),
            };
            std::thread::Builder::new()
                .name(format!("decide-{n}"))
                .spawn(move || worker.run())
                .map_err(|e| Error::Internal(format!("no thread for a worker: {e}")))
        });
        let workers = Mutex::new(workers.collect::<Result<_>>()?);
        Ok(Batcher { queue, workers })
    }

    /// How many complaints wait.
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Decides about one complaint, and explains the decision where that is asked for. Dropping the future gives its place
    /// back.
    pub async fn decide(&self, complaint: Complaint, explain: bool) -> Result<Answer> {
        let (job, answer) = job(complaint, explain);
        self.queue.push(vec![job], Lane::Single)?;
        answer.await.map_err(|_| Error::ShuttingDown)
    }

    /// Decides about many: one answer a complaint, in order.
    pub async fn decide_many(&self, complaints: Vec<Complaint>) -> Result<Vec<Answer>> {
        let (jobs, answers): (Vec<_>, Vec<_>) = complaints.into_iter().map(|complaint| job(complaint, false)).unzip();
        self.queue.push(jobs, Lane::Batch)?;
        let mut all = Vec::with_capacity(answers.len());
        for answer in answers {
            all.push(answer.await.map_err(|_| Error::ShuttingDown)?);
        }
        Ok(all)
    }

    /// Takes no more work, finishes what waits, and returns when the workers have gone home. Blocks.
    pub fn finish(&self) {
        self.queue.close();
        for worker in std::mem::take(&mut *self.workers.lock().unwrap_or_else(PoisonError::into_inner)) {
            // A worker catches what the engine throws; if it fell all the same, its callers have been told.
            let _ = worker.join();
        }
    }
}

impl Drop for Batcher {
    fn drop(&mut self) {
        self.queue.close();
    }
}

fn job(complaint: Complaint, explain: bool) -> (Job, oneshot::Receiver<Answer>) {
    let (reply, answer) = oneshot::channel();
    (Job { complaint, explain, since: Instant::now(), reply }, answer)
}

struct Worker {
    queue: Arc<Queue>,
    decide: Arc<dyn Decide>,
    metrics: Arc<Metrics>,
    portions: Arc<AtomicU64>,
    portion: Portion,
    patience: Duration,
    /// Workers, this one among them.
    colleagues: usize,
}

impl Worker {
    fn run(&self) {
        let mut last = 0;
        let mut rested = Instant::now();
        loop {
            // After a pause longer than the patience, nobody can be expected to come back just now.
            let expected = if rested.elapsed() <= self.patience { last } else { 0 };
            let Some((jobs, gone)) = self.queue.take(self.portion, expected, self.patience) else { return };
            self.metrics.abandoned(gone);
            if !jobs.is_empty() {
                last = jobs.len();
                let begun = Instant::now();
                self.serve(jobs);
                rested = Instant::now();
                self.queue.paced(last, rested - begun, self.colleagues);
            }
        }
    }

    fn serve(&self, jobs: Vec<Job>) {
        let portion = self.portions.fetch_add(1, Ordering::Relaxed);
        let taken = Instant::now();
        let mut complaints = Vec::with_capacity(jobs.len());
        let mut callers = Vec::with_capacity(jobs.len());
        for job in jobs {
            complaints.push(job.complaint);
            callers.push((taken - job.since, job.explain, job.reply));
        }
        let (results, timings) = self.decide_safely(&complaints);
        self.metrics.portion(complaints.len(), &timings);
        let mut to_explain = Vec::new();
        for ((result, complaint), (queued, explain, reply)) in results.into_iter().zip(&complaints).zip(callers) {
            self.metrics.decided(queued, &result);
            let answer = Answer { result, queued, timings, portion, explained: None };
            if explain && answer.result.is_ok() {
                to_explain.push((complaint, answer, reply));
            } else {
                // The caller may have gone in the meantime.
                let _ = reply.send(answer);
            }
        }
        // An explanation costs many times a decision: those who asked for none are answered first.
        for (complaint, answer, reply) in to_explain {
            if reply.is_closed() {
                self.metrics.abandoned(1);
            } else {
                let _ = reply.send(self.explain(complaint, answer));
            }
        }
    }

    fn explain(&self, complaint: &Complaint, answer: Answer) -> Answer {
        let begun = Instant::now();
        let explanation = catch_unwind(AssertUnwindSafe(|| self.decide.explain(complaint)))
            .unwrap_or_else(|_| Err(Error::Internal("the engine panicked while it explained".into())));
        let result = answer.result.and_then(|decision| Ok(Decision { explanation: Some(explanation?), ..decision }));
        Answer { result, explained: Some(begun.elapsed()), ..answer }
    }

    /// A complaint that makes the engine panic must harm neither the worker nor its neighbours: after a panic each is
    /// tried alone.
    fn decide_safely(&self, complaints: &[Complaint]) -> (Vec<Result<Decision>>, Timings) {
        let outcome = catch_unwind(AssertUnwindSafe(|| self.decide.decide_all(complaints)));
        match outcome {
            Ok((results, timings)) if results.len() == complaints.len() => (results, timings),
            Err(_) if complaints.len() > 1 => {
                let mut all = (Vec::with_capacity(complaints.len()), Timings::default());
                for complaint in complaints {
                    let (results, timings) = self.decide_safely(std::slice::from_ref(complaint));
                    all.0.extend(results);
                    all.1.tokenise += timings.tokenise;
                    all.1.infer += timings.infer;
                    all.1.total += timings.total;
                }
                all
            }
            fault => {
                // The panic's own message may quote the complaint, so it is not repeated.
                let what = if fault.is_err() { "the engine panicked" } else { "the engine miscounted its results" };
                (complaints.iter().map(|_| Err(Error::Internal(what.into()))).collect(), Timings::default())
            }
        }
    }
}
