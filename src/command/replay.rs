//! `fenzhen replay`.

use super::{
    AnswerFlags, OutputFlags,
    aligned::aligned,
    progress, stdout,
    store::{StoreFlags, wait_for},
};
use crate::{
    Complaint, Error, Pipeline, Result,
    batch::Progress,
    data::lines::each_line,
    decide::{Change, Receipt, complaint_hash},
    desk::receipts::Receipts,
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Decide again what has receipts, and say what comes out otherwise
///
/// With the bundle, policy and kernel of the receipts every decision comes out the same, bit for bit; with others the report
/// says what would change. Receipts hold no text: the complaints are found by their hash in a file of request objects. A desk
/// keeps both: `--desk` makes its decisions again, say under the policy that is to be next, and changes none; its audit log tells that it was done.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  fenzhen classify --jsonl requests.jsonl --receipts receipts.jsonl > responses.jsonl
  fenzhen replay receipts.jsonl --complaints requests.jsonl
  fenzhen replay receipts.jsonl --complaints requests.jsonl --policy stricter.toml --json
  fenzhen replay --desk --data /var/lib/fenzhen --since 2026-11-01 --policy stricter.toml")]
pub struct Replay {
    /// Receipts, one a line
    #[arg(value_name = "RECEIPTS", required_unless_present = "desk")]
    receipts: Option<PathBuf>,
    /// The complaints they are about, as request objects of /v1/classify, one a line
    #[arg(long, value_name = "FILE", required_unless_present = "desk")]
    complaints: Option<PathBuf>,
    /// Instead of files, what a desk has decided
    #[arg(long, conflicts_with_all = ["receipts", "complaints"])]
    desk: bool,
    /// Only what the desk decided since this day (UTC)
    #[arg(long, value_name = "YYYY-MM-DD", requires = "desk")]
    since: Option<Date>,
    #[command(flatten)]
    store: StoreFlags,
    #[command(flatten)]
    model: AnswerFlags,
    #[command(flatten)]
    output: OutputFlags,
}

/// What came out of one receipt.
#[derive(Debug, Serialize)]
struct Outcome {
    id: String,
    /// Bit for bit.
    same: bool,
    changes: Vec<Change>,
}

/// What came out of many.
#[derive(Default)]
struct Outcomes {
    of: Vec<Outcome>,
    /// Receipts that no complaint belongs to.
    missing: usize,
}

impl Replay {
    pub fn run(&self) -> Result<ExitCode> {
        let pipeline = self.model.open()?;
        let (outcomes, place) = match (&self.receipts, &self.complaints) {
            (Some(receipts), Some(complaints)) => {
                (of_files(&pipeline, receipts, complaints)?, complaints.display().to_string())
            }
            _ => (wait_for(self.of_desk(&pipeline))?, "the desk".into()),
        };
        let mut text = String::new();
        if self.output.json {
            for outcome in &outcomes.of {
                text += &serde_json::to_string(outcome).map_err(|e| Error::Internal(e.to_string()))?;
                text.push('\n');
            }
        } else {
            text = table(&outcomes.of);
        }
        stdout::print(&text)?;
        let Outcomes { of, missing } = outcomes;
        if missing > 0 && !self.output.quiet {
            eprintln!("{missing} of {} receipts have no complaint in {place}", of.len() + missing);
        }
        let same = missing == 0 && of.iter().all(|outcome| outcome.same);
        Ok(if same { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }

    async fn of_desk(&self, pipeline: &Pipeline) -> Result<Outcomes> {
        let (store, keys) = (self.store.open().await?, self.store.known_keys()?);
        let since = self.since.map(|day| TimeZone::UTC.to_timestamp(day.into())).transpose();
        let since =
            since.map_err(|fault| Error::InvalidRequest { what: "--since".into(), reason: fault.to_string() })?;
        let mut receipts = Receipts::open(&store, &keys, since, Timestamp::now()).await?;
        let (mut outcomes, mut rows) = (Outcomes::default(), 0);
        let bar = progress::bar(self.output.quiet);
        while let Some(mut decided) = receipts.next().await? {
            let all = decided.len();
            rows += all;
            // What is known of a complaint may be another thing by now.
            decided.retain(|(receipt, complaint)| complaint_hash(complaint) == receipt.complaint);
            outcomes.missing += all - decided.len();
            outcomes.compare(pipeline, decided)?;
            progress::show(&bar, Progress { rows, read: rows as u64, length: receipts.count });
        }
        bar.finish_and_clear();
        store.close().await;
        Ok(outcomes)
    }
}

fn of_files(pipeline: &Pipeline, receipts: &Path, complaints: &Path) -> Result<Outcomes> {
    /// Receipts that are compared together.
    const PORTION: usize = 500;
    let receipts: Vec<Receipt> = each_line(receipts, |line| json(&line.bytes))?;
    let complaints: HashMap<String, Complaint> =
        each_line(complaints, |line| Complaint::from_json(&line.bytes).map_err(|e| e.to_string()))?
            .into_iter()
            .map(|complaint| (complaint_hash(&complaint), complaint))
            .collect();
    let mut outcomes = Outcomes::default();
    for receipts in receipts.chunks(PORTION) {
        let known = |receipt: &Receipt| Some((receipt.clone(), complaints.get(&receipt.complaint)?.clone()));
        let found: Vec<(Receipt, Complaint)> = receipts.iter().filter_map(known).collect();
        outcomes.missing += receipts.len() - found.len();
        outcomes.compare(pipeline, found)?;
    }
    Ok(outcomes)
}

impl Outcomes {
    fn compare(&mut self, pipeline: &Pipeline, found: Vec<(Receipt, Complaint)>) -> Result<()> {
        let asked = |(receipt, complaint): (Receipt, Complaint)| {
            let complaint = Complaint { id: Some(receipt.id.clone()), receipt: true, ..complaint };
            (receipt, complaint)
        };
        let (receipts, complaints): (Vec<Receipt>, Vec<Complaint>) = found.into_iter().map(asked).unzip();
        for (receipt, again) in receipts.iter().zip(pipeline.decide_all(&complaints).0) {
            let again = again?.receipt.expect("a receipt was asked for");
            let changes = receipt.changes(&again);
            self.of.push(Outcome { id: receipt.id.clone(), same: changes.is_empty(), changes });
        }
        Ok(())
    }
}

/// How many came out the same, and what changed how often.
fn table(outcomes: &[Outcome]) -> String {
    let same = outcomes.iter().filter(|outcome| outcome.same).count();
    let mut text = format!("{same} of {} decisions came out the same, bit for bit\n", outcomes.len());
    let mut counts: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    for change in outcomes.iter().flat_map(|outcome| &outcome.changes) {
        // The numbers themselves differ from row to row; that they differ is what counts.
        let exact = !change.what.starts_with("probabilities");
        let (before, after) = if exact { (change.before.as_str(), change.after.as_str()) } else { ("", "") };
        *counts.entry((change.what.as_str(), before, after)).or_default() += 1;
    }
    if counts.is_empty() {
        return text;
    }
    let mut order: Vec<_> = counts.into_iter().collect();
    order.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut rows = vec![["changed", "before", "after", "decisions"].map(str::to_owned).to_vec()];
    rows.extend(order.iter().map(|((what, before, after), count)| {
        vec![(*what).to_owned(), (*before).to_owned(), (*after).to_owned(), count.to_string()]
    }));
    text.push('\n');
    text + &aligned(&rows)
}

fn json<T: DeserializeOwned>(bytes: &[u8]) -> std::result::Result<T, String> {
    serde_json::from_slice(bytes).map_err(|error| format!("no receipt: column {}", error.column()))
}
