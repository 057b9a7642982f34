//! Bringing files under the current key.

use super::{
    Objects,
    faults::Faults,
    row::name_place,
    sealed::{Opener, Sealer},
};
use crate::{
    Error, Result,
    desk::{
        seal::KeyRing,
        store::{
            Store, Walk,
            entity::attachment::{self, Column, Entity},
        },
    },
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

/// Seals every file, and its name, with the current key. Where it breaks off, the next run goes on. Returns how many files
/// there are, and how many of them were under an older key; `progress` hears of the files so far.
///
/// # Errors
/// Those of the database and of the store of objects; when all others are done, [`Error::AttachmentDamaged`] with how many
/// could not be opened, as they are missing or damaged or the ring lacks their key, and the first of them.
pub async fn reseal(store: &Store, keys: &KeyRing, progress: impl Fn(u64)) -> Result<(u64, u64)> {
    let (mut files, mut changed) = (0, 0);
    let (mut walk, mut faults) = (Walk::of(Entity::find(), Column::Id), Faults::default());
    while let Some(rows) = walk.next(store.read()).await? {
        let objects = store.objects()?;
        for row in &rows {
            let anew = name(store, keys, row).await;
            let anew = match object(objects, keys, row).await {
                Ok(also) => anew.map(|anew| anew | also),
                Err(error) => Err(error),
            };
            changed += u64::from(faults.note(&row.id, anew)?.unwrap_or(false));
            files += 1;
            progress(files);
        }
    }
    faults.told().map(|files| (files, changed)).map_err(|reason| Error::AttachmentDamaged { reason })
}

async fn object(objects: &Objects, keys: &KeyRing, row: &attachment::Model) -> Result<bool> {
    let mut old = Opener::begin(objects, &row.id, &row.object).await?;
    if old.is_current(keys).await? {
        return Ok(false);
    }
    // Under the same key: it takes the place of the old one when it is whole.
    objects.remove_half_written(&row.object).await?;
    let mut anew = Sealer::begin(objects, &row.id, &row.object);
    loop {
        let copied = match old.next(keys).await {
            Ok(Some(portion)) => anew.put(keys, &portion).await,
            Ok(None) => break,
            Err(error) => Err(error),
        };
        if let Err(error) = copied {
            anew.abort().await;
            return Err(error);
        }
    }
    anew.finish(keys).await?;
    Ok(true)
}

async fn name(store: &Store, keys: &KeyRing, row: &attachment::Model) -> Result<bool> {
    let Some(sealed) = &row.name_sealed else { return Ok(false) };
    let Some(anew) = keys.reseal(&name_place(&row.id), sealed)? else { return Ok(false) };
    let update = Entity::update_many().col_expr(Column::NameSealed, Expr::value(anew)).filter(Column::Id.eq(&row.id));
    update.exec(store.writer()).await?;
    Ok(true)
}
