//! A caller who takes a broken connection for what it is: no answer.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

pub struct Client {
    address: String,
}

impl Client {
    pub fn new(address: &str) -> Self {
        Client { address: address.to_owned() }
    }

    /// Status and JSON; none where the connection broke before all of the answer came.
    pub fn post(&self, path: &str, key: &str, body: &str) -> Option<(u16, serde_json::Value)> {
        let mut stream = TcpStream::connect(&self.address).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
        let length = body.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\ncontent-type: application/json\r\n\
             idempotency-key: {key}\r\ncontent-length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).ok()?;
        stream.write_all(body.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some((status, serde_json::from_str(body).ok()?))
    }
}
