//! The desk behind the server: it waits in the same queue for the model as everybody else.

use super::batcher::{Batcher, Decide};
use crate::{
    Complaint, Desk, Result,
    desk::{
        Decisions, Engine,
        access::{Permission, Principal},
        intake::Line,
        keys,
    },
    segment::Reading,
};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// For so long it is believed that there is still no administrator, or still one.
const BELIEVED: Duration = Duration::from_secs(1);

/// The desk as endpoints see it.
pub struct Front {
    /// The desk.
    pub desk: Desk,
    /// The line before its intake.
    pub line: Line,
    administrators: Mutex<Option<(Instant, u64)>>,
}

impl Front {
    /// Opens the line before a desk; it must be called inside of a runtime.
    pub fn open(desk: Desk) -> Self {
        Front { line: Line::open(desk.clone()), desk, administrators: Mutex::new(None) }
    }

    /// The id of a complaint, by that or by its number, where somebody has a permission for those of its department.
    ///
    /// # Errors
    /// [`crate::Error::NoSuchComplaint`]; those of [`Principal::require_in`].
    pub(super) async fn complaint_for(
        &self,
        given: &str,
        permission: Permission,
        principal: &Principal,
    ) -> Result<String> {
        let (id, department) = self.desk.complaint_in(given).await?;
        principal.require_in(permission, department.as_deref())?;
        Ok(id)
    }

    /// How many administrators could sign in.
    pub async fn administrators(&self) -> Result<u64> {
        let known = *self.administrators.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, count)) = known
            && at.elapsed() < BELIEVED
        {
            return Ok(count);
        }
        let count = keys::administrators(self.desk.store(), self.desk.now()).await?;
        *self.administrators.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), count));
        Ok(count)
    }
}

/// The server's queue as the desk's engine.
pub(super) struct Queued {
    pub decide: Arc<dyn Decide>,
    pub batcher: Arc<Batcher>,
}

impl Engine for Queued {
    fn read(&self, text: &str) -> Result<Reading> {
        self.decide.read(text)
    }

    fn decide(&self, complaints: Vec<Complaint>) -> Decisions<'_> {
        Box::pin(async move {
            let answers = self.batcher.decide_many(complaints).await?;
            Ok(answers.into_iter().map(|answer| answer.result).collect())
        })
    }
}
