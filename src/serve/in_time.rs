//! An answer in time, whatever becomes of the database behind it: a connection may die without a word.

use super::problem::Refusal;
use crate::Error;
use axum::{body::Body, extract::Request, middleware::Next, response::Response};
use http_body_util::BodyExt;
use std::{pin::pin, time::Duration};
use tokio::{sync::watch, time::timeout};

/// Takes an answer for one that does not come where nothing has been heard of it for `longest`, counted from the last part of
/// the body that was taken: who sends slowly has the time that bodies may take, and this after it.
pub(super) async fn in_time(longest: Duration, request: Request, next: Next) -> Result<Response, Refusal> {
    let (moved, mut moves) = watch::channel(());
    let request = request.map(|body| {
        Body::new(body.map_frame(move |frame| {
            // Nobody listens once the answer is given.
            let _ = moved.send(());
            frame
        }))
    });
    let mut answer = pin!(next.run(request));
    loop {
        let waited = timeout(longest, async {
            tokio::select! {
                answer = &mut answer => Some(answer),
                Ok(()) = moves.changed() => None,
            }
        });
        match waited.await {
            Ok(Some(answer)) => return Ok(answer),
            Ok(None) => {}
            Err(_) => return Err(Error::StoreUnavailable { reason: "it did not answer in time".into() }.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{Router, middleware, routing::post};
    use std::time::Instant;
    use tower::ServiceExt;

    const LONGEST: Duration = Duration::from_millis(400);

    async fn asked(path: &str, body: Body) -> u16 {
        let router = Router::new()
            .route("/reads", post(async |body: axum::body::Bytes| body.len().to_string()))
            .route("/hangs", post(async |_: axum::body::Bytes| std::future::pending::<()>().await))
            .layer(middleware::from_fn(|request, next| in_time(LONGEST, request, next)));
        let request = Request::post(path).body(body).unwrap();
        router.oneshot(request).await.unwrap().status().as_u16()
    }

    /// Takes three times as long as one may wait.
    fn slow() -> Body {
        Body::from_stream(futures_util::stream::unfold(0, async |sent| {
            tokio::time::sleep(LONGEST / 4).await;
            (sent < 12).then(|| (Ok::<_, std::io::Error>("慢慢地"), sent + 1))
        }))
    }

    #[tokio::test]
    async fn who_sends_slowly_is_waited_for_and_what_hangs_is_not() {
        let since = Instant::now();
        assert_eq!(asked("/reads", slow()).await, 200);
        assert!(since.elapsed() > LONGEST, "this one took longer than one may wait");
        assert_eq!(asked("/hangs", Body::from("快点")).await, 503);
        assert_eq!(asked("/hangs", slow()).await, 503);
    }
}
