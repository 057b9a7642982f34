//! Copies of files, beside a copy of the database.

use super::{Objects, sealed::Opener};
use crate::{
    Error, Result,
    bundle::hex,
    desk::{
        seal::KeyRing,
        store::{
            Store,
            entity::attachment::{self, Column, Entity},
        },
    },
};
use futures_util::StreamExt;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use sha2::{Digest, Sha256};

/// So many rows are read at once.
const PORTION: u64 = 500;

/// Sees that a store has every file of a database, whole: each is opened and held against its hash. Those that are missing are
/// copied from elsewhere first, where that is given; objects never change, so what is there need not be copied again.
///
/// # Errors
/// [`Error::Backup`] with the id of the first that is missing or damaged; those of the database and of the stores.
pub async fn see_to(database: &Store, from: Option<&Objects>, to: &Objects, keys: &KeyRing) -> Result<()> {
    let mut last = String::new();
    loop {
        let after = Entity::find().filter(Column::Id.gt(&last)).order_by_asc(Column::Id).limit(PORTION);
        let rows = after.all(database.read()).await?;
        let Some(end) = rows.last() else { return Ok(()) };
        last = end.id.clone();
        for row in &rows {
            let damaged = |error: Error| Error::Backup { reason: format!("the attachment {}: {error}", row.id) };
            if let Some(from) = from
                && !to.has(&row.object).await?
            {
                copy(from, to, &row.object).await.map_err(damaged)?;
            }
            check(to, keys, row).await.map_err(damaged)?;
        }
    }
}

async fn copy(from: &Objects, to: &Objects, key: &str) -> Result<()> {
    let mut bytes = from.read(key).await?;
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
