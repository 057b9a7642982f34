//! `fenzhen serve` as a process that can be killed.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

pub struct Server {
    child: Child,
    pub address: String,
}

impl Server {
    /// Starts one on any free port and waits until it answers.
    pub fn start(data: &str, database: Option<&str>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fenzhen"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--log", "error", "--data", data]);
        if let Some(url) = database {
            command.args(["--database", url]);
        }
        command.current_dir(env!("CARGO_MANIFEST_DIR")).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut told = String::new();
        let address = loop {
            let before = told.len();
            stderr.read_line(&mut told).unwrap();
            assert!(told.len() > before, "the server did not start:\n{told}");
            if let Some((_, address)) = told[before..].split_once("answers at http://") {
                break address.trim().to_owned();
            }
        };
        std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::stderr()));
        Server { child, address }
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
