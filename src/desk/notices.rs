//! What was told, for people who look it up: the newest first.

use super::{
    Desk,
    browse::{Cursor, Page, Window, theirs},
    notify::Kind,
    store::{
        entity::{notice, ticket},
        instant,
    },
};
use crate::{Error, Result};
use jiff::Timestamp;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// Something that was told.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Told {
    /// The same in every delivery of it.
    pub id: String,
    /// As in `deadline.breached`.
    pub kind: String,
    /// The ticket that it is about, where it is about one.
    pub ticket: Option<String>,
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// As webhooks get it: `type`, `timestamp`, `data`.
    #[schema(value_type = Object)]
    pub notice: Box<RawValue>,
}

/// Which notices; what is not given does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NoticeFilter {
    /// Of this kind, by id.
    pub kind: Option<String>,
    /// About this ticket, by id.
    pub ticket: Option<String>,
    /// Only about tickets of these departments, of none yet, or about no ticket; none: all.
    pub within: Option<Vec<String>>,
}

impl Desk {
    /// A page of what was told.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] for a kind that there is not.
    pub async fn notices(&self, filter: &NoticeFilter, limit: u64, from: Option<&Cursor>) -> Result<Page<Told>> {
        use notice::Column;
        let mut found = notice::Entity::find();
        if let Some(kind) = &filter.kind {
            let kind = Kind::from_id(kind).ok_or_else(Kind::unknown)?;
            found = found.filter(Column::Kind.eq(kind.id()));
        }
        if let Some(ticket) = &filter.ticket {
            found = found.filter(Column::TicketId.eq(ticket));
        }
        if let Some(departments) = &filter.within {
            let tickets = ticket::Entity::find().select_only().column(ticket::Column::Id).filter(theirs(departments));
            let seen = Column::TicketId.in_subquery(tickets.into_query());
            found = found.filter(Condition::any().add(Column::TicketId.is_null()).add(seen));
        }
        let page = Window { limit, from }
            .newest(self.store(), found, Column::CreatedAt, Column::Id, |row| (row.created_at, &row.id));
        let Page { items, next } = page.await?;
        Ok(Page { items: items.into_iter().map(told).collect::<Result<_>>()?, next })
    }
}

fn told(row: notice::Model) -> Result<Told> {
    let unreadable = |_| Error::Store { reason: "what is stored of a notice cannot be read".into() };
    Ok(Told {
        notice: RawValue::from_string(row.body).map_err(unreadable)?,
        at: instant(row.created_at),
        id: row.id,
        kind: row.kind,
        ticket: row.ticket_id,
    })
}
