//! A caller who takes a broken connection for what it is: no answer.

use serde_json::Value;
use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

/// Nobody waits longer for the desk: the 60 seconds of `serve/endpoints/desk`, and a little for a busy machine.
pub const LONGEST: Duration = Duration::from_secs(65);

/// What came back.
pub struct Answer {
    pub status: u16,
    /// `null` where there was no body.
    pub json: Value,
    head: String,
}

impl Answer {
    /// The problem's code.
    pub fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.lines().filter_map(|line| line.split_once(": "));
        fields.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

pub struct Client {
    address: String,
}

impl Client {
    pub fn new(address: &str) -> Self {
        Client { address: address.to_owned() }
    }

    /// None where the connection broke, or nothing more came for a long time, before all of the answer was there.
    pub fn get(&self, path: &str) -> Option<Answer> {
        self.send(&format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n"))
    }

    /// Hands in JSON, with a key by which it can be repeated.
    pub fn post(&self, path: &str, key: Option<&str>, body: &str) -> Option<Answer> {
        let (length, key) = (body.len(), key.map(|key| format!("idempotency-key: {key}\r\n")).unwrap_or_default());
        self.send(&format!(
            "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\ncontent-type: application/json\r\n\
             {key}content-length: {length}\r\n\r\n{body}"
        ))
    }

    fn send(&self, request: &str) -> Option<Answer> {
        let mut stream = TcpStream::connect(&self.address).ok()?;
        stream.set_read_timeout(Some(LONGEST)).ok()?;
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let json = if body.is_empty() { Value::Null } else { serde_json::from_str(body).ok()? };
        Some(Answer { status, json, head: head.to_owned() })
    }
}
