//! What the desk needs of the engine: reading and deciding. The server gives its queue, so that the desk waits in line with
//! everybody else.

use crate::{Complaint, Decision, Error, Pipeline, Result, segment::Reading};
use std::{future::Future, pin::Pin, sync::Arc};

/// Decisions that come later: one result a complaint, in order; an error where none could be asked for.
pub type Decisions<'a> = Pin<Box<dyn Future<Output = Result<Vec<Result<Decision>>>> + Send + 'a>>;

/// An engine that reads and decides.
pub trait Engine: Send + Sync + 'static {
    /// Cleans a text, masks it and cuts it into words.
    ///
    /// # Errors
    /// Where there is nothing to read, or too much.
    fn read(&self, text: &str) -> Result<Reading>;

    /// Decides about complaints.
    fn decide(&self, complaints: Vec<Complaint>) -> Decisions<'_>;
}

/// The pipeline itself, for desks without a server.
impl Engine for Arc<Pipeline> {
    fn read(&self, text: &str) -> Result<Reading> {
        Pipeline::read(self, text)
    }

    fn decide(&self, complaints: Vec<Complaint>) -> Decisions<'_> {
        let pipeline = self.clone();
        Box::pin(async move {
            let decided = tokio::task::spawn_blocking(move || pipeline.decide_all(&complaints).0).await;
            decided.map_err(|_| Error::Internal("the engine panicked".into()))
        })
    }
}
