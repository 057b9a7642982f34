//! What all endpoints share.

use super::{batcher::Batcher, batcher::Decide, metrics::Metrics, settings::Settings};
use crate::{Complaint, Result, decision::Versions};
use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering},
};

/// One server: the engine behind its queue, the numbers, and whether it is ready. Cheap to clone.
#[derive(Clone)]
pub struct State {
    inner: Arc<Inner>,
}

struct Inner {
    decide: Arc<dyn Decide>,
    batcher: Batcher,
    metrics: Arc<Metrics>,
    settings: Settings,
    versions: OnceLock<Versions>,
    leaving: AtomicBool,
}

impl State {
    /// Starts the workers; [`State::warm_up`] makes it ready.
    pub fn start(decide: Arc<dyn Decide>, settings: Settings) -> Result<Self> {
        let metrics = Arc::new(Metrics::default());
        let batcher = Batcher::start(decide.clone(), &settings, metrics.clone())?;
        let inner =
            Inner { decide, batcher, metrics, settings, versions: OnceLock::new(), leaving: AtomicBool::new(false) };
        Ok(State { inner: Arc::new(inner) })
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
