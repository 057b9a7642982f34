//! Sweeping: files that were received and that nobody took. The database knows them all, so nothing asks the store what it has:
//! what this database does not know is another's.

use super::Received;
use crate::{
    Desk, Result,
    desk::store::{
        Walk,
        entity::upload::{Column, Entity},
        micros,
    },
};
use jiff::{SignedDuration, Timestamp};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, sea_query::Expr};

/// Younger ones may still be on their way to a row.
const YOUNG: SignedDuration = SignedDuration::from_hours(24);

impl Desk {
    /// Removes files that were received and are not wanted after all, but none that a complaint has.
    ///
    /// # Errors
    /// Those of the database and of the store of objects: then they are swept later.
    pub async fn discard(&self, files: &[Received]) -> Result<()> {
        self.give_up(files.iter().map(|file| &file.id)).await
    }

    /// Removes the files that nobody took and that are older than a day, or were given up before. Returns how many those were.
    ///
    /// # Errors
    /// Those of the database and of the store of objects: what is left is swept the next time.
    pub async fn sweep_attachments(&self) -> Result<usize> {
        let before = self.now().checked_sub(YOUNG).unwrap_or(Timestamp::MIN);
        self.remove(Condition::any().add(Column::CreatedAt.lt(micros(before))).add(Column::GivenUp.eq(true))).await
    }

    /// Removes the files of these ids that nobody took.
    pub(super) async fn give_up<'a>(&self, ids: impl IntoIterator<Item = &'a String>) -> Result<()> {
        let ids: Vec<&str> = ids.into_iter().map(String::as_str).collect();
        if !ids.is_empty() {
            self.remove(Condition::all().add(Column::Id.is_in(ids))).await?;
        }
        Ok(())
    }

    /// From the moment that they are marked nobody can take them; only then their objects go, and their rows at last, so that
    /// whatever breaks off is found again.
    async fn remove(&self, which: Condition) -> Result<usize> {
        let (objects, database) = (self.store().objects()?, self.store().writer());
        let mark = Entity::update_many().col_expr(Column::GivenUp, Expr::value(true));
        mark.filter(which.clone()).exec(database).await?;
        let marked = Entity::find().filter(which).filter(Column::GivenUp.eq(true));
        let (mut walk, mut removed) = (Walk::of(marked, Column::Id), 0);
        while let Some(files) = walk.next(database).await? {
            for file in files {
                objects.remove(&file.object).await?;
                Entity::delete_by_id(file.id).exec(database).await?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}
