//! Files on their way: the database knows them before the store has their first byte, and until a complaint takes them.

use crate::{
    Desk, Error, Result,
    desk::store::{
        Transaction,
        entity::upload::{Column, Entity, Model},
        micros,
    },
};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

impl Desk {
    /// Makes a file known whose bytes are about to be stored.
    pub(super) async fn announce(&self, id: &str, object: &str) -> Result<()> {
        let row = Model { id: id.into(), object: object.into(), given_up: false, created_at: micros(self.now()) };
        Entity::insert(row.into_active_model().reset_all()).exec_without_returning(self.store().writer()).await?;
        Ok(())
    }
}

/// Takes a file off its way, in the change that gives it to a complaint: one is taken once, and none that was given up.
pub(super) async fn take(change: &Transaction, id: &str) -> Result<()> {
    let file = Entity::delete_many().filter(Column::Id.eq(id)).filter(Column::GivenUp.eq(false));
    match file.exec(change).await?.rows_affected {
        0 => Err(Error::InvalidRequest {
            what: "attachment".into(),
            reason: "was received more than a day ago, or is taken already: send it again".into(),
        }),
        _ => Ok(()),
    }
}
