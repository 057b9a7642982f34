//! Copies of files, beside a copy of the database.

use super::{Objects, faults::Faults, sealed::Opener};
use crate::{
    Error, Result,
    bundle::hex,
    desk::{
        seal::KeyRing,
        store::{
            Store, Walk,
            entity::attachment::{self, Column, Entity},
        },
    },
};
use futures_util::StreamExt;
use sea_orm::EntityTrait;
use sha2::{Digest, Sha256};

/// Sees that a store has every file of a database, whole: each is opened and held against its hash. What is missing or damaged
/// is copied from elsewhere, where that is given, and so is what was resealed there since it was copied.
///
/// # Errors
/// [`Error::Backup`] with how many are missing or damaged in the end, and the first of them; those of the database and of the
/// stores.
pub async fn see_to(database: &Store, from: Option<&Objects>, to: &Objects, keys: &KeyRing) -> Result<()> {
    let (mut walk, mut faults) = (Walk::of(Entity::find(), Column::Id), Faults::default());
    while let Some(rows) = walk.next(database.read()).await? {
        for row in &rows {
            let seen = match from {
                Some(from) => bring(from, to, keys, row).await,
                None => check(to, keys, row).await,
            };
            faults.note(&row.id, seen)?;
        }
    }
    faults.told().map(|_| ()).map_err(|reason| Error::Backup { reason })
}

/// Checks a copy, and makes it anew where that is needed.
async fn bring(from: &Objects, to: &Objects, keys: &KeyRing, row: &attachment::Model) -> Result<()> {
    if to.has(&row.object).await? {
        // Under an older key it opens only as long as the ring has that.
        let older = async || !is_current(to, keys, row).await && is_current(from, keys, row).await;
        if check(to, keys, row).await.is_ok() && !older().await {
            return Ok(());
        }
        // What stands there may be better than what would take its place.
        check(from, keys, row).await?;
    }
    copy(from, to, &row.object).await?;
    check(to, keys, row).await
}

async fn copy(from: &Objects, to: &Objects, key: &str) -> Result<()> {
    let mut bytes = from.read(key).await?;
    to.remove_half_written(key).await?;
    let mut writer = to.write(key);
    while let Some(portion) = bytes.next().await {
        let put = match portion {
            Ok(portion) => writer.put(portion).await,
            Err(error) => Err(error),
        };
        if let Err(error) = put {
            writer.abort().await;
            return Err(error);
        }
    }
    writer.finish().await
}

/// Opens a stored file and holds it against its row.
async fn check(objects: &Objects, keys: &KeyRing, row: &attachment::Model) -> Result<()> {
    let mut file = Opener::begin(objects, &row.id, &row.object).await?;
    let (mut size, mut hash) = (0, Sha256::new());
    while let Some(portion) = file.next(keys).await? {
        size += portion.len() as i64;
        hash.update(&portion[..]);
    }
    match size == row.size && hex(&hash.finalize()) == row.sha256 {
        true => Ok(()),
        false => Err(Error::AttachmentDamaged { reason: "it is not the file that its row tells of".into() }),
    }
}

/// Whether a stored file is there, and under the current key.
async fn is_current(objects: &Objects, keys: &KeyRing, row: &attachment::Model) -> bool {
    match Opener::begin(objects, &row.id, &row.object).await {
        Ok(mut file) => file.is_current(keys).await.unwrap_or(false),
        Err(_) => false,
    }
}
