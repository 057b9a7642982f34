//! What keeps one piece of work from taking others with it.

use crate::{Error, Result};
use std::time::Duration;

/// The longest that one job may take: less than a lease, so that nobody else has it by then.
const LONGEST_JOB: Duration = Duration::from_secs(40);

/// Does something that must neither end nor hold up those who wait for it: a panic is a fault, and a database that has said
/// nothing for `patience` is out of reach. What was in hand is taken back then, as if the process had died.
pub(in crate::desk) async fn guarded<T: Send + 'static>(
    patience: Duration,
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    let silent = || Err(Error::StoreUnavailable { reason: "it did not answer in time".into() });
    bounded(patience, work).await.unwrap_or_else(silent)
}

/// Does a job that must not take its neighbours with it, whether it panics or has no end: both are its own fault.
pub(super) async fn apart(job: impl Future<Output = Result<()>> + Send + 'static) -> Result<()> {
    let endless = || Err(Error::Internal("a job took too long and was given up".into()));
    bounded(LONGEST_JOB, job).await.unwrap_or_else(endless)
}

/// None where it took too long, and was given up.
async fn bounded<T: Send + 'static>(
    patience: Duration,
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> Option<Result<T>> {
    let mut task = Abandoned(tokio::spawn(work));
    let done = tokio::time::timeout(patience, &mut task.0).await.ok()?;
    Some(done.unwrap_or_else(|_| Err(Error::Internal("the work panicked".into()))))
}

/// A task that ends with whoever waits for it.
struct Abandoned<T>(tokio::task::JoinHandle<T>);

impl<T> Drop for Abandoned<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_and_silence_are_faults() {
        let panics = guarded::<()>(Duration::from_secs(5), async { panic!("as it may happen") });
        assert_eq!(panics.await.unwrap_err().code(), "internal");
        let silent = guarded::<()>(Duration::from_millis(10), std::future::pending());
        assert_eq!(silent.await.unwrap_err().code(), "store_unavailable");
        assert_eq!(guarded(Duration::from_secs(5), async { Ok(7) }).await.unwrap(), 7);
    }
}
