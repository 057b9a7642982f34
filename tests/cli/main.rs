//! The command line as a person runs it: exit code, stdout and stderr, with the shipped bundle.

mod backup;
mod classify;
mod desk;
mod explain;
mod help;
mod import;
mod models;
mod policy;
mod score;
mod trust;

use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

/// Runs the binary in the repository's root with some text on stdin.
fn fenzhen(arguments: &[&str], stdin: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_fenzhen"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_remove("FENZHEN_BUNDLE")
        .env_remove("FENZHEN_POLICY")
        .env_remove("FENZHEN_DATA")
        .env_remove("FENZHEN_DATABASE")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that refuses its arguments does not wait for stdin.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    child.wait_with_output().unwrap()
}

/// Exit code, stdout and stderr in one text.
fn told(output: &Output) -> String {
    format!(
        "exit {}\n--- stdout\n{}--- stderr\n{}",
        output.status.code().unwrap(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}
