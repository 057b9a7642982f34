//! How the server runs: places, portions, limits. What it decides is in the bundle and the policy.

use std::time::Duration;

/// Numbers of one server; the defaults suit one machine.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Threads that run the model.
    pub workers: usize,
    /// Complaints that may wait; one more is refused with 429.
    pub queue: usize,
    /// How long a complaint may be expected to wait, at the pace of late, before it is refused with 429; a batch may wait ten
    /// times as long.
    pub longest_wait: Duration,
    /// Complaints that one worker takes at once.
    pub portion: usize,
    /// Bytes of text that one worker takes at once.
    pub portion_bytes: usize,
    /// How long a busy worker waits for company.
    pub max_wait: Duration,
    /// Complaints in one batch request.
    pub batch: usize,
    /// Bytes in the body of a single request.
    pub body: usize,
    /// Bytes in the body of a batch request.
    pub batch_body: usize,
    /// Bytes in the body of a request with files.
    pub upload_body: usize,
    /// How long a body may take to arrive.
    pub body_patience: Duration,
    /// How long a body with files may take to arrive: telephones are slow.
    pub upload_patience: Duration,
    /// Bodies with files that may arrive at once; one more is refused with 429.
    pub uploads: usize,
    /// How long open requests may take after the signal to stop.
    pub grace: Duration,
    /// Requests a minute for every address and every API key; 0: as many as they like.
    pub requests_a_minute: u32,
    /// Open connections; the next one waits until one closes.
    pub connections: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            workers: 1,
            queue: 1_024,
            longest_wait: Duration::from_secs(2),
            portion: 32,
            portion_bytes: 64 << 10,
            max_wait: Duration::from_millis(2),
            batch: 256,
            body: 1 << 20,
            batch_body: 8 << 20,
            // Three recordings, the longest JSON, and what is between them.
            upload_body: (3 * 20 + 2) << 20,
            body_patience: Duration::from_secs(30),
            upload_patience: Duration::from_secs(180),
            uploads: 32,
            grace: Duration::from_secs(30),
            requests_a_minute: 0,
            connections: 1_024,
        }
    }
}
