//! `fenzhen import`.

use super::{
    AnswerFlags, OutputFlags, progress,
    stdout::print,
    store::{StoreFlags, wait_for},
    table::{self, TableFlags},
};
use crate::{
    Desk, Error, Result,
    batch::{Failure, Item, Progress, Source, Wanted},
    desk::{
        House,
        intake::{
            Request,
            offline::{Offline, Row},
        },
    },
};
use indicatif::HumanCount;
use std::{path::PathBuf, process::ExitCode, sync::Arc};

/// Take a file of complaints into the desk
///
/// For what was written down elsewhere: a hotline's list of the day, a store's sheet. Reads CSV (UTF-8, GB18030, Big5, UTF-16) or
/// JSONL, plain or .gz. Every row gets its number, on stdout after its line; a running server takes up the work, or the next one
/// that starts. The same file again, under its name, takes nothing in twice within a week, and rows with an id of their own
/// (工单号, external_id …; not 编号 or 序号, which begin anew every day,
/// unless --columns names them) never.
/// Times without a zone are the house's. Deadlines run from the time of the complaint: for years of old complaints there is `score`.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Import {
    /// CSV or JSONL file of complaints
    #[arg(value_name = "FILE")]
    input: PathBuf,
    /// Channel of the rows that name none, as in phone or store
    #[arg(long, value_name = "NAME")]
    channel: Option<String>,
    #[command(flatten)]
    table: TableFlags,
    /// Folder of the desk's rules, as for `serve`
    #[arg(long, value_name = "DIR", env = "FENZHEN_RULES")]
    rules: Option<PathBuf>,
    #[command(flatten)]
    store: StoreFlags,
    #[command(flatten)]
    model: AnswerFlags,
    #[command(flatten)]
    talk: OutputFlags,
}

const AFTER_HELP: &str = "Examples:
  fenzhen import 热线登记.csv --channel phone
  fenzhen import store.csv --channel store --columns contact=顾客电话,received_at=登记时间

Exit code 1: some rows were not taken.";

impl Import {
    pub fn run(&self) -> Result<ExitCode> {
        let source = Source::open(&self.input, self.table.encoding()?, Wanted::Intake, &self.table.columns())?;
        let pipeline = Arc::new(self.model.open()?);
        let house = House::open(self.rules.as_deref(), &pipeline.taxonomy, &pipeline.policy)?;
        let name = self.input.file_name().unwrap_or_default().to_string_lossy();
        let offline = Offline::new(house.calendar.zone().clone(), self.channel.clone(), &name);
        let keys = self.store.keys()?;
        let (taken, failures) = wait_for(async {
            let desk = Desk::new(self.store.open().await?, house, Arc::new(pipeline), keys);
            let done = self.take(&desk, source, offline).await;
            desk.store().clone().close().await;
            done
        })?;
        if !self.talk.quiet {
            table::tell(&failures, failures.len(), "");
            eprintln!("done     {} taken, {} failed", HumanCount(taken), failures.len());
        }
        Ok(ExitCode::from(u8::from(!failures.is_empty())))
    }

    async fn take(&self, desk: &Desk, mut source: Source, mut offline: Offline) -> Result<(u64, Vec<Failure>)> {
        let bar = progress::bar(self.talk.quiet);
        let (mut rows, mut taken, mut failures) = (0, 0, Vec::new());
        loop {
            let items = source.next_chunk()?;
            if items.is_empty() {
                break;
            }
            rows += items.len();
            let (mut lines, mut requests) = (Vec::new(), Vec::new());
            for item in items {
                match request(&mut offline, &source, &item) {
                    Ok(request) => {
                        lines.push(item.line);
                        requests.push(request);
                    }
                    Err(failure) => failures.push(failure),
                }
            }
            for (line, accepted) in lines.into_iter().zip(desk.accept(&requests).await?) {
                match accepted {
                    Ok(accepted) => {
                        taken += u64::from(accepted.fresh);
                        let state = if accepted.fresh { "new" } else { "known" };
                        self.tell(line, &accepted.number.to_string(), state)?;
                    }
                    Err(fault) => failures.push(Failure { line, code: fault.code(), reason: fault.to_string() }),
                }
            }
            progress::show(&bar, Progress { rows, read: source.input.position(), length: source.input.length });
        }
        bar.finish_and_clear();
        failures.sort_by_key(|failure| failure.line);
        Ok((taken, failures))
    }

    fn tell(&self, line: usize, number: &str, state: &str) -> Result<()> {
        match self.talk.json {
            true => print(&format!("{}\n", serde_json::json!({"line": line, "number": number, "state": state}))),
            false => print(&format!("{line}\t{number}\t{state}\n")),
        }
    }
}

/// The request that a row comes to, or why it comes to none.
fn request(offline: &mut Offline, source: &Source, item: &Item) -> Result<Request, Failure> {
    let failure = |reason: String| Failure { line: item.line, code: "invalid_row", reason };
    if let Some(fault) = &item.fault {
        return Err(failure(fault.clone()));
    }
    let (names, columns) = (&source.names, &source.columns);
    let other = |field| columns.other(names, &item.content, field);
    let fields = [
        ("external_id", "id"),
        ("channel", "channel"),
        ("customer.id", "customer_id"),
        ("customer.tier", "tier"),
        ("contact", "contact"),
        ("order.id", "order_id"),
        ("product", "product"),
        ("region", "region"),
        ("wish", "wish"),
    ];
    let row = Row {
        text: columns.words(names, &item.content).map_err(failure)?,
        fields: fields.into_iter().filter_map(|(field, column)| Some((field, other(column)?))).collect(),
        amount: columns.amount(names, &item.content),
        received: other("received_at"),
    };
    let told = |fault: Error| Failure { line: item.line, code: fault.code(), reason: fault.to_string() };
    offline.request(row).map_err(told)
}
