//! `fenzhen migrate`.

use super::{
    stdout::print,
    store::{StoreFlags, wait_for},
};
use crate::{
    Result,
    desk::store::{Store, migrate},
};
use std::process::ExitCode;

/// Make the desk's tables, or bring those of an older version forward
///
/// `serve` does that by itself when it starts; here it can be done before, by somebody who may change tables. Told is every
/// migration that the database has.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  fenzhen migrate
  fenzhen migrate --database postgres://fenzhen@db.example/fenzhen")]
pub struct Migrate {
    #[command(flatten)]
    store: StoreFlags,
}

impl Migrate {
    pub fn run(&self) -> Result<ExitCode> {
        wait_for(async {
            let store: Store = self.store.open().await?;
            for applied in migrate::state(&store).await? {
                print(&format!("{}\t{}\n", applied.version, applied.name))?;
            }
            store.close().await;
            Ok(ExitCode::SUCCESS)
        })
    }
}
