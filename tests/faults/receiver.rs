//! Receivers of webhooks, good ones and others, on real sockets.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    time::Duration,
};

/// What a receiver does with a request.
#[derive(Debug, Clone)]
pub enum Act {
    /// Answers with a status and more lines of a head.
    Say(u16, String),
    /// Never answers, and keeps the connection.
    Silence,
    /// Answers 200, and then sends its body for ever.
    EndlessBody,
    /// Answers 200, and then sends headers for ever.
    EndlessHead,
    /// Says something that is no HTTP.
    Garbage,
}

/// A receiver on a port of its own.
pub struct Receiver {
    /// Where it listens.
    pub port: u16,
    came: Arc<Mutex<Vec<String>>>,
}

impl Receiver {
    /// Listens at an address of this machine.
    pub fn start(host: &str, act: Act) -> Self {
        let listener = TcpListener::bind((host, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let came = Arc::new(Mutex::new(Vec::new()));
        let kept = came.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (act, kept) = (act.clone(), kept.clone());
                std::thread::spawn(move || serve(stream, &act, &kept));
            }
        });
        Receiver { port, came }
    }

    /// The bodies that came, in order; empty ones for requests that broke off.
    pub fn came(&self) -> Vec<String> {
        self.came.lock().unwrap().clone()
    }
}

fn serve(stream: TcpStream, act: &Act, came: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream);
    let body = request(&mut reader).unwrap_or_default();
    came.lock().unwrap().push(body);
    let stream = reader.get_mut();
    // Whoever is on the other side may have left: that is what is tested.
    let _ = match act {
        Act::Say(status, head) => stream.write_all(
            format!("HTTP/1.1 {status} X\r\n{head}content-length: 0\r\nconnection: close\r\n\r\n").as_bytes(),
        ),
        Act::Silence => {
            std::thread::sleep(Duration::from_secs(120));
            Ok(())
        }
        Act::EndlessBody => {
            endless(stream, "HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n", "8\r\nfor ever\r\n")
        }
        Act::EndlessHead => endless(stream, "HTTP/1.1 200 X\r\n", "x-more: and more of it\r\n"),
        Act::Garbage => stream.write_all(&[0xff, 0x00, 0x16, 0x03, 0x01, b'\r', b'\n', b'\r', b'\n']),
    };
}

fn endless(stream: &mut TcpStream, start: &str, again: &str) -> std::io::Result<()> {
    stream.write_all(start.as_bytes())?;
    let much = again.repeat(4_096);
    loop {
        stream.write_all(much.as_bytes())?;
    }
}

/// Reads a request and returns its body.
fn request(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.trim().split_once(": ")
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(String::from_utf8_lossy(&body).into_owned())
}
