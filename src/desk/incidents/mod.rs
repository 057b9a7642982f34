//! Incidents over the store: what many complain about, who belongs to it, and one answer for all.
//!
//! Complaints open incidents and join them (`work`, by the rules of [`super::incident`]). Nothing has to happen for one to
//! become quiet or to end: its stage is a function of the time of its latest member, so it is computed wherever it is looked
//! at, and no clock that jumps and no job that is late can make it wrong. Only what a person closed is written down, and the
//! end of one that another follows.

mod reply;
mod rows;

pub use reply::Replied;
pub(in crate::desk) use rows::{Entered, Past, add, enter};

use super::{
    Desk,
    access::{Permission, Principal},
    browse::{Cursor, Page, Window},
    incident::{Rule, Stage},
    store::{
        Lock,
        entity::{incident, incident_member, ticket},
        hold, instant, micros,
    },
};
use crate::{Error, Result, taxonomy::Name};
use jiff::Timestamp;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::Expr,
};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The rules whose signals are incidents.
const RULES: [Rule; 3] = [Rule::Cluster, Rule::Surge, Rule::Wave];

/// An incident as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Sight {
    /// Its id.
    pub id: String,
    /// Which rule found it.
    #[schema(value_type = String)]
    pub rule: Rule,
    /// What it is about: a product, a category in a region, the first of the complaints with the same words.
    pub subject: String,
    /// Why it was opened.
    #[schema(value_type = Object)]
    pub reason: Name,
    /// How it stands now.
    #[schema(value_type = String)]
    pub stage: Stage,
    /// When its first member came in.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// When its latest member came in.
    #[schema(value_type = String, format = DateTime)]
    pub latest_at: Timestamp,
    /// When it was closed.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closed_at: Option<Timestamp>,
    /// By whom, where a person did.
    pub closed_by: Option<String>,
    /// How many tickets belong to it.
    pub members: u64,
    /// How many of them are open.
    pub open: u64,
}

impl Desk {
    /// A page of incidents, the latest opened first: all, or only those that are closed or are not.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn incidents(&self, closed: Option<bool>, limit: u64, from: Option<&Cursor>) -> Result<Page<Sight>> {
        use incident::Column;
        let now = self.now();
        let mut find = incident::Entity::find();
        if let Some(closed) = closed {
            let living = RULES.into_iter().fold(Condition::any(), |any, rule| {
                let quiet = self.house().quiet(rule);
                let over = now.checked_sub(quiet + quiet).unwrap_or(Timestamp::MIN);
                any.add(Condition::all().add(Column::Rule.eq(rule.id())).add(Column::LatestAt.gt(micros(over))))
            });
            let living = Condition::all().add(Column::ClosedAt.is_null()).add(living);
            find = find.filter(if closed { living.not() } else { living });
        }
        let page = Window { limit, from }
            .newest(self.store(), find, Column::CreatedAt, Column::Id, |row| (row.created_at, &row.id));
        let Page { items, next } = page.await?;
        let counts = self.counts(&items).await?;
        let items = items.into_iter().map(|row| self.sight(row, &counts, now)).collect::<Result<_>>()?;
        Ok(Page { items, next })
    }

    /// An incident with the tickets that belong to it, by number; those that were merged into others stay members.
    ///
    /// # Errors
    /// [`Error::NoSuchIncident`].
    pub async fn incident(&self, id: &str) -> Result<(Sight, Vec<ticket::Model>)> {
        let row = incident::Entity::find_by_id(id).one(self.store().read()).await?.ok_or(Error::NoSuchIncident)?;
        let members = members(self.store().read(), id).await?;
        let counts = self.counts(std::slice::from_ref(&row)).await?;
        Ok((self.sight(row, &counts, self.now())?, members))
    }

    /// Closes an incident: the next complaints begin another. One that a person closed before stays as it was.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where one of its tickets is another department's; [`Error::NoSuchIncident`].
    pub async fn close_incident(&self, id: &str, by: &Principal) -> Result<Sight> {
        use incident::Column;
        by.require(Permission::TicketsAssign)?;
        let change = self.store().begin().await?;
        // Nobody joins it meanwhile.
        hold(&change, Lock::Relate).await?;
        for member in members(&change, id).await? {
            by.require_in(Permission::TicketsAssign, member.department.as_deref())?;
        }
        incident::Entity::update_many()
            .col_expr(Column::ClosedAt, Expr::value(micros(self.now())))
            .col_expr(Column::ClosedBy, Expr::value(by.id.clone()))
            .filter(Column::Id.eq(id))
            .filter(Column::ClosedAt.is_null())
            .exec(&change)
            .await?;
        change.commit().await?;
        Ok(self.incident(id).await?.0)
    }

    /// All members and the open ones.
    async fn counts(&self, rows: &[incident::Model]) -> Result<BTreeMap<String, (u64, u64)>> {
        use incident_member::Column::{IncidentId, TicketId};
        let ids = rows.iter().map(|row| &row.id);
        let to = incident_member::Entity::belongs_to(ticket::Entity).from(TicketId).to(ticket::Column::Id).into();
        let all = incident_member::Entity::find()
            .join(JoinType::InnerJoin, to)
            .select_only()
            .column(IncidentId)
            .column_as(TicketId.count(), "count")
            .filter(IncidentId.is_in(ids))
            .group_by(IncidentId);
        let open = all.clone().filter(ticket::Column::EndedAt.is_null());
        let all: Vec<(String, i64)> = all.into_tuple().all(self.store().read()).await?;
        let open: Vec<(String, i64)> = open.into_tuple().all(self.store().read()).await?;
        let open: BTreeMap<String, i64> = open.into_iter().collect();
        let count = |count: i64| u64::try_from(count).unwrap_or(0);
        let both = |(id, all): (String, i64)| {
            let open = open.get(&id).copied().unwrap_or(0);
            (id, (count(all), count(open)))
        };
        Ok(all.into_iter().map(both).collect())
    }

    fn sight(&self, row: incident::Model, counts: &BTreeMap<String, (u64, u64)>, now: Timestamp) -> Result<Sight> {
        let known = rows::incident(&row)?;
        let (members, open) = counts.get(&row.id).copied().unwrap_or_default();
        let unreadable = |_| Error::Store { reason: "the reason of an incident cannot be read".into() };
        Ok(Sight {
            rule: known.rule,
            reason: serde_json::from_str(&row.reason).map_err(unreadable)?,
            stage: known.stage(self.house().quiet(known.rule), now),
            started_at: known.started_at,
            latest_at: known.latest_at,
            closed_at: row.closed_at.map(instant),
            closed_by: row.closed_by,
            id: row.id,
            subject: row.subject,
            members,
            open,
        })
    }
}

/// The tickets that belong to an incident, by number.
async fn members(database: &impl ConnectionTrait, id: &str) -> Result<Vec<ticket::Model>> {
    let members = incident_member::Entity::find()
        .select_only()
        .column(incident_member::Column::TicketId)
        .filter(incident_member::Column::IncidentId.eq(id))
        .into_query();
    let find = ticket::Entity::find().filter(ticket::Column::Id.in_subquery(members));
    Ok(find.order_by_asc(ticket::Column::Number).all(database).await?)
}
