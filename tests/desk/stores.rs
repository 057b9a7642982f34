//! Desks to test with: the shipped bundle, a database of their own, a watch that is moved by hand.

use fenzhen::{
    Desk, Pipeline,
    desk::{House, Watch, attachments::Objects, intake::Submission, seal::KeyRing, store::Store},
};
use jiff::{SignedDuration, Timestamp};
use sea_orm::{ConnectionTrait, Database};
use std::{
    future::Future,
    path::Path,
    sync::{Arc, LazyLock, Mutex},
};

static PIPELINE: LazyLock<Arc<Pipeline>> =
    LazyLock::new(|| Arc::new(Pipeline::open(Path::new("models/retail"), None).expect("the shipped bundle opens")));

/// A key file of our own; it seals nothing that anybody sent.
pub static KEYS: LazyLock<String> =
    LazyLock::new(|| fenzhen::desk::seal::generate("2026-11-26".parse().unwrap()).to_string());

/// A desk with what it stands on.
pub struct Fixture {
    pub desk: Desk,
    pub url: String,
    now: Arc<Mutex<Timestamp>>,
    folder: tempfile::TempDir,
}

impl Fixture {
    /// Moves the watch.
    pub fn pass(&self, hours: i64) {
        self.pass_minutes(hours * 60);
    }

    /// Moves the watch by less than an hour.
    pub fn pass_minutes(&self, minutes: i64) {
        let mut now = self.now.lock().unwrap();
        *now = now.checked_add(SignedDuration::from_mins(minutes)).unwrap();
    }

    /// The same database under another desk, as after a restart or in another process.
    pub async fn again(&self) -> Desk {
        self.again_with(&KEYS).await
    }

    /// The same with other sealing keys.
    pub async fn again_with(&self, keys: &str) -> Desk {
        desk(&self.url, self.folder.path(), self.now.clone(), keys, &|_| {}).await
    }

    /// The same with other rules.
    pub async fn again_under(&self, rules: impl Fn(&mut House)) -> Desk {
        desk(&self.url, self.folder.path(), self.now.clone(), &KEYS, &rules).await
    }

    /// The same with another place for files.
    pub async fn with_objects(&self, objects: Objects) -> Desk {
        desk_with(&self.url, objects, self.now.clone(), &KEYS, &|_| {}).await
    }

    /// Where what the desk keeps beside its database is.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

async fn desk(url: &str, folder: &Path, now: Arc<Mutex<Timestamp>>, keys: &str, rules: &dyn Fn(&mut House)) -> Desk {
    let objects = Objects::in_folder(&folder.join("attachments")).unwrap();
    desk_with(url, objects, now, keys, rules).await
}

async fn desk_with(
    url: &str,
    objects: Objects,
    now: Arc<Mutex<Timestamp>>,
    keys: &str,
    rules: &dyn Fn(&mut House),
) -> Desk {
    let pipeline = PIPELINE.clone();
    let mut house = House::open(None, &pipeline.taxonomy, &pipeline.policy).unwrap();
    rules(&mut house);
    let watch: Watch = Arc::new(move || *now.lock().unwrap());
    let keys = KeyRing::parse(keys, "tests").unwrap();
    let store = Store::open(url).await.unwrap().with_objects(objects);
    Desk::with_watch(store, house, Arc::new(pipeline), keys, watch)
}

/// Runs a test on every kind of database that there is.
pub fn on_every_store<T: Future<Output = ()>>(test: impl Fn(Fixture) -> T) {
    on_every_store_of(|_| {}, test);
}

/// The same with other rules than those that are built in.
pub fn on_every_store_of<T: Future<Output = ()>>(rules: impl Fn(&mut House), test: impl Fn(Fixture) -> T) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let at = fixture(None, &rules).await;
        test(at).await;
        if let Ok(server) = std::env::var("FENZHEN_TEST_POSTGRES") {
            let at = fixture(Some(&server), &rules).await;
            test(at).await;
        }
    });
}

async fn fixture(server: Option<&str>, rules: &dyn Fn(&mut House)) -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let url = match server {
        None => Store::url_in(folder.path()).unwrap(),
        Some(server) => {
            // Every test has a database of its own on the throw-away server.
            let name = format!("fenzhen_{}", uuid::Uuid::now_v7().simple());
            let admin = Database::connect(server).await.unwrap();
            admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
            let (rest, _) = server.rsplit_once('/').expect("a URL with a database");
            format!("{rest}/{name}")
        }
    };
    // A Thursday morning at work.
    let now = Arc::new(Mutex::new("2026-11-26T09:30+08:00".parse().unwrap()));
    Fixture { desk: desk(&url, folder.path(), now.clone(), &KEYS, rules).await, url, now, folder }
}

/// A complaint as a channel sends it.
pub fn submission(json: &str) -> Submission {
    Submission::from_json(json.as_bytes()).unwrap()
}
