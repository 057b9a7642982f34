//! The command line: one file a command. Data goes to stdout, talk to stderr; exit 0 done, 1 finished with something
//! skipped or refused, 2 could not run.

mod aligned;
pub mod backup;
pub mod bundle;
pub mod calibrate;
pub mod classify;
pub mod data;
pub mod evaluate;
pub mod explain;
pub mod import;
pub mod key;
pub mod migrate;
pub mod policy;
mod progress;
pub mod replay;
pub mod reseal;
pub mod score;
pub mod serve;
mod stdout;
pub mod store;
mod table;
pub mod train;

use crate::{
    Pipeline, Result,
    classify::{Which, transformer::device},
};
use clap::{Args, Parser, Subcommand};
use std::{path::PathBuf, process::ExitCode};

/// Reads Chinese customer complaints and decides what they are, how urgent, how the customer feels and who must act.
#[derive(Debug, Parser)]
#[command(name = "fenzhen", version, max_term_width = 100, after_help = AFTER_HELP)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "Examples:
  fenzhen classify '快递三天没动静，客服一直不接电话'
  fenzhen explain '快递三天没动静，客服一直不接电话'
  fenzhen serve --listen 127.0.0.1:8080
  fenzhen score complaints.csv -o scored.csv
  fenzhen train training/retail.toml -o runs/retail";

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Serve),
    Classify(classify::Classify),
    Explain(explain::Explain),
    Score(score::Score),
    Train(train::Train),
    Evaluate(evaluate::Evaluate),
    Calibrate(calibrate::Calibrate),
    Data(data::Data),
    Bundle(bundle::Bundle),
    Policy(policy::Policy),
    Replay(replay::Replay),
    Key(key::Key),
    Import(import::Import),
    Migrate(migrate::Migrate),
    Backup(backup::Backup),
    Reseal(reseal::Reseal),
}

/// Which model answers, under which rules. The same flags on every command that decides.
#[derive(Debug, Clone, Args)]
pub struct ModelFlags {
    /// Folder of the model bundle
    #[arg(long, value_name = "DIR", env = "FENZHEN_BUNDLE", default_value = "models/retail")]
    pub bundle: PathBuf,
    /// Policy file; without it the built-in policy that fits the bundle's taxonomy
    #[arg(long, value_name = "FILE", env = "FENZHEN_POLICY")]
    pub policy: Option<PathBuf>,
    /// Where the transformer runs: cpu, cuda:N or metal (builds with the features cuda, metal)
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    pub device: String,
}

impl ModelFlags {
    pub fn open(&self) -> Result<Pipeline> {
        Pipeline::open_on(&self.bundle, self.policy.as_deref(), &device(&self.device)?)
    }
}

/// The same where one of the bundle's models may answer alone.
#[derive(Debug, Clone, Args)]
pub struct AnswerFlags {
    #[command(flatten)]
    model: ModelFlags,
    /// Which of the bundle's models answers: both, transformer or linear; without it all that it has, for which alone its error
    /// budgets were bought
    #[arg(long = "model", value_name = "MODEL", env = "FENZHEN_MODEL")]
    which: Option<Which>,
}

impl AnswerFlags {
    pub fn open(&self) -> Result<Pipeline> {
        let pipeline = self.model.open()?;
        match self.which {
            Some(which) => pipeline.with_models(which),
            None => Ok(pipeline),
        }
    }
}

/// How a command talks.
#[derive(Debug, Clone, Copy, Args)]
pub struct OutputFlags {
    /// Print JSON on stdout
    #[arg(long)]
    pub json: bool,
    /// No progress and no remarks on stderr
    #[arg(long, short)]
    pub quiet: bool,
}

/// Parses the arguments, runs one command, and tells of a failure as `error:` and `hint:` lines on stderr.
pub fn run() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Serve(command) => command.run(),
        Command::Classify(command) => command.run(),
        Command::Explain(command) => command.run(),
        Command::Score(command) => command.run(),
        Command::Train(command) => command.run(),
        Command::Evaluate(command) => command.run(),
        Command::Calibrate(command) => command.run(),
        Command::Data(command) => command.run(),
        Command::Bundle(command) => command.run(),
        Command::Policy(command) => command.run(),
        Command::Replay(command) => command.run(),
        Command::Key(command) => command.run(),
        Command::Import(command) => command.run(),
        Command::Migrate(command) => command.run(),
        Command::Backup(command) => command.run(),
        Command::Reseal(command) => command.run(),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error} [{}]", error.code());
        if let Some(hint) = error.hint() {
            eprintln!("hint: {hint}");
        }
        ExitCode::from(2)
    })
}
