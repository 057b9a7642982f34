//! Databases to break.

use sea_orm::{ConnectionTrait, Database};
use std::{
    io::{BufRead, BufReader},
    process::{Child, ChildStdin, Command, Stdio},
};

/// A database of its own on a server, by the URL of any other one there.
pub fn new(admin: &str) -> String {
    let name = format!("fenzhen_{}", uuid::Uuid::now_v7().simple());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let database = Database::connect(admin).await.unwrap();
        database.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    });
    let (rest, _) = admin.rsplit_once('/').expect("a URL with a database");
    format!("{rest}/{name}")
}

/// A PostgreSQL that a test may stop, and nobody else uses. It is gone with the test, however that ends.
pub struct Postgres {
    child: Child,
    /// As long as this is open, the server is kept.
    open: Option<ChildStdin>,
    home: String,
    /// Of a database in it.
    pub url: String,
}

impl Postgres {
    /// Starts one; none where there is none on this machine: a test installs nothing.
    pub fn start() -> Option<Self> {
        let mut command = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/postgres"));
        command.args(["run", "sh", "-c", "echo $FENZHEN_TEST_POSTGRES_HOME; echo $FENZHEN_TEST_POSTGRES; read end"]);
        command.env_remove("FENZHEN_TEST_POSTGRES").env("FENZHEN_TEST_INSTALL", "no");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let (home, url) = (lines.next(), lines.next());
        let open = child.stdin.take();
        let (Some(home), Some(url)) = (home, url) else {
            assert_eq!(child.wait().unwrap().code(), Some(2), "tests/postgres has failed");
            eprintln!("SKIPPED: no PostgreSQL is installed that this test could stop; see tests/postgres");
            return None;
        };
        Some(Postgres { child, open, home, url })
    }

    /// Everything of it ends at once, as when the machine loses its power.
    pub fn crash(&self) {
        self.script("crash");
    }

    /// It comes back, and recovers what it had promised to keep.
    pub fn recover(&self) {
        self.script("recover");
    }

    /// Its connections stay, and nothing comes over them any more.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    /// It goes on as if nothing had been.
    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    fn script(&self, command: &str) {
        let mut script = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/postgres"));
        let status = script.arg(command).env("FENZHEN_TEST_POSTGRES_HOME", &self.home).status().unwrap();
        assert!(status.success(), "tests/postgres {command}");
    }

    /// The postmaster first: it starts no more processes then.
    fn signal(&self, name: &str) {
        let file = std::fs::read_to_string(format!("{}/data/postmaster.pid", self.home)).unwrap();
        let postmaster = file.lines().next().unwrap().trim().to_owned();
        let kill = |ids: &[&str]| Command::new("kill").arg(name).args(ids).status().unwrap().success();
        assert!(kill(&[&postmaster]));
        let children = Command::new("ps").args(["-o", "pid=", "--ppid", &postmaster]).output().unwrap().stdout;
        let children = String::from_utf8(children).unwrap();
        // One of them may have ended by itself meanwhile.
        let _ = kill(&children.split_whitespace().collect::<Vec<_>>());
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // The script sees that nobody holds it any more.
        drop(self.open.take());
        let _ = self.child.wait();
    }
}
