//! `fenzhen serve` as a process: it says where it listens, answers, and ends as it should.
#![cfg(unix)]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, ChildStderr, Command, Output, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

const CANARY: &str = "金丝雀飞过八三七二号仓库";

fn fenzhen(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fenzhen"));
    // Every server has a desk of its own.
    static SERVERS: AtomicUsize = AtomicUsize::new(0);
    let number = SERVERS.fetch_add(1, Ordering::Relaxed);
    let data = format!("{}/desk-{}-{number}", env!("CARGO_TARGET_TMPDIR"), std::process::id());
    command.arg("serve").args(arguments).current_dir(env!("CARGO_MANIFEST_DIR"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("FENZHEN_")) {
        command.env_remove(name);
    }
    command.env("FENZHEN_DATA", data);
    command
}

struct Running {
    child: Child,
    stderr: BufReader<ChildStderr>,
    address: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn start() -> Running {
    let mut child =
        fenzhen(&["--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut told = String::new();
    let address = loop {
        let before = told.len();
        stderr.read_line(&mut told).unwrap();
        assert!(told.len() > before, "it did not start:\n{told}");
        if let Some((_, address)) = told[before..].split_once("fenzhen answers at http://") {
            break address.trim().to_owned();
        }
    };
    Running { child, stderr, address }
}

fn post(address: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    write!(
        stream,
        "POST /v1/classify HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

#[test]
fn it_answers_logs_without_text_and_ends_with_zero() {
    for name in ["-TERM", "-INT"] {
        let mut running = start();
        let answer = post(&running.address, &format!(r#"{{"text": "{CANARY}，快递一直没到"}}"#));
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        let answer = post(&running.address, &format!(r#"{{"{CANARY}": 1}}"#));
        assert!(answer.contains("unknown_field") && !answer.contains(CANARY), "{answer}");
        signal(&running.child, name);
        assert_eq!(running.child.wait().unwrap().code(), Some(0));
        let mut log = String::new();
        running.stderr.read_to_string(&mut log).unwrap();
        assert!(!log.contains("金丝雀"), "{log}");
        let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let answered: Vec<_> = lines.iter().filter(|line| line["message"] == "answered").collect();
        assert_eq!(answered.len(), 2, "{log}");
        assert_eq!((&answered[0]["status"], &answered[0]["path"]), (&200.into(), &"/v1/classify".into()));
        assert!(answered[0]["ms"].is_number() && answered[0]["request_id"].is_string());
        let mut data = String::new();
        running.child.stdout.take().unwrap().read_to_string(&mut data).unwrap();
        assert_eq!(data, "", "stdout is for data");
    }
}

fn told(output: &Output) -> String {
    format!("exit {}\n{}", output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn what_keeps_it_from_starting_is_told_with_a_way_out() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = holder.local_addr().unwrap().to_string();
    let output = fenzhen(&["--listen", &taken]).output().unwrap();
    insta::assert_snapshot!("port_in_use", told(&output).replace(&taken, "ADDRESS"));
    insta::assert_snapshot!("public_address", told(&fenzhen(&["--listen", "0.0.0.0:0"]).output().unwrap()));
    insta::assert_snapshot!("no_port", told(&fenzhen(&["--listen", "localhost"]).output().unwrap()));
    let output = fenzhen(&["--listen", "127.0.0.1:0", "--bundle", "no/such/bundle"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let told = told(&output);
    assert!(told.contains("no/such/bundle") && told.contains("hint: "), "{told}");
}

#[test]
fn the_help_shows_how() {
    let output = fenzhen(&["--help"]).env_remove("FENZHEN_DATA").output().unwrap();
    insta::assert_snapshot!("help", String::from_utf8(output.stdout).unwrap());
}
