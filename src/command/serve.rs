//! `fenzhen serve`.

use super::{
    AnswerFlags,
    store::{AttachmentFlags, StoreFlags},
};
use crate::{
    Desk, Error, Result,
    desk::{House, access, keys, work::Workers},
    serve::{Settings, State, listen},
    taxonomy::Language,
};
use std::{path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

/// Answer over HTTP
///
/// Opens a page for people at /, the API at /v1, its description at /docs, and the complaint desk over the database in the data
/// folder. Until there is an administrator's key (`fenzhen key create`) it answers only at the machine itself. Logs are JSON lines on stderr and never hold
/// complaint text. On ctrl-c or SIGTERM it takes no more connections, finishes what is queued, and exits with 0.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  fenzhen serve
  fenzhen serve --listen 127.0.0.1:0 --workers 2
  fenzhen serve --listen 0.0.0.0:8080 --database postgres://fenzhen@db.example/fenzhen
  fenzhen serve --attachments /srv/fenzhen/attachments
  fenzhen serve --no-desk
  curl -s localhost:8080/v1/classify -H 'content-type: application/json' -d '{\"text\": \"快递三天没动静\"}'")]
pub struct Serve {
    #[command(flatten)]
    model: AnswerFlags,
    /// Address to answer at; port 0 takes any free port
    #[arg(long, value_name = "HOST:PORT", env = "FENZHEN_LISTEN", default_value = "127.0.0.1:8080")]
    listen: String,
    #[command(flatten)]
    store: StoreFlags,
    #[command(flatten)]
    attachments: AttachmentFlags,
    /// Folder of the desk's rules (routing.toml, deadlines.toml, calendar.toml, …); built-in ones for what it lacks
    #[arg(long, value_name = "DIR", env = "FENZHEN_RULES")]
    rules: Option<PathBuf>,
    /// Only answer questions: no desk, no database, no keys
    #[arg(long, conflicts_with_all = ["data", "database", "attachments", "rules"])]
    no_desk: bool,
    /// With --no-desk: allow an address that other machines can reach, where a proxy with a login stands before it
    #[arg(long, env = "FENZHEN_ALLOW_PUBLIC", requires = "no_desk")]
    allow_public: bool,
    /// Threads that run the model
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = at_least_one)]
    workers: usize,
    /// Complaints that may wait; more are refused with 429
    #[arg(long, value_name = "N", default_value_t = 1_024, value_parser = at_least_one)]
    queue: usize,
    /// How long a complaint may be expected to wait before it is refused with 429; a batch may wait ten times as long
    #[arg(long, value_name = "MS", default_value_t = 2_000)]
    longest_wait_ms: u64,
    /// Requests a minute for every address and every API key; 0 sets no limit
    #[arg(long, value_name = "N", default_value_t = 60_000)]
    requests_a_minute: u32,
    /// How long a busy worker waits for more complaints to decide together
    #[arg(long, value_name = "MS", default_value_t = 2)]
    max_wait_ms: u64,
    /// What to log, as in RUST_LOG: error, warn, info, or off
    #[arg(long, value_name = "FILTER", env = "FENZHEN_LOG", default_value = "info")]
    log: String,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("must be at least 1".into()),
        Ok(n) => Ok(n),
        Err(_) => Err("must be a whole number".into()),
    }
}

impl Serve {
    pub fn run(&self) -> Result<ExitCode> {
        self.start_log()?;
        silence_panics();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|e| Error::Internal(format!("no threads for the server: {e}")))?;
        runtime.block_on(self.serve())
    }

    async fn serve(&self) -> Result<ExitCode> {
        // The port first: if it is taken, there is no need to load a model.
        let addresses = listen::addresses(&self.listen).await?;
        let store = match self.no_desk {
            true => {
                access::listen::check(&addresses, usize::from(self.allow_public))?;
                None
            }
            false => {
                let store = self.store.open().await?;
                let objects = self.attachments.open(&self.store.data)?;
                objects.check().await?;
                let store = store.with_objects(objects);
                let administrators = keys::administrators(&store, jiff::Timestamp::now()).await?;
                access::listen::check(&addresses, usize::try_from(administrators).unwrap_or(usize::MAX))?;
                Some(store)
            }
        };
        let listener = listen::bind(&self.listen, &addresses).await?;
        let address = listener.local_addr().map_err(|source| Error::Listen { address: self.listen.clone(), source })?;
        let settings = Settings {
            workers: self.workers,
            queue: self.queue,
            max_wait: Duration::from_millis(self.max_wait_ms),
            longest_wait: Duration::from_millis(self.longest_wait_ms),
            requests_a_minute: self.requests_a_minute,
            ..Settings::default()
        };
        let pipeline = Arc::new(self.model.open()?);
        let state = match store {
            None => State::start(pipeline, settings)?,
            Some(store) => {
                let house = House::open(self.rules.as_deref(), &pipeline.taxonomy, &pipeline.policy)?;
                warn_of_unknown_years(&house);
                warn_of_unheard_roles(&house);
                let keys = self.store.keys()?;
                State::start_with_desk(pipeline, settings, |engine| Ok(Desk::new(store, house, engine, keys)))?
            }
        };
        let workers = state.front().map(|front| Workers::start(&front.desk));
        let signals = Signals::watch()?;
        let (failed, failure) = tokio::sync::oneshot::channel();
        let warming = state.clone();
        let warm_up = tokio::spawn(async move {
            match warming.warm_up().await {
                Ok(()) => {
                    eprintln!("fenzhen answers at http://{address}");
                    drop(failed);
                }
                Err(error) => {
                    let _ = failed.send(error);
                }
            }
        });
        let mut fault = None;
        let stop = async {
            tokio::select! {
                () = signals.first() => {}
                error = async { match failure.await { Ok(error) => error, Err(_) => std::future::pending().await } } => {
                    fault = Some(error);
                }
            }
        };
        let in_time = listen::serve(listener, state, stop).await;
        warm_up.abort();
        if let Some(workers) = workers {
            workers.finish().await;
        }
        match fault {
            Some(error) => Err(error),
            None if in_time => Ok(ExitCode::SUCCESS),
            None => {
                eprintln!("some requests did not finish in time and were cut off");
                Ok(ExitCode::from(1))
            }
        }
    }

    fn start_log(&self) -> Result<()> {
        let filter = tracing_subscriber::EnvFilter::try_new(&self.log)
            .map_err(|e| Error::InvalidRequest { what: format!("--log {}", self.log), reason: e.to_string() })?;
        tracing_subscriber::fmt()
            .json()
            .flatten_event(true)
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .init();
        Ok(())
    }
}

/// A panic's message may quote the text it stumbled over; only its place goes to the log.
fn silence_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|l| format!("{}:{}", l.file(), l.line()));
        tracing::error!(place, "a fault in the code was caught");
    }));
}

/// The signals that ask for an end.
struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    fn watch() -> Result<Self> {
        Ok(Signals {
            #[cfg(unix)]
            terminate: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
                .map_err(|e| Error::Internal(format!("signals cannot be watched: {e}")))?,
        })
    }

    /// Waits for the first signal. A second one ends the process at once.
    #[allow(unused_mut, reason = "only unix has more than ctrl-c")]
    async fn first(mut self) {
        self.next().await;
        tracing::info!("stopping: open requests are finished first");
        tokio::spawn(async move {
            self.next().await;
            std::process::exit(1);
        });
    }

    #[cfg(unix)]
    async fn next(&mut self) {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = self.terminate.recv() => {}
        }
    }

    #[cfg(not(unix))]
    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}

/// Roles that the rules tell of deadlines and incidents, and in which nobody hears it by e-mail.
fn warn_of_unheard_roles(house: &House) {
    let roles = house.unheard_roles();
    let Some(role) = roles.first() else { return };
    eprintln!("warning: nobody hears by e-mail what goes to these roles: {}", roles.join(", "));
    eprintln!("hint: in mail.toml in the folder of --rules, say who they are: [roles] {role} = [\"name@example.com\"]");
}

/// Deadlines of the next months that nobody can compute rightly yet.
fn warn_of_unknown_years(house: &House) {
    let now = jiff::Timestamp::now();
    let ahead = now.checked_add(jiff::SignedDuration::from_hours(24 * 90)).unwrap_or(now);
    for year in house.calendar.unknown_years(now, ahead) {
        eprintln!("warning: {}", year.tell(Language::En));
        eprintln!("hint: put its days into holidays.toml in the folder of --rules");
    }
}
