//! Over a real socket: slow callers, broken callers, and the end.

use crate::stand_in::{StandIn, until};
use fenzhen::serve::{Settings, State, listen};
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::Arc,
    time::Duration,
};
use tokio::{sync::oneshot, task::JoinHandle};

struct Listening {
    address: SocketAddr,
    state: State,
    stop: oneshot::Sender<()>,
    served: JoinHandle<bool>,
}

async fn listening(engine: Arc<StandIn>, settings: Settings) -> Listening {
    let listener = listen::bind("127.0.0.1:0", &["127.0.0.1:0".parse().unwrap()]).await.unwrap();
    let address = listener.local_addr().unwrap();
    let state = State::start(engine, settings).unwrap();
    state.warm_up().await.unwrap();
    let (stop, stopped) = oneshot::channel();
    let served = tokio::spawn(listen::serve(listener, state.clone(), async {
        let _ = stopped.await;
    }));
    Listening { address, state, stop, served }
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

fn request(body: &str, length: usize) -> String {
    format!(
        "POST /v1/classify HTTP/1.1\r\nhost: here\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n{body}"
    )
}

/// Sends bytes and reads until the other side closes.
fn exchange(address: SocketAddr, bytes: Vec<u8>) -> JoinHandle<String> {
    tokio::task::spawn_blocking(move || {
        let mut stream = connect(address);
        stream.write_all(&bytes).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_queued_is_finished_before_the_end() {
    let engine = StandIn::new();
    let server = listening(engine.clone(), Settings { portion: 2, ..Settings::default() }).await;
    engine.close();
    let body = r#"{"text": "排队中", "id": "queued"}"#;
    let callers: Vec<_> = (0..6).map(|_| exchange(server.address, request(body, body.len()).into_bytes())).collect();
    engine.begun(2).await;
    // An idle connection must not hold up the end.
    let idle = connect(server.address);
    until(|| server.state.batcher().waiting() >= 4).await;
    server.stop.send(()).unwrap();
    let state = server.state.clone();
    until(move || state.leaving()).await;
    let address = server.address;
    until(move || TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_err()).await;
    engine.open();
    for caller in callers {
        let answer = caller.await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("queued"), "{answer}");
    }
    assert!(server.served.await.unwrap(), "all of it was finished in time");
    drop(idle);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_never_finishes_does_not_hold_up_the_end() {
    let server = listening(StandIn::new(), Settings { grace: Duration::from_millis(200), ..Settings::default() }).await;
    let mut slow = connect(server.address);
    slow.write_all(request("{", 1_000).as_bytes()).unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    server.stop.send(()).unwrap();
    let in_time = tokio::time::timeout(Duration::from_secs(10), server.served).await.unwrap().unwrap();
    assert!(!in_time, "and it is told");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_never_arrives_is_given_up() {
    let settings = Settings { body_patience: Duration::from_millis(100), ..Settings::default() };
    let server = listening(StandIn::new(), settings).await;
    let answer = exchange(server.address, request(r#"{"text""#, 500).into_bytes()).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("body_too_slow"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_on_the_wire_does_no_harm() {
    let server = listening(StandIn::new(), Settings::default()).await;
    for bytes in [&b"\x16\x03\x01\x02\x00\x01\x00"[..], b"GET\r\n\r\n", b"hello\r\n\r\n", b"\0\0\0\0\r\n\r\n"] {
        let answer = exchange(server.address, bytes.to_vec()).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    }
    let chunked = "POST /v1/classify HTTP/1.1\r\nhost: here\r\nconnection: close\r\ncontent-type: application/json\r\n\
        transfer-encoding: chunked\r\n\r\nzz\r\n";
    let answer = exchange(server.address, chunked.as_bytes().to_vec()).await.unwrap();
    assert!(answer.contains("body_broken"), "{answer}");
    let body = r#"{"text": "还活着"}"#;
    let answer = exchange(server.address, request(body, body.len()).into_bytes()).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_hangs_up_gives_its_place_back() {
    let engine = StandIn::new();
    let server = listening(engine.clone(), Settings::default()).await;
    engine.close();
    let body = r#"{"text": "first"}"#;
    let first = exchange(server.address, request(body, body.len()).into_bytes());
    engine.begun(2).await;
    let mut gone = connect(server.address);
    let body = r#"{"text": "gone"}"#;
    gone.write_all(request(body, body.len()).as_bytes()).unwrap();
    until(|| server.state.batcher().waiting() == 1).await;
    drop(gone);
    tokio::time::sleep(Duration::from_millis(100)).await;
    engine.open();
    assert!(first.await.unwrap().starts_with("HTTP/1.1 200"));
    let body = r#"{"text": "last"}"#;
    exchange(server.address, request(body, body.len()).into_bytes()).await.unwrap();
    assert!(!engine.portions().concat().contains(&"gone".to_owned()), "{:?}", engine.portions());
}

#[tokio::test]
async fn addresses_that_cannot_be_had_say_why() {
    for wrong in ["8080", "localhost", "127.0.0.1:99999", "127.0.0.1:", ""] {
        assert_eq!(listen::addresses(wrong).await.unwrap_err().code(), "listen", "{wrong}");
    }
    let free = listen::addresses("127.0.0.1:0").await.unwrap();
    let holder = listen::bind("127.0.0.1:0", &free).await.unwrap();
    let taken = holder.local_addr().unwrap();
    let error = listen::bind(&taken.to_string(), &[taken]).await.unwrap_err();
    assert!(error.hint().unwrap().contains("another program has this port"), "{error}");
}
