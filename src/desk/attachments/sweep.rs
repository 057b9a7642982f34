//! Sweeping: files that were received and that nobody took.

use crate::{Desk, Result, desk::store::entity::attachment};
use futures_util::StreamExt;
use jiff::{SignedDuration, Timestamp};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use std::{collections::BTreeSet, path::Path};
use uuid::Uuid;

/// Younger ones may still be on their way to a row.
const YOUNG: SignedDuration = SignedDuration::from_hours(24);
/// So many are looked up at once.
const PORTION: usize = 500;

impl Desk {
    /// Removes the objects without a row that are older than a day. Returns how many those were. Objects that are none of ours
    /// stay.
    ///
    /// # Errors
    /// Those of the database and of the store of objects: what is left is swept the next time.
    pub async fn sweep_attachments(&self) -> Result<usize> {
        let objects = self.store().objects()?;
        let before = self.now().checked_sub(YOUNG).unwrap_or(Timestamp::MIN);
        let mut removed = 0;
        let mut old = Vec::new();
        let mut all = objects.list();
        while let Some(key) = all.next().await {
            let key = key?;
            if received_at(&key).is_some_and(|at| at < before) {
                old.push(key);
            }
            if old.len() == PORTION {
                removed += self.remove_unowned(std::mem::take(&mut old)).await?;
            }
        }
        removed += self.remove_unowned(old).await?;
        if let Some(folder) = objects.folder() {
            let folder = folder.to_owned();
            let swept = tokio::task::spawn_blocking(move || sweep_half_written(&folder, before)).await;
            removed += swept.unwrap_or(0);
        }
        Ok(removed)
    }

    /// Removes those of some objects that no row has. Returns how many those were.
    pub(super) async fn remove_unowned(&self, keys: Vec<String>) -> Result<usize> {
        if keys.is_empty() {
            return Ok(0);
        }
        // From the writer: what was committed a moment ago counts.
        let owned: Vec<String> = attachment::Entity::find()
            .select_only()
            .column(attachment::Column::Object)
            .filter(attachment::Column::Object.is_in(keys.iter().map(String::as_str)))
            .into_tuple()
            .all(self.store().writer())
            .await?;
        let owned: BTreeSet<String> = owned.into_iter().collect();
        let mut removed = 0;
        for key in keys.iter().filter(|key| !owned.contains(*key)) {
            self.store().objects()?.remove(key).await?;
            removed += 1;
        }
        Ok(removed)
    }
}

/// When the file of a key was received: its id says so. None where the key is not of our form.
fn received_at(key: &str) -> Option<Timestamp> {
    let id = Uuid::try_parse(key.rsplit('/').next()?).ok()?;
    let (seconds, nanoseconds) = id.get_timestamp()?.to_unix();
    Timestamp::new(i64::try_from(seconds).ok()?, i32::try_from(nanoseconds).ok()?).ok()
}

/// What a process left that was killed while it wrote: `ID#1`, which is no object yet, so the store does not list it. What
/// cannot be removed stays.
fn sweep_half_written(folder: &Path, before: Timestamp) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let mut removed = 0;
    for entry in entries.flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            removed += sweep_half_written(&path, before);
        } else if let Some((id, _)) = name.to_str().and_then(|name| name.split_once('#'))
            && received_at(id).is_some_and(|at| at < before)
            && std::fs::remove_file(&path).is_ok()
        {
            removed += 1;
        }
    }
    removed
}
