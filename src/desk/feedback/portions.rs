//! Tickets with their histories, the youngest first, a portion at a time: a store of years does not fit into memory.

use crate::{
    Result,
    desk::{
        browse::before,
        record,
        store::{
            Store,
            entity::{ticket, ticket_event},
        },
        ticket::Event,
    },
};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::HashMap;

/// So many tickets are in memory at once.
const PORTION: u64 = 200;

/// A ticket, and what happened to it.
pub(super) struct Story {
    pub row: ticket::Model,
    pub history: Vec<Event>,
}

/// The tickets that a condition lets through.
pub(super) struct Portions<'s> {
    store: &'s Store,
    condition: Condition,
    last: Option<(i64, String)>,
}

impl<'s> Portions<'s> {
    pub fn new(store: &'s Store, condition: Condition) -> Self {
        Portions { store, condition, last: None }
    }

    /// The next portion; an empty one at the end.
    pub async fn next(&mut self) -> Result<Vec<Story>> {
        use ticket::Column;
        let mut find = ticket::Entity::find().filter(self.condition.clone());
        if let Some((at, id)) = &self.last {
            find = find.filter(before(Column::OpenedAt, Column::Id, *at, id));
        }
        let find = find.order_by_desc(Column::OpenedAt).order_by_desc(Column::Id).limit(PORTION);
        let rows = find.all(self.store.read()).await?;
        if let Some(row) = rows.last() {
            self.last = Some((row.opened_at, row.id.clone()));
        }
        let mut histories = self.histories(&rows).await?;
        let story = |row: ticket::Model| Story { history: histories.remove(&row.id).unwrap_or_default(), row };
        Ok(rows.into_iter().map(story).collect())
    }

    async fn histories(&self, rows: &[ticket::Model]) -> Result<HashMap<String, Vec<Event>>> {
        let mut histories: HashMap<String, Vec<Event>> = HashMap::new();
        if rows.is_empty() {
            return Ok(histories);
        }
        let events = ticket_event::Entity::find()
            .filter(ticket_event::Column::TicketId.is_in(rows.iter().map(|row| row.id.as_str())))
            .order_by_asc(ticket_event::Column::TicketId)
            .order_by_asc(ticket_event::Column::Sequence)
            .all(self.store.read())
            .await?;
        for event in events {
            let ticket = event.ticket_id.clone();
            histories.entry(ticket).or_default().push(record::event(event)?);
        }
        Ok(histories)
    }
}
