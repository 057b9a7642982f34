//! Those who submit at the same time share one transaction: a disk that takes milliseconds to be sure takes them once for all.

use super::{Accepted, Request};
use crate::{Desk, Error, Result, desk::work};
use std::{sync::Arc, time::Duration};
use tokio::sync::{mpsc, oneshot};

/// So many at most share a transaction; with ten times as many in line, the next is refused.
const TOGETHER: usize = 64;

/// How long the database may take over one transaction of the line, waiting for a connection counted in.
const PATIENCE: Duration = Duration::from_secs(15);

type Place = (Request, oneshot::Sender<Result<Accepted>>);

/// The line before the intake. Cheap to clone.
#[derive(Clone)]
pub struct Line {
    places: mpsc::Sender<Place>,
}

impl Line {
    /// Opens the line before a desk. It closes when the last clone is gone and everyone in it has been served.
    pub fn open(desk: Desk) -> Self {
        let (places, waiting) = mpsc::channel(10 * TOGETHER);
        tokio::spawn(serve(desk, waiting));
        Line { places }
    }

    /// Submits a complaint and returns when it is on the disk.
    ///
    /// # Errors
    /// [`Error::Overloaded`] where the line is full; those of [`Desk::accept`].
    pub async fn submit(&self, request: Request) -> Result<Accepted> {
        let (reply, answer) = oneshot::channel();
        self.places.try_send((request, reply)).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => Error::Overloaded { waiting: 10 * TOGETHER },
            mpsc::error::TrySendError::Closed(_) => Error::ShuttingDown,
        })?;
        answer.await.unwrap_or(Err(Error::ShuttingDown))
    }
}

/// A panic, or a database that says nothing, must cost those whom it met and nobody after them: the line goes on. What was
/// given up may be on the disk all the same; whoever repeats it with its key finds it there.
async fn accept(desk: &Desk, requests: &Arc<Vec<Request>>) -> Result<Vec<Result<Accepted>>> {
    let (desk, requests) = (desk.clone(), requests.clone());
    work::guarded(PATIENCE, async move { desk.accept(&requests).await }).await
}

async fn serve(desk: Desk, mut waiting: mpsc::Receiver<Place>) {
    let mut places: Vec<Place> = Vec::with_capacity(TOGETHER);
    while waiting.recv_many(&mut places, TOGETHER).await > 0 {
        let (requests, replies): (Vec<_>, Vec<_>) = places.drain(..).unzip();
        let requests = Arc::new(requests);
        match accept(&desk, &requests).await {
            Ok(results) => {
                for (result, reply) in results.into_iter().zip(replies) {
                    // Whoever has gone meanwhile asks again with the same key.
                    let _ = reply.send(result);
                }
            }
            // Where the database is gone it is gone for all: tried one by one, the last would wait for all before it.
            Err(fault) if requests.len() == 1 || matches!(fault, Error::StoreUnavailable { .. }) => {
                replies.into_iter().for_each(|reply| _ = reply.send(Err(again(&fault))))
            }
            // One of them may be what the database does not take: each is tried alone, until the database is gone.
            Err(_) => {
                let mut gone = None;
                for (request, reply) in requests.iter().zip(replies) {
                    let result = match &gone {
                        Some(fault) => Err(again(fault)),
                        None => accept(&desk, &Arc::new(vec![request.clone()])).await,
                    };
                    if let Err(fault @ Error::StoreUnavailable { .. }) = &result {
                        gone = Some(again(fault));
                    }
                    let _ = reply.send(result.and_then(|mut one| one.pop().unwrap_or(Err(Error::ShuttingDown))));
                }
            }
        }
    }
}

/// The same fault for one more caller.
fn again(fault: &Error) -> Error {
    match fault {
        Error::StoreUnavailable { reason } => Error::StoreUnavailable { reason: reason.clone() },
        other => Error::Store { reason: other.to_string() },
    }
}
