//! The socket: takes connections, bounded in number and in patience, until it is told to stop.

use super::{Peer, State, app};
use crate::{Error, Result};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, mpsc, watch},
};

/// How long a connection may take to send a request's head, which is also how long it may idle.
const HEAD_PATIENCE: Duration = Duration::from_secs(60);

/// Finds the addresses of a name.
///
/// # Errors
/// [`Error::Listen`].
pub async fn addresses(address: &str) -> Result<Vec<SocketAddr>> {
    let failed = |source| Error::Listen { address: address.to_owned(), source };
    Ok(tokio::net::lookup_host(address).await.map_err(failed)?.collect())
}

/// Opens the first of some addresses that can be opened; `name` is what they were found by. Whether they may be reached from
/// other machines is for [`crate::desk::access::listen`] to say, before.
///
/// # Errors
/// [`Error::Listen`].
pub async fn bind(name: &str, addresses: &[SocketAddr]) -> Result<TcpListener> {
    let failed = |source| Error::Listen { address: name.to_owned(), source };
    TcpListener::bind(addresses).await.map_err(failed)
}

/// Serves until `stop`; then takes no more connections, lets open requests and the queue finish (at most the settings'
/// grace), and returns whether all of them did.
pub async fn serve(listener: TcpListener, state: State, stop: impl Future<Output = ()>) -> bool {
    let service = app(state.clone());
    let places = Arc::new(Semaphore::new(state.settings().connections));
    let (stopping, _) = watch::channel(false);
    // Every connection holds a sender; the receiver ends when the last one is gone.
    let (open, mut all_closed) = mpsc::channel::<()>(1);
    let mut stop = std::pin::pin!(stop);
    let mut fold = tokio::time::interval(Duration::from_secs(5));
    loop {
        let accept = async {
            let place = places.clone().acquire_owned().await.expect("the semaphore is never closed");
            (listener.accept().await, place)
        };
        tokio::select! {
            () = &mut stop => break,
            _ = fold.tick() => state.metrics().fold(),
            (accepted, place) = accept => match accepted {
                Ok((stream, peer)) => {
                    let (service, open, stopping) = (service.clone(), open.clone(), stopping.subscribe());
                    tokio::spawn(async move {
                        converse(stream, peer, service, stopping).await;
                        drop((place, open));
                    });
                }
                Err(fault) => {
                    // Out of file handles, most likely: a moment later there may be some.
                    tracing::warn!(%fault, "a connection was not taken");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }
    drop(listener);
    state.leave();
    let _ = stopping.send(true);
    drop(open);
    let in_time = tokio::time::timeout(state.settings().grace, all_closed.recv()).await.is_ok();
    let workers = tokio::task::spawn_blocking(move || state.batcher().finish());
    in_time && tokio::time::timeout(Duration::from_secs(5), workers).await.is_ok()
}

async fn converse(stream: TcpStream, peer: SocketAddr, service: axum::Router, mut stopping: watch::Receiver<bool>) {
    // Answers are small and should leave at once.
    let _ = stream.set_nodelay(true);
    let service = TowerToHyperService::new(service);
    let service = hyper::service::service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        hyper::service::Service::call(&service, request)
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    // A caller that breaks off or talks nonsense is its own affair: hyper has answered what could be answered.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stopping.wait_for(|stop| *stop) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
