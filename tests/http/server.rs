//! A server for a test, and how to talk to it.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode},
};
use fenzhen::serve::{Decide, Settings, State, app};
use std::{
    fmt,
    io::{self, Write},
    sync::{Arc, Mutex, OnceLock},
};
use tower::ServiceExt;

/// A service with its state.
pub struct Server {
    pub app: Router,
    pub state: State,
}

/// An answer, printed as status, telling headers and body: what snapshots hold.
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Server {
    /// A ready server over an engine.
    pub async fn over(decide: Arc<dyn Decide>, settings: Settings) -> Self {
        let server = Server::cold(decide, settings);
        server.state.warm_up().await.expect("the engine answers");
        server
    }

    /// A server whose model has not answered yet.
    pub fn cold(decide: Arc<dyn Decide>, settings: Settings) -> Self {
        log();
        let state = State::start(decide, settings).unwrap();
        Server { app: app(state.clone()), state }
    }

    pub async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.app.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Reply { status: parts.status, headers: parts.headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(Request::get(path).header("x-request-id", "test").body(Body::empty()).unwrap()).await
    }

    pub async fn post(&self, path: &str, body: impl Into<Body>) -> Reply {
        self.send(post(path, body)).await
    }

    pub async fn classify(&self, body: impl Into<Body>) -> Reply {
        self.post("/v1/classify", body).await
    }

    pub async fn batch(&self, body: impl Into<Body>) -> Reply {
        self.post("/v1/classify/batch", body).await
    }
}

pub fn post(path: &str, body: impl Into<Body>) -> Request<Body> {
    let request = Request::post(path).header("content-type", "application/json").header("x-request-id", "test");
    request.body(body.into()).unwrap()
}

impl Reply {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("not JSON ({e}): {}", self.body))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The stable code of a problem, after a look at its form.
    pub fn code(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self}");
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16());
        assert_eq!(problem["type"], format!("urn:fenzhen:problem:{}", problem["code"].as_str().unwrap()));
        assert_eq!(problem["request_id"], self.header("x-request-id"));
        assert!(problem["title"].is_string() && problem["detail"].is_string() && problem["instance"].is_string());
        problem["code"].as_str().unwrap().to_owned()
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        writeln!(f, "{}", self.status)?;
        for name in ["allow", "content-type", "retry-after"] {
            if self.headers.contains_key(name) {
                writeln!(f, "{name}: {}", self.header(name))?;
            }
        }
        match serde_json::from_str::<serde_json::Value>(&self.body) {
            Ok(value) => write!(f, "\n{value:#}"),
            Err(_) => write!(f, "\n{}", self.body),
        }
    }
}

/// Everything that any test of this program wrote to the log, at the most talkative level.
pub fn log() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    LOG.get_or_init(|| {
        let log = Log::default();
        let writer = log.clone();
        tracing_subscriber::fmt()
            .json()
            .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
            .with_writer(move || writer.clone())
            .init();
        log
    })
}

#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
