//! `fenzhen backup`.

use super::{
    stdout::print,
    store::{ATTACHMENTS, AttachmentFlags, StoreFlags, wait_for},
};
use crate::{
    Error, Result,
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
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Copy the desk's database and attachments while they are in use, and check the copy
///
/// The copy is a database of one instant, with its attachments in the folder `attachments` beside it: put both in the place of
/// the old ones to restore them. Attachments that are there from an earlier backup are not copied again where they are whole and
/// under the same key; every one is opened and held against its hash. Those in an S3-compatible store stay there: its own
/// versions and copies are their backup. `--verify`
/// only checks a copy. The sealing keys are not in it: keep them apart. A PostgreSQL database is copied with its own pg_dump,
/// and after it the folder of the attachments.
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
    #[command(flatten)]
    attachments: AttachmentFlags,
}

impl Backup {
    pub fn run(&self) -> Result<ExitCode> {
        wait_for(async {
            let told = match self.verify {
                true => backup::verify(&self.file).await?,
                false => {
                    self.refuse_own_copies()?;
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
            let (complaints, tickets, events, attachments) =
                (told.complaints, told.tickets, told.events, told.attachments);
            let how = if attachments > 0 { self.attachments().await? } else { "" };
            print(&format!(
                "{complaints} complaints, {tickets} tickets, {events} events, {attachments} attachments{how}\n"
            ))?;
            Ok(ExitCode::SUCCESS)
        })
    }

    /// The folder of the copied attachments.
    fn beside(&self) -> PathBuf {
        self.file.parent().unwrap_or(Path::new("")).join(ATTACHMENTS)
    }

    /// Refuses a place where the attachments that are in use would be their own copies.
    fn refuse_own_copies(&self) -> Result<()> {
        if self.attachments.are_in_a_folder() && self.attachments.open(&self.store.data)?.holds(&self.beside()) {
            let reason = format!(
                "the attachments in use are where their copies would be, beside {}: name a file in another folder",
                self.file.display()
            );
            return Err(Error::Backup { reason });
        }
        Ok(())
    }

    /// Copies the attachments of the copied database that are not beside it yet, and checks all that are to be there. Says so
    /// where they are elsewhere.
    async fn attachments(&self) -> Result<&'static str> {
        if !self.attachments.are_in_a_folder() {
            return Ok(" (not copied: they stay in the store that --attachments names)");
        }
        let from = match self.verify {
            true => None,
            false => Some(self.attachments.open(&self.store.data)?),
        };
        backup::attachments(&self.file, from.as_ref(), &self.beside(), &self.store.known_keys()?).await?;
        Ok("")
    }
}
