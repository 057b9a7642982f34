//! A receiver on loopback that does one thing after another, one for each connection.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

/// What it does with a connection.
#[derive(Clone)]
pub(super) enum Act {
    /// Answers with these bytes.
    Say(String),
    /// Answers 200 with a body that never ends.
    Endless,
    /// Answers with a head that never ends.
    EndlessHead,
    /// Answers with these bytes, and then says nothing for long.
    Dawdle(&'static str),
    /// Closes at once.
    Close,
}

/// Answers with a status and headers.
pub(super) fn status(code: u16, headers: &str) -> Act {
    Act::Say(format!("HTTP/1.1 {code} X\r\n{headers}content-length: 2\r\n\r\nhi"))
}

pub(super) struct Receiver {
    pub(super) address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Receiver {
    pub(super) async fn start(acts: Vec<Act>) -> Self {
        Self::begin(acts, None).await
    }

    pub(super) async fn start_tls(acts: Vec<Act>, tls: TlsAcceptor) -> Self {
        Self::begin(acts, Some(tls)).await
    }

    async fn begin(acts: Vec<Act>, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        tokio::spawn(async move {
            for act in acts {
                let (stream, _) = listener.accept().await.unwrap();
                let (seen, tls) = (seen.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, act, &seen).await,
                        Some(tls) => {
                            // A client that does not like the certificate leaves.
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, act, &seen).await;
                            }
                        }
                    }
                });
            }
        });
        Receiver { address, requests }
    }

    /// What came, whole requests as text.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, act: Act, seen: &Mutex<Vec<String>>) {
    if matches!(act, Act::Close) {
        return;
    }
    let request = request(&mut stream).await;
    seen.lock().unwrap().push(request);
    // The other side may be gone already: that is what is tested.
    let _ = match act {
        Act::Say(answer) => stream.write_all(answer.as_bytes()).await,
        Act::Dawdle(answer) => {
            let said = stream.write_all(answer.as_bytes()).await;
            tokio::time::sleep(Duration::from_secs(30)).await;
            said
        }
        Act::Endless => {
            endless(stream, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "5\r\nhello\r\n").await
        }
        Act::EndlessHead => endless(stream, "HTTP/1.1 200 OK\r\n", "x-more: and more\r\n").await,
        Act::Close => Ok(()),
    };
}

async fn endless(mut stream: impl AsyncWrite + Unpin, start: &str, again: &str) -> std::io::Result<()> {
    stream.write_all(start.as_bytes()).await?;
    loop {
        stream.write_all(again.repeat(500).as_bytes()).await?;
    }
}

/// Reads head and body.
async fn request(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let read = stream.read(&mut chunk).await.unwrap_or(0);
        bytes.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&bytes);
        let whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            body.len() == length.parse::<usize>().unwrap()
        });
        if whole || read == 0 {
            return text.into_owned();
        }
    }
}
