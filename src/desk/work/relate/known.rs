//! What is known around a complaint: those of the same customer, those whose numbers it quotes, those with its words.

use crate::{
    Result,
    desk::{
        House,
        incident::{Member, Signal},
        relate::{Case, Earlier, Fingerprint, quoted_numbers},
        store::{
            Transaction,
            entity::{complaint, fingerprint, incident, incident_member, ticket},
            instant, micros,
        },
        ticket::Number,
    },
};
use jiff::{SignedDuration, Timestamp};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder,
    QuerySelect, Select,
    sea_query::{Expr, OnConflict, Query},
};
use std::collections::{BTreeMap, BTreeSet};

/// So many at most of one customer, and so many with the same words.
const MOST: u64 = 200;
/// So many numbers at most does one look up that a text quotes.
const QUOTES: usize = 20;
/// So many are looked up in one statement: databases take no end of parameters.
const AT_ONCE: usize = 1_000;
/// No ticket is merged through more others than this.
const CHAIN: usize = 16;

/// A complaint as far as it matters to others, with how its ticket stands.
#[derive(Clone, FromQueryResult)]
pub(super) struct Told {
    pub id: String,
    number: String,
    pub ticket_id: String,
    channel: Option<String>,
    pub customer_id: Option<String>,
    contact_index: Option<String>,
    order_id: Option<String>,
    product: Option<String>,
    pub product_key: Option<String>,
    pub region: Option<String>,
    pub masked_text: String,
    received_at: i64,
    pub is_duplicate: bool,
    ended_at: Option<i64>,
    merged_into: Option<String>,
}

impl Told {
    /// Complaints with their tickets, those columns that are wanted.
    pub(super) fn find() -> Select<complaint::Entity> {
        use complaint::Column::*;
        let ticket = complaint::Entity::belongs_to(ticket::Entity).from(TicketId).to(ticket::Column::Id).into();
        complaint::Entity::find()
            .join(JoinType::InnerJoin, ticket)
            .select_only()
            .columns([Id, Number, TicketId, Channel, CustomerId, ContactIndex, OrderId])
            .columns([Product, ProductKey, Region, MaskedText, ReceivedAt, IsDuplicate])
            .columns([ticket::Column::EndedAt, ticket::Column::MergedInto])
    }

    /// The one of an id.
    pub(super) async fn read(change: &Transaction, id: &str) -> Result<Option<Self>> {
        Ok(Told::find().filter(complaint::Column::Id.eq(id)).into_model().one(change).await?)
    }

    /// The members of a signal that do not belong to its incident yet.
    pub(super) async fn outside(change: &Transaction, signal: &Signal) -> Result<Vec<Self>> {
        use incident_member::Column::{IncidentId, TicketId};
        use sea_orm::sea_query::ExprTrait;
        let find = incident::Entity::find().select_only().column(incident::Column::Id);
        let find = find.filter(incident::Column::Key.eq(&signal.key));
        let incident: Option<String> = find.into_tuple().one(change).await?;
        let belongs = incident.map(|incident| {
            Query::select()
                .column(TicketId)
                .from(incident_member::Entity)
                .and_where(IncidentId.eq(incident))
                .and_where(
                    Expr::col((incident_member::Entity, TicketId))
                        .equals((complaint::Entity, complaint::Column::TicketId)),
                )
                .to_owned()
        });
        let mut outside = Vec::new();
        for numbers in signal.members.chunks(AT_ONCE) {
            let numbers = numbers.iter().map(Number::to_string);
            let mut find = Told::find().filter(complaint::Column::Number.is_in(numbers));
            if let Some(belongs) = &belongs {
                find = find.filter(Expr::exists(belongs.clone()).not());
            }
            outside.extend(find.into_model::<Told>().all(change).await?);
        }
        Ok(outside)
    }

    pub(super) fn number(&self) -> Result<Number> {
        Ok(self.number.parse::<Number>()?)
    }

    /// When it came in.
    pub(super) fn at(&self) -> Timestamp {
        instant(self.received_at)
    }

    pub(super) fn case(&self) -> Result<Case<'_>> {
        Ok(Case {
            number: self.number()?,
            customer: self.customer_id.as_deref(),
            contact: self.contact_index.as_deref(),
            channel: self.channel.as_deref(),
            order: self.order_id.as_deref(),
            product: self.product.as_deref(),
            text: &self.masked_text,
            at: self.at(),
        })
    }

    pub(super) fn member(&self) -> Result<Member> {
        Ok(Member {
            number: self.number()?,
            party: self.customer_id.clone().or_else(|| self.contact_index.clone()),
            at: self.at(),
            duplicate: self.is_duplicate,
        })
    }

    /// Whether another comes from the same customer, by id, or by contact where one has no id.
    fn same_party(&self, other: &Told) -> bool {
        match (&self.customer_id, &other.customer_id) {
            (Some(one), Some(two)) => one == two,
            _ => self.contact_index.is_some() && self.contact_index == other.contact_index,
        }
    }
}

/// The ticket in which a complaint is worked on: its own, or the one that took that in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Home {
    pub ticket: String,
    pub number: Number,
    ended: Option<Timestamp>,
}

/// Complaints around one.
pub(super) struct Known {
    all: BTreeMap<Number, Told>,
    /// Those with a key of the same words.
    alike: BTreeSet<Number>,
    homes: Homes,
}

impl Known {
    /// Reads what is around a complaint.
    pub(super) async fn read(change: &Transaction, house: &House, new: &Told) -> Result<Self> {
        let (policy, at) = (&house.relate, new.at());
        let repeat = house.incidents.repeat.as_ref();
        let window = policy.duplicate_within.max(policy.related_within);
        let window = window.max(repeat.map_or(SignedDuration::ZERO, |rule| rule.window));
        let most = MOST.max(repeat.map_or(0, |rule| rule.count as u64));
        let (from, until) = around(at, window);
        // Complaints never come in before they happen to be received, so the index on the one finds the other.
        let recent = Condition::all()
            .add(complaint::Column::CreatedAt.gte(from))
            .add(complaint::Column::ReceivedAt.gte(from))
            .add(complaint::Column::ReceivedAt.lte(until));
        let (lately, _) = around(at, policy.follow_up_within);
        let alive = Condition::any()
            .add(recent)
            .add(ticket::Column::EndedAt.is_null())
            .add(ticket::Column::EndedAt.gte(lately));
        let mut all: Vec<Told> = Vec::new();
        for (column, value) in [
            (complaint::Column::CustomerId, &new.customer_id),
            (complaint::Column::ContactIndex, &new.contact_index),
            (complaint::Column::OrderId, &new.order_id),
        ] {
            let Some(value) = value else { continue };
            let find = Told::find().filter(column.eq(value)).filter(alive.clone());
            let find = find.order_by_desc(complaint::Column::CreatedAt).limit(most);
            all.extend(find.into_model::<Told>().all(change).await?);
        }
        let quoted = quoted_numbers(&new.masked_text).into_iter().take(QUOTES).map(|number| number.to_string());
        let quoted: Vec<String> = quoted.collect();
        if !quoted.is_empty() {
            let find = Told::find().filter(complaint::Column::Number.is_in(quoted));
            all.extend(find.into_model::<Told>().all(change).await?);
        }
        let found = alike(change, new, policy.related_within.max(policy.wave_within)).await?;
        let alike = found.iter().map(Told::number).collect::<Result<_>>()?;
        all.extend(found);
        all.push(new.clone());
        let homes = Homes::read(change, &all).await?;
        let all = all.into_iter().map(|told| Ok((told.number()?, told))).collect::<Result<_>>()?;
        Ok(Known { all, alike, homes })
    }

    /// The earlier complaints, and how they stand.
    pub(super) fn earlier(&self, new: &Told) -> Result<Vec<Earlier<'_>>> {
        let (number, home) = (new.number()?, self.homes.of(new)?);
        let mut earlier = Vec::new();
        for told in self.all.range(..number).map(|(_, told)| told) {
            let of = self.homes.of(told)?;
            // What goes on in the same ticket is together already.
            if of.ticket != home.ticket {
                earlier.push(Earlier { case: told.case()?, closed: of.ended });
            }
        }
        Ok(earlier)
    }

    /// Those of the same customer.
    pub(super) fn of_customer(&self, new: &Told) -> Result<Vec<Member>> {
        self.all.values().filter(|told| new.same_party(told)).map(Told::member).collect()
    }

    /// Those with nearly the same words, perhaps.
    pub(super) fn alike(&self) -> impl Iterator<Item = &Told> {
        self.alike.iter().filter_map(|number| self.all.get(number))
    }

    /// Where one of them is worked on.
    pub(super) fn home(&self, number: Number) -> Result<Option<Home>> {
        self.all.get(&number).map(|told| self.homes.of(told)).transpose()
    }
}

/// The complaints that share a key of a complaint's words.
async fn alike(change: &Transaction, new: &Told, window: SignedDuration) -> Result<Vec<Told>> {
    use fingerprint::Column::{At, ComplaintId, Key};
    let Some(print) = Fingerprint::of(&new.masked_text) else { return Ok(Vec::new()) };
    let (from, until) = around(new.at(), window);
    let find = fingerprint::Entity::find().select_only().column(ComplaintId).column(At).distinct();
    let find = find.filter(Key.is_in(print.keys())).filter(At.gte(from)).filter(At.lte(until));
    let rows: Vec<(String, i64)> = find.order_by_desc(At).limit(MOST).into_tuple().all(change).await?;
    let ids = rows.into_iter().map(|(id, _)| id).filter(|id| *id != new.id);
    Ok(Told::find().filter(complaint::Column::Id.is_in(ids)).into_model().all(change).await?)
}

/// Keeps the keys of a complaint's words for those that come after it.
pub(super) async fn keep(change: &Transaction, new: &Told) -> Result<()> {
    let Some(print) = Fingerprint::of(&new.masked_text) else { return Ok(()) };
    let keys: BTreeSet<i64> = print.keys().into();
    let row = |key| fingerprint::Model { key, at: new.received_at, complaint_id: new.id.clone() };
    let rows = keys.into_iter().map(|key| fingerprint::ActiveModel::from(row(key)).reset_all());
    let once =
        OnConflict::columns([fingerprint::Column::Key, fingerprint::Column::At, fingerprint::Column::ComplaintId])
            .do_nothing()
            .to_owned();
    fingerprint::Entity::insert_many(rows).on_conflict(once).exec_without_returning(change).await?;
    Ok(())
}

/// From and until, as stored.
fn around(at: Timestamp, window: SignedDuration) -> (i64, i64) {
    let from = at.checked_sub(window).unwrap_or(Timestamp::MIN);
    (micros(from), micros(at.checked_add(window).unwrap_or(Timestamp::MAX)))
}

/// The tickets that others were merged into, by number.
pub(super) struct Homes(BTreeMap<String, ticket::Model>);

impl Homes {
    /// Reads those of some complaints.
    pub(super) async fn read(change: &Transaction, all: &[Told]) -> Result<Self> {
        let mut known = BTreeMap::new();
        let mut wanted: BTreeSet<String> = all.iter().filter_map(|told| told.merged_into.clone()).collect();
        for _ in 0..CHAIN {
            wanted.retain(|number| !known.contains_key(number));
            if wanted.is_empty() {
                break;
            }
            let find = ticket::Entity::find().filter(ticket::Column::Number.is_in(std::mem::take(&mut wanted)));
            let rows = find.all(change).await?;
            wanted.extend(rows.iter().filter_map(|row| row.merged_into.clone()));
            known.extend(rows.into_iter().map(|row| (row.number.clone(), row)));
        }
        Ok(Homes(known))
    }

    /// Where a complaint is worked on.
    pub(super) fn of(&self, told: &Told) -> Result<Home> {
        let mut last = None;
        let mut next = told.merged_into.as_ref();
        for _ in 0..CHAIN {
            let Some(row) = next.and_then(|number| self.0.get(number)) else { break };
            last = Some(row);
            next = row.merged_into.as_ref();
        }
        Ok(match last {
            None => Home { ticket: told.ticket_id.clone(), number: told.number()?, ended: told.ended_at.map(instant) },
            Some(row) => {
                Home { ticket: row.id.clone(), number: row.number.parse::<Number>()?, ended: row.ended_at.map(instant) }
            }
        })
    }
}
