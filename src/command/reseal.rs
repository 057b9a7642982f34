//! `fenzhen reseal`.

use super::{
    stdout::print,
    store::{AttachmentFlags, StoreFlags, wait_for},
};
use crate::{
    Result,
    desk::{reseal, store::Store},
};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use std::process::ExitCode;

/// Seal all stored contacts, originals, secrets and files with a new key
///
/// Values are sealed with the first key of the key file and open with any of them. Stop the servers before: they read the keys
/// when they start. Where it breaks off, the command without --new-key goes on. An older key may be taken out of the file once a run tells that
/// nothing was left to change; backups from before need it still.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  fenzhen reseal --new-key
  fenzhen reseal --data /var/lib/fenzhen")]
pub struct Reseal {
    /// Put a new key into the key file first; without it the first key that is there is taken
    #[arg(long)]
    new_key: bool,
    #[command(flatten)]
    store: StoreFlags,
    #[command(flatten)]
    attachments: AttachmentFlags,
}

impl Reseal {
    pub fn run(&self) -> Result<ExitCode> {
        if self.new_key {
            self.store.add_key()?;
        }
        let keys = self.store.known_keys()?;
        wait_for(async {
            let objects = self.attachments.open(&self.store.data)?;
            let store: Store = self.store.open().await?.with_objects(objects);
            let style = ProgressStyle::with_template("{spinner} {human_pos} values and files")
                .expect("a template that was tried");
            let bar = ProgressBar::new_spinner().with_style(style);
            let done = reseal::reseal(&store, &keys, Timestamp::now(), |values| bar.set_position(values)).await;
            bar.finish_and_clear();
            let done = done?;
            store.close().await;
            print(&format!("{} of {} values and files changed\n", done.changed, done.values))?;
            Ok(ExitCode::SUCCESS)
        })
    }
}
