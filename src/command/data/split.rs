//! `fenzhen data split`.

use super::{Labelled, pair};
use crate::{
    Error, Result,
    command::{
        OutputFlags,
        aligned::{aligned, count},
        stdout::print,
    },
    data::{self, Method, Plan, Row},
};
use serde_json::json;
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Divide labelled rows into parts that share no text, no near duplicate and no group
///
/// Writes one JSONL file a part, with the fields of a row under their own names. Without --stratify and --by-time a row's
/// part follows from the hash of its text or group, so rows that are added later do not move the others.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Split {
    /// CSV or JSONL file of labelled rows
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Folder for the parts
    #[arg(long, short, value_name = "DIR")]
    output: PathBuf,
    /// Names of the parts and their shares
    #[arg(
        long,
        value_name = "PART=SHARE",
        value_delimiter = ',',
        value_parser = pair,
        default_value = "train=0.8,dev=0.1,test=0.1"
    )]
    ratios: Vec<(String, String)>,
    /// Give every part its share of each label of this field
    #[arg(long, value_name = "FIELD", conflicts_with = "by_time")]
    stratify: Option<String>,
    /// Keep rows together that agree in this field
    #[arg(long, value_name = "FIELD", default_value = "group")]
    group: String,
    /// Put the earliest rows in the first part and the latest in the last, by this field
    #[arg(long, value_name = "FIELD", num_args = 0..=1, default_missing_value = "time")]
    by_time: Option<String>,
    /// Another seed gives another split
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Overwrite parts that are there already
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    labelled: Labelled,
    #[command(flatten)]
    talk: OutputFlags,
}

const AFTER_HELP: &str = "Examples:
  fenzhen data split complaints.csv -o parts
  fenzhen data split complaints.jsonl -o parts --ratios train=0.9,dev=0.1 --stratify category
  fenzhen data split complaints.jsonl -o parts --by-time time --group group";

impl Split {
    pub fn run(&self) -> Result<ExitCode> {
        let plan = self.plan()?;
        let paths: Vec<PathBuf> =
            plan.parts.iter().map(|(name, _)| self.output.join(format!("{name}.jsonl"))).collect();
        if let Some(taken) = paths.iter().find(|path| path.exists() && !self.force) {
            let reason = "this part is there already; give another folder, or --force".into();
            return Err(Error::Data { path: taken.clone(), reason });
        }
        let rows = self.labelled.source(&self.file).load()?;
        let parts = data::split(&rows, &plan).map_err(|reason| Error::Data { path: self.file.clone(), reason })?;
        fs::create_dir_all(&self.output).map_err(|e| Error::file(&self.output, e))?;
        for (part, path) in paths.iter().enumerate() {
            write(path, rows.iter().zip(&parts).filter(|(_, p)| **p == part).map(|(row, _)| row))?;
        }
        print(&self.told(&plan, &rows, &parts)?)?;
        Ok(ExitCode::SUCCESS)
    }

    fn plan(&self) -> Result<Plan> {
        let refuse = |reason: String| Error::InvalidRequest { what: "--ratios".into(), reason };
        let mut parts: Vec<(String, f64)> = Vec::new();
        for (name, share) in &self.ratios {
            let share = share.parse().map_err(|_| refuse(format!("{share:?} is not a number")))?;
            if name.contains(['/', '\\']) || name.starts_with('.') {
                return Err(refuse(format!("{name:?} cannot be the name of a file")));
            }
            if parts.iter().any(|part| part.0 == *name) {
                return Err(refuse(format!("{name:?} is given twice")));
            }
            parts.push((name.clone(), share));
        }
        let method = match (&self.stratify, &self.by_time) {
            (Some(field), _) => Method::Stratified(field.clone()),
            (None, Some(field)) => Method::Time(field.clone()),
            (None, None) => Method::Hash,
        };
        Ok(Plan { parts, method, group: self.group.clone(), seed: self.seed })
    }

    /// Rows a part, and a label where the split is stratified.
    fn told(&self, plan: &Plan, rows: &[Row], parts: &[usize]) -> Result<String> {
        let mut labels: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut all = vec![0; plan.parts.len()];
        for (row, &part) in rows.iter().zip(parts) {
            all[part] += 1;
            if let Method::Stratified(field) = &plan.method {
                let label = row.field(field).map_err(Error::Internal)?.unwrap_or_else(|| "(none)".into());
                labels.entry(label).or_insert_with(|| vec![0; plan.parts.len()])[part] += 1;
            }
        }
        let names = || plan.parts.iter().map(|part| part.0.clone());
        if self.talk.json {
            let by_part = |counts: &[usize]| -> serde_json::Map<String, serde_json::Value> {
                names().zip(counts).map(|(name, &n)| (name, n.into())).collect()
            };
            let labels: BTreeMap<_, _> = labels.iter().map(|(label, counts)| (label, by_part(counts))).collect();
            return Ok(json!({"rows": by_part(&all), "labels": labels}).to_string() + "\n");
        }
        let line = |name: &str, counts: &[usize]| -> Vec<String> {
            [name.to_owned()].into_iter().chain(counts.iter().map(|&n| count(n))).collect()
        };
        let mut table = vec![[String::new()].into_iter().chain(names()).collect()];
        table.extend(labels.iter().map(|(label, counts)| line(label, counts)));
        table.push(line("rows", &all));
        Ok(aligned(&table))
    }
}

fn write<'a>(path: &Path, rows: impl Iterator<Item = &'a Row>) -> Result<()> {
    let fault = |source| Error::file(path, source);
    let mut file = BufWriter::new(File::create(path).map_err(fault)?);
    for row in rows {
        serde_json::to_writer(&mut file, row).map_err(|e| fault(e.into()))?;
        file.write_all(b"\n").map_err(fault)?;
    }
    file.flush().map_err(fault)
}
