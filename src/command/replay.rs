//! `fenzhen replay`.

use super::{AnswerFlags, OutputFlags, aligned::aligned, stdout};
use crate::{
    Complaint, Error, Result,
    data::lines::each_line,
    decide::{Change, Receipt, complaint_hash},
};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    process::ExitCode,
};

/// Decide again what has receipts, and say what comes out otherwise
///
/// With the bundle, policy and kernel of the receipts every decision comes out the same, bit for bit; with others the report
/// says what would change. Receipts hold no text: the complaints are found by their hash in a file of request objects.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  fenzhen classify --jsonl requests.jsonl --receipts receipts.jsonl > responses.jsonl
  fenzhen replay receipts.jsonl --complaints requests.jsonl
  fenzhen replay receipts.jsonl --complaints requests.jsonl --policy stricter.toml --json")]
pub struct Replay {
    /// Receipts, one a line
    #[arg(value_name = "RECEIPTS")]
    receipts: PathBuf,
    /// The complaints they are about, as request objects of /v1/classify, one a line
    #[arg(long, value_name = "FILE")]
    complaints: PathBuf,
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

impl Replay {
    pub fn run(&self) -> Result<ExitCode> {
        let receipts: Vec<Receipt> = each_line(&self.receipts, |line| json(&line.bytes))?;
        let complaints: HashMap<String, Complaint> =
            each_line(&self.complaints, |line| Complaint::from_json(&line.bytes).map_err(|e| e.to_string()))?
                .into_iter()
                .map(|complaint| (complaint_hash(&complaint), complaint))
                .collect();
        let pipeline = self.model.open()?;
        let (mut outcomes, mut missing) = (Vec::new(), 0);
        for receipt in &receipts {
            let Some(complaint) = complaints.get(&receipt.complaint) else {
                missing += 1;
                continue;
            };
            let complaint = Complaint { id: Some(receipt.id.clone()), receipt: true, ..complaint.clone() };
            let again = pipeline.decide(&complaint)?.receipt.expect("a receipt was asked for");
            let changes = receipt.changes(&again);
            outcomes.push(Outcome { id: receipt.id.clone(), same: changes.is_empty(), changes });
        }
        let mut text = String::new();
        if self.output.json {
            for outcome in &outcomes {
                text += &serde_json::to_string(outcome).map_err(|e| Error::Internal(e.to_string()))?;
                text.push('\n');
            }
        } else {
            text = table(&outcomes);
        }
        stdout::print(&text)?;
        if missing > 0 && !self.output.quiet {
            eprintln!("{missing} of {} receipts have no complaint in {}", receipts.len(), self.complaints.display());
        }
        let same = missing == 0 && outcomes.iter().all(|outcome| outcome.same);
        Ok(if same { ExitCode::SUCCESS } else { ExitCode::from(1) })
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
