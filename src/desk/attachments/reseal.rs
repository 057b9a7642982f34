//! Bringing files under the current key.

use super::{
    Objects,
    row::name_place,
    sealed::{Opener, Sealer},
};
use crate::{
    Result,
    desk::{
        seal::KeyRing,
        store::{
            Store,
            entity::attachment::{self, Column, Entity},
        },
    },
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};

/// So many rows are read at once.
const PORTION: u64 = 500;

/// Seals every file, and its name, with the current key. Where it breaks off, the next run goes on. Returns how many files
/// there are, and how many of them were under an older key.
///
/// # Errors
/// Those of the database and of the store of objects; [`crate::Error::Sealed`] where the ring lacks a key.
pub async fn reseal(store: &Store, keys: &KeyRing) -> Result<(u64, u64)> {
    let (mut files, mut changed) = (0, 0);
    let mut last = String::new();
    loop {
        let after = Entity::find().filter(Column::Id.gt(&last)).order_by_asc(Column::Id).limit(PORTION);
        let rows = after.all(store.read()).await?;
        let Some(end) = rows.last() else { return Ok((files, changed)) };
        last = end.id.clone();
        for row in &rows {
            let anew = object(store.objects()?, keys, row).await? | name(store, keys, row).await?;
            files += 1;
            changed += u64::from(anew);
        }
    }
}

async fn object(objects: &Objects, keys: &KeyRing, row: &attachment::Model) -> Result<bool> {
    let mut old = Opener::begin(objects, &row.id, &row.object).await?;
    if old.is_current(keys).await? {
        return Ok(false);
    }
    // Under the same key: it takes the place of the old one when it is whole.
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
