//! `fenzhen backup`.

use super::{
    stdout::print,
    store::{StoreFlags, wait_for},
};
use crate::{
    Result,
    desk::{
        access::{
            Principal,
            audit::{AuditAction, Entry},
        },
        audit,
        store::{Store, backup},
    },
};
use jiff::Timestamp;
use std::{path::PathBuf, process::ExitCode};

/// Copy the desk's database while it is in use, and check the copy
///
/// The copy is a database of one instant: put it in the place of the old one to restore it. `--verify` only checks a copy. The
/// sealing keys are not in it: keep them apart. A PostgreSQL database is copied with its own pg_dump.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  fenzhen backup /backups/desk-2026-11-26.sqlite
  fenzhen backup --verify /backups/desk-2026-11-26.sqlite")]
pub struct Backup {
    /// The file to write, or with --verify to read
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Check a copy, and write nothing
    #[arg(long)]
    verify: bool,
    #[command(flatten)]
    store: StoreFlags,
}

impl Backup {
    pub fn run(&self) -> Result<ExitCode> {
        wait_for(async {
            let told = match self.verify {
                true => backup::verify(&self.file).await?,
                false => {
                    let store: Store = self.store.open().await?;
                    // Before, so that the copy knows of itself.
                    let change = store.begin().await?;
                    let entry = Entry::new(
                        &Principal::local(),
                        AuditAction::BackupMade,
                        Vec::<String>::new(),
                        Timestamp::now(),
                    );
                    audit::note(&change, &entry).await?;
                    change.commit().await?;
                    let told = backup::copy(&store, &self.file).await?;
                    store.close().await;
                    told
                }
            };
            let (complaints, tickets, events) = (told.complaints, told.tickets, told.events);
            print(&format!("{complaints} complaints, {tickets} tickets, {events} events\n"))?;
            Ok(ExitCode::SUCCESS)
        })
    }
}
