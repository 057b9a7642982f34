//! What all endpoints share.

use super::{
    Front,
    batcher::{Batcher, Decide},
    front::Queued,
    metrics::Metrics,
    settings::Settings,
    share,
};
use crate::{
    Complaint, Desk, Result,
    decision::Versions,
    desk::{Engine, access::rate::Limiter},
};
use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::Semaphore;

/// One server: the engine behind its queue, the numbers, and whether it is ready. Cheap to clone.
#[derive(Clone)]
pub struct State {
    inner: Arc<Inner>,
}

struct Inner {
    decide: Arc<dyn Decide>,
    batcher: Arc<Batcher>,
    front: Option<Front>,
    limiter: Option<Limiter>,
    metrics: Arc<Metrics>,
    settings: Settings,
    uploads: Semaphore,
    versions: OnceLock<Versions>,
    leaving: AtomicBool,
}

impl State {
    /// Starts the workers; [`State::warm_up`] makes it ready. Without a desk it only answers questions.
    pub fn start(decide: Arc<dyn Decide>, settings: Settings) -> Result<Self> {
        State::with(decide, settings, |_| Ok(None))
    }

    /// The same with a desk that asks through the server's queue. It must be called inside of a runtime.
    pub fn start_with_desk(
        decide: Arc<dyn Decide>,
        settings: Settings,
        open: impl FnOnce(Arc<dyn Engine>) -> Result<Desk>,
    ) -> Result<Self> {
        State::with(decide, settings, |engine| Ok(Some(Front::open(open(engine)?))))
    }

    fn with(
        decide: Arc<dyn Decide>,
        settings: Settings,
        front: impl FnOnce(Arc<dyn Engine>) -> Result<Option<Front>>,
    ) -> Result<Self> {
        let metrics = Arc::new(Metrics::default());
        let batcher = Arc::new(Batcher::start(decide.clone(), &settings, metrics.clone())?);
        let front = front(Arc::new(Queued { decide: decide.clone(), batcher: batcher.clone() }))?;
        let (versions, leaving) = (OnceLock::new(), AtomicBool::new(false));
        let limiter = share::limiter(settings.requests_a_minute);
        let uploads = Semaphore::new(settings.uploads);
        let inner = Inner { decide, batcher, front, limiter, metrics, settings, uploads, versions, leaving };
        Ok(State { inner: Arc::new(inner) })
    }

    /// The places for bodies with files.
    pub(super) fn uploads(&self) -> &Semaphore {
        &self.inner.uploads
    }

    pub(super) fn limiter(&self) -> Option<&Limiter> {
        self.inner.limiter.as_ref()
    }

    /// The desk, where the server has one.
    pub fn front(&self) -> Option<&Front> {
        self.inner.front.as_ref()
    }

    /// Sends one sentence through the whole engine. Only when it comes back is the server ready.
    pub async fn warm_up(&self) -> Result<()> {
        let answer = self.batcher().decide(Complaint::of("快递三天没有动静，客服电话也打不通。"), false).await?;
        let versions = answer.result?.versions;
        self.metrics().ready(&versions);
        let _ = self.inner.versions.set(versions);
        Ok(())
    }

    /// What answers, once it has answered.
    pub fn versions(&self) -> Option<&Versions> {
        self.inner.versions.get()
    }

    /// Tells load balancers to look elsewhere: `/readyz` says no from now on.
    pub fn leave(&self) {
        self.inner.leaving.store(true, Ordering::Relaxed);
    }

    pub fn leaving(&self) -> bool {
        self.inner.leaving.load(Ordering::Relaxed)
    }

    pub fn batcher(&self) -> &Batcher {
        &self.inner.batcher
    }

    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    pub(super) fn metrics(&self) -> &Metrics {
        &self.inner.metrics
    }

    pub(super) fn decide(&self) -> &dyn Decide {
        &*self.inner.decide
    }
}
