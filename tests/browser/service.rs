//! `fenzhen serve` with the shipped bundle, as a user starts it.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

/// A running server. Stopped when dropped.
pub struct Service {
    child: Child,
    pub address: String,
}

impl Service {
    pub fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_fenzhen"))
            .args(["serve", "--listen", "127.0.0.1:0", "--log", "warn", "--no-desk"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut told = String::new();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let address = loop {
            let before = told.len();
            stderr.read_line(&mut told).unwrap();
            assert!(told.len() > before, "the server did not start:\n{told}");
            if let Some((_, address)) = told[before..].split_once("answers at ") {
                break address.trim().to_owned();
            }
        };
        // Whatever it says later must not fill the pipe.
        std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
        Service { child, address }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
