//! `fenzhen data export`.

use crate::{
    Error, Result,
    command::store::{StoreFlags, wait_for},
    desk::{
        access::{
            Principal,
            audit::{AuditAction, Entry},
        },
        audit::note,
        feedback::{self, Options, Report},
        store::Store,
    },
    taxonomy::Taxonomy,
};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::PathBuf,
    process::ExitCode,
};

/// Take out what people corrected at the desk, as rows to train on
///
/// One JSONL row for every complaint whose labels people set right: by correcting them, by giving a ticket back or sending
/// it on as misrouted, by changing its priority. Texts are masked, and nothing says who wrote them; the field source says
/// which labels are people's, the others are those that the engine gave. A period that is over gives the same file again.
/// Review it, split it, and name it in a recipe: nothing is learned from tickets in any other way.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Export {
    /// Rows from the tickets of the desk
    #[arg(long, required = true)]
    from_tickets: bool,
    /// What people said from this day or instant on
    #[arg(long, value_name = "DATE")]
    since: Option<String>,
    /// What they said before this day or instant
    #[arg(long, value_name = "DATE")]
    until: Option<String>,
    /// Leave out the labels that no person confirmed
    #[arg(long)]
    only_confirmed: bool,
    /// Also complaints that were closed without a correction
    #[arg(long)]
    include_unchanged: bool,
    /// Taxonomy that the labels belong to; without it the built-in retail-v1
    #[arg(long, value_name = "FILE")]
    taxonomy: Option<PathBuf>,
    /// Where the rows go; without it to stdout
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Overwrite an output that is there already
    #[arg(long)]
    force: bool,
    /// No remarks on stderr
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    store: StoreFlags,
}

const AFTER_HELP: &str = "Examples:
  fenzhen data export --from-tickets -o corrected.jsonl
  fenzhen data export --from-tickets --since 2026-11-01 --until 2026-12-01 --only-confirmed -o november.jsonl

Days are those of China. Exit code 1: the taxonomy does not have labels that people gave.";

impl Export {
    pub fn run(&self) -> Result<ExitCode> {
        let defaults = Options::default();
        let options = Options {
            since: instant("--since", self.since.as_deref(), &defaults.zone)?,
            until: instant("--until", self.until.as_deref(), &defaults.zone)?,
            only_confirmed: self.only_confirmed,
            include_unchanged: self.include_unchanged,
            ..defaults
        };
        if let Some(taken) = self.output.as_ref().filter(|path| path.exists() && !self.force) {
            let reason = "it is there already; give another name, or --force".into();
            return Err(Error::Data { path: taken.clone(), reason });
        }
        let taxonomy = self.taxonomy.as_deref().map_or_else(|| Ok(Taxonomy::retail()), Taxonomy::open)?;
        if self.store.database.is_none() {
            // Whoever mistypes a folder should not get an empty desk in it.
            std::fs::read_dir(&self.store.data).map_err(|source| Error::file(&self.store.data, source))?;
        }
        let report = wait_for(async {
            let store = self.store.open().await?;
            let report = self.export(&store, &taxonomy, &options).await;
            store.close().await;
            report
        })?;
        if !self.quiet {
            eprint!("{}", told(&report));
        }
        Ok(ExitCode::from(u8::from(report.skipped.foreign > 0)))
    }

    async fn export(&self, store: &Store, taxonomy: &Taxonomy, options: &Options) -> Result<Report> {
        let change = store.begin().await?;
        let entry = Entry::new(&Principal::local(), AuditAction::DataExported, Vec::<String>::new(), Timestamp::now());
        note(&change, &entry).await?;
        change.commit().await?;
        let Some(path) = &self.output else {
            return match feedback::export(store, taxonomy, options, &mut BufWriter::new(io::stdout())).await {
                // Whoever reads has seen enough (`| head`).
                Err(Error::File { source, .. }) if source.kind() == io::ErrorKind::BrokenPipe => Ok(Report::default()),
                result => result,
            };
        };
        let mut file = BufWriter::new(File::create(path).map_err(|source| Error::file(path, source))?);
        let report = feedback::export(store, taxonomy, options, &mut file).await?;
        file.flush().map_err(|source| Error::file(path, source))?;
        Ok(report)
    }
}

/// An instant, or the beginning of a day of the desk.
fn instant(flag: &str, written: Option<&str>, zone: &TimeZone) -> Result<Option<Timestamp>> {
    let Some(written) = written else { return Ok(None) };
    // A day is its midnight. Where clocks were set back or forward then, either side is near enough.
    let local = || zone.to_ambiguous_timestamp(written.parse::<DateTime>().ok()?).compatible().ok();
    match written.parse::<Timestamp>().ok().or_else(local) {
        Some(instant) => Ok(Some(instant)),
        None => Err(Error::InvalidRequest {
            what: flag.into(),
            reason: "must be a day as in 2026-11-26, or an instant as in 2026-11-26T09:00:00+08:00".into(),
        }),
    }
}

fn told(report: &Report) -> String {
    let mut told = format!("rows       {}\n", report.rows);
    let listed = |pairs: Vec<(&str, u64)>| {
        let some = pairs.into_iter().filter(|(_, count)| *count > 0);
        some.map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
    };
    let corrected = listed(report.corrected.iter().map(|(head, count)| (head.id(), *count)).collect());
    if !corrected.is_empty() {
        told += &format!("corrected  {corrected}\n");
    }
    let skipped = report.skipped;
    if skipped.total() > 0 {
        let reasons = vec![
            ("the same text again", skipped.repeated),
            ("department not found yet", skipped.undecided),
            ("labels of another taxonomy", skipped.foreign),
            ("without words", skipped.wordless),
        ];
        told += &format!("skipped    {}\n", listed(reasons));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_begin_where_the_desk_is() {
        let zone = Options::default().zone;
        for (written, meant) in [
            ("2026-11-26", Some("2026-11-25T16:00:00Z")),
            ("2026-11-26T09:00:00+08:00", Some("2026-11-26T01:00:00Z")),
            ("2026-11-26T01:00Z", Some("2026-11-26T01:00:00Z")),
            ("2026-11-26T09:00", Some("2026-11-26T01:00:00Z")),
            ("26.11.2026", None),
            ("", None),
        ] {
            let read = instant("--since", Some(written), &zone).ok().flatten();
            assert_eq!(read.map(|at| at.to_string()).as_deref(), meant, "{written}");
        }
    }
}
