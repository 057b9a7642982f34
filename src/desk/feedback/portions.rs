//! Tickets with their histories, the youngest first, a portion at a time: a store of years does not fit into memory.

use crate::{
    Result,
    desk::{
        browse::{Cursor, Window},
        record,
        store::{
            Store,
            entity::{ticket, ticket_event},
        },
        ticket::Event,
    },
};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};
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
    last: Option<Cursor>,
}

impl<'s> Portions<'s> {
    pub fn new(store: &'s Store, condition: Condition) -> Self {
        Portions { store, condition, last: None }
    }

    /// The next portion; an empty one at the end.
    pub async fn next(&mut self) -> Result<Vec<Story>> {
        use ticket::Column;
        let find = ticket::Entity::find().filter(self.condition.clone());
        let window = Window { limit: PORTION, from: self.last.as_ref() };
        let page = window.newest(self.store, find, Column::OpenedAt, Column::Id, |row| (row.opened_at, &row.id));
        let rows = page.await?.items;
        if let Some(row) = rows.last() {
            self.last = Some(Cursor { at: row.opened_at, id: row.id.clone() });
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
