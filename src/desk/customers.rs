//! One customer across all channels: what was complained about, where it stands, and through which channel this person speaks.

use super::{
    Desk,
    browse::theirs,
    store::{
        entity::{complaint, ticket},
        instant,
    },
    view::TicketSummary,
};
use crate::{Error, Result};
use jiff::Timestamp;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select};
use serde::Serialize;
use utoipa::ToSchema;

/// So many of the latest tickets are shown.
const LATEST: u64 = 20;

/// A customer, as far as the caller may see.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CustomerView {
    /// The id by which channels know this person.
    pub id: String,
    /// The membership tier that a channel last told.
    pub tier: Option<String>,
    /// How many complaints there were, those that go on in others too.
    pub complaints: u64,
    /// How many tickets are open.
    pub open: u64,
    /// How many of all tickets ran out of time.
    pub breached: u64,
    /// When the first complaint came in.
    #[schema(value_type = String, format = DateTime)]
    pub first_at: Timestamp,
    /// When the last one did.
    #[schema(value_type = String, format = DateTime)]
    pub latest_at: Timestamp,
    /// The channels, the one used most first: the one to answer by.
    pub channels: Vec<Counted>,
    /// What it was about, the commonest first.
    pub categories: Vec<Counted>,
    /// The latest tickets, newest first.
    pub tickets: Vec<TicketSummary>,
}

/// How often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Counted {
    /// What, by its id.
    pub id: String,
    pub count: u64,
}

impl Desk {
    /// What is known of a customer, from the tickets of these departments and of none yet; without departments from all.
    ///
    /// # Errors
    /// [`Error::NoSuchCustomer`], also where nothing may be seen.
    pub async fn customer(&self, id: &str, within: Option<&[String]>) -> Result<CustomerView> {
        use complaint::Column;
        let database = self.store().read();
        let tickets = || {
            let all = ticket::Entity::find().filter(ticket::Column::CustomerId.eq(id));
            match within {
                None => all,
                Some(departments) => all.filter(theirs(departments)),
            }
        };
        let seen = tickets().select_only().column(ticket::Column::ComplaintId).into_query();
        let complaints = || complaint::Entity::find().filter(Column::Id.in_subquery(seen.clone()));
        let span: Option<(Option<i64>, Option<i64>)> = complaints()
            .select_only()
            .column_as(Column::ReceivedAt.min(), "first")
            .column_as(Column::ReceivedAt.max(), "latest")
            .into_tuple()
            .one(database)
            .await?;
        let Some((Some(first), Some(latest))) = span else { return Err(Error::NoSuchCustomer) };
        let tier = complaints()
            .select_only()
            .column(Column::Tier)
            .filter(Column::Tier.is_not_null())
            .order_by_desc(Column::ReceivedAt)
            .into_tuple::<Option<String>>()
            .one(database)
            .await?
            .flatten();
        let latest_tickets =
            tickets().order_by_desc(ticket::Column::OpenedAt).order_by_desc(ticket::Column::Id).limit(LATEST);
        Ok(CustomerView {
            id: id.to_owned(),
            tier,
            complaints: complaints().count(database).await?,
            open: tickets().filter(ticket::Column::EndedAt.is_null()).count(database).await?,
            breached: tickets().filter(ticket::Column::Breached.eq(true)).count(database).await?,
            first_at: instant(first),
            latest_at: instant(latest),
            channels: self.counted(complaints(), Column::Channel).await?,
            categories: self.counted(tickets(), ticket::Column::Category).await?,
            tickets: latest_tickets.all(database).await?.into_iter().map(TicketSummary::from).collect(),
        })
    }

    /// How often each value of a column is there, the commonest first.
    async fn counted<E: EntityTrait>(&self, rows: Select<E>, column: E::Column) -> Result<Vec<Counted>> {
        let counts = rows
            .select_only()
            .column(column)
            .column_as(column.count(), "count")
            .filter(column.is_not_null())
            .group_by(column);
        let counts: Vec<(String, i64)> = counts.into_tuple().all(self.store().read()).await?;
        let counted = |(id, count)| Counted { id, count: u64::try_from(count).unwrap_or(0) };
        let mut counts: Vec<Counted> = counts.into_iter().map(counted).collect();
        counts.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.id.cmp(&b.id)));
        Ok(counts)
    }
}
