//! Reading a whole table, so much at a time that memory stays flat whatever its length.

use crate::Result;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, ModelTrait, QueryFilter, QueryOrder, QuerySelect, Select, Value,
};

/// So many rows are read at once.
const PORTION: u64 = 500;

/// A walk through a table by its ids. Rows that come while it lasts, and whose ids lie behind it, are not met.
pub(in crate::desk) struct Walk<E: EntityTrait> {
    rows: Select<E>,
    id: E::Column,
    last: Option<Value>,
}

impl<E: EntityTrait> Walk<E> {
    /// Begins before the first of some rows; `id` is the column of their ids.
    pub fn of(rows: Select<E>, id: E::Column) -> Self {
        Walk { rows, id, last: None }
    }

    /// The next rows; none at the end.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn next(&mut self, database: &impl ConnectionTrait) -> Result<Option<Vec<E::Model>>> {
        let mut portion = self.rows.clone().order_by_asc(self.id).limit(PORTION);
        if let Some(last) = &self.last {
            portion = portion.filter(self.id.gt(last.clone()));
        }
        let rows = portion.all(database).await?;
        let Some(last) = rows.last() else { return Ok(None) };
        self.last = Some(last.get(self.id));
        Ok(Some(rows))
    }
}
