//! `fenzhen serve` as a process: it says where it listens, answers, and ends as it should.
#![cfg(unix)]

use crate::service::{Service, fenzhen};
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    process::Output,
};

const CANARY: &str = "金丝雀飞过八三七二号仓库";

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

#[test]
fn it_answers_logs_without_text_and_ends_with_zero() {
    for name in ["-TERM", "-INT"] {
        let service = Service::start(&[]);
        let answer = post(&service.address, &format!(r#"{{"text": "{CANARY}，快递一直没到"}}"#));
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        let answer = post(&service.address, &format!(r#"{{"{CANARY}": 1}}"#));
        assert!(answer.contains("unknown_field") && !answer.contains(CANARY), "{answer}");
        service.signal(name);
        let ended = service.ended();
        let log = ended.log;
        assert_eq!(ended.status.code(), Some(0));
        assert!(!log.contains("金丝雀"), "{log}");
        let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let answered: Vec<_> = lines.iter().filter(|line| line["message"] == "answered").collect();
        assert_eq!(answered.len(), 2, "{log}");
        assert_eq!((&answered[0]["status"], &answered[0]["path"]), (&200.into(), &"/v1/classify".into()));
        assert!(answered[0]["ms"].is_number() && answered[0]["request_id"].is_string());
        assert_eq!(ended.data, "", "stdout is for data");
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
    let output = fenzhen(&["--no-desk", "--help"]).output().unwrap();
    insta::assert_snapshot!("help", String::from_utf8(output.stdout).unwrap());
}
