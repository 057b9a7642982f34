//! `fenzhen serve` with the shipped bundle as a process, as a user starts it. A folder beside those of the tests that need it,
//! each of which takes it in by its path.
#![allow(dead_code, reason = "each of the tests that share it needs a part of it")]

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, ExitStatus, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    thread::JoinHandle,
};

/// `fenzhen serve` with these arguments, nothing of the environment's own settings, and a data folder of its own where the
/// arguments name none.
pub fn fenzhen(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fenzhen"));
    command.arg("serve").args(arguments);
    alone(&mut command);
    if !arguments.iter().any(|argument| matches!(*argument, "--data" | "--no-desk")) {
        static SERVERS: AtomicUsize = AtomicUsize::new(0);
        let number = SERVERS.fetch_add(1, Ordering::Relaxed);
        let data = format!("{}/desk-{}-{number}", env!("CARGO_TARGET_TMPDIR"), std::process::id());
        command.env("FENZHEN_DATA", data);
    }
    command
}

/// Takes the environment's own settings from a command, and starts it where the bundles are.
pub fn alone(command: &mut Command) {
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("FENZHEN_")) {
        command.env_remove(name);
    }
}

/// A running server. Killed when dropped; where the test failed, its log is told.
pub struct Service {
    child: Child,
    /// Host and port.
    pub address: String,
    log: Option<JoinHandle<String>>,
    data: Option<JoinHandle<String>>,
}

/// What a server that ended had to say.
pub struct Ended {
    pub status: ExitStatus,
    /// What it wrote to stderr after it said where it answers.
    pub log: String,
    /// What it wrote to stdout.
    pub data: String,
}

impl Service {
    /// Starts one on any free port and waits until it answers.
    pub fn start(arguments: &[&str]) -> Self {
        Service::run(&mut fenzhen(&[&["--listen", "127.0.0.1:0"], arguments].concat()))
    }

    /// The same with a command of one's own.
    pub fn run(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
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
        // Whatever it says later must not fill the pipes.
        let (log, data) = (Some(keep(stderr)), child.stdout.take().map(keep));
        Service { child, address, log, data }
    }

    /// Where a browser finds it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The id of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by its name, as in `-TERM`.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until it ends by itself.
    pub fn ended(mut self) -> Ended {
        let status = self.child.wait().unwrap();
        let said = |pipe: Option<JoinHandle<String>>| pipe.map(|pipe| pipe.join().unwrap()).unwrap_or_default();
        Ended { status, log: said(self.log.take()), data: said(self.data.take()) }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking()
            && let Some(log) = self.log.take()
        {
            eprintln!("the server's log:\n{}", log.join().unwrap_or_default());
        }
    }
}

/// Reads a pipe to its end.
fn keep(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
