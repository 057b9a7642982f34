//! Lists: tickets and complaints by what is known of them and by the words in them, newest first, a page at a time.

use super::{
    Desk,
    store::{
        Store,
        entity::{complaint, ticket},
    },
};
use crate::{Error, Result};
use sea_orm::{
    ColumnTrait, Condition, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    sea_query::{Expr, ExprTrait, LikeExpr, SimpleExpr},
};

/// The most of a list that comes at once.
pub const PAGE_LIMIT: u64 = 200;

/// Where a page begins: after the last of the page before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    pub(in crate::desk) at: i64,
    pub(in crate::desk) id: String,
}

impl Cursor {
    /// Reads what [`Page::next`] gave.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] for anything else.
    pub fn parse(text: &str) -> Result<Self> {
        let parts = text.split_once('~').and_then(|(at, id)| Some((i64::from_str_radix(at, 16).ok()?, id)));
        match parts {
            Some((at, id)) if uuid::Uuid::try_parse(id).is_ok() => Ok(Cursor { at, id: id.into() }),
            _ => Err(Error::InvalidRequest { what: "cursor".into(), reason: "must be the `next` of a page".into() }),
        }
    }

    pub(in crate::desk) fn write(at: i64, id: &str) -> String {
        format!("{at:x}~{id}")
    }
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// Newest first.
    pub items: Vec<T>,
    /// Where the next page begins; none where this was the last.
    pub next: Option<String>,
}

/// Which tickets; what is not given does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TicketFilter {
    pub status: Option<String>,
    pub department: Option<String>,
    pub agent: Option<String>,
    pub priority: Option<String>,
    /// A category, or the beginning of its dotted id.
    pub category: Option<String>,
    pub channel: Option<String>,
    pub region: Option<String>,
    pub product: Option<String>,
    pub customer: Option<String>,
    pub incident: Option<String>,
    /// Whether people have to say where it belongs.
    pub triage: Option<bool>,
    /// Whether one of its clocks ran out.
    pub breached: Option<bool>,
    /// Words that the complaint has, all of them.
    pub words: Option<String>,
    /// Only of these departments, and of none yet; none: of all.
    pub within: Option<Vec<String>>,
}

/// Which complaints; what is not given does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ComplaintFilter {
    pub channel: Option<String>,
    pub customer: Option<String>,
    pub order: Option<String>,
    pub product: Option<String>,
    pub region: Option<String>,
    /// A contact as the customer wrote it: found by its sealed index.
    pub contact: Option<String>,
    /// Words that it has, all of them.
    pub words: Option<String>,
    /// Only those whose tickets are with these departments, or with none yet; none: all.
    pub within: Option<Vec<String>>,
}

impl Desk {
    /// A page of tickets.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] where the words to look for are none.
    pub async fn tickets(
        &self,
        filter: &TicketFilter,
        limit: u64,
        from: Option<&Cursor>,
    ) -> Result<Page<ticket::Model>> {
        use ticket::Column;
        let mut found = ticket::Entity::find();
        for (column, value) in [
            (Column::Status, &filter.status),
            (Column::Department, &filter.department),
            (Column::Agent, &filter.agent),
            (Column::Priority, &filter.priority),
            (Column::Channel, &filter.channel),
            (Column::Region, &filter.region),
            (Column::Product, &filter.product),
            (Column::CustomerId, &filter.customer),
            (Column::IncidentId, &filter.incident),
        ] {
            found = is(found, column, value);
        }
        for (column, value) in [(Column::Triage, filter.triage), (Column::Breached, filter.breached)] {
            if let Some(value) = value {
                found = found.filter(column.eq(value));
            }
        }
        if let Some(category) = &filter.category {
            let plain = category.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
            let below = Column::Category.like(LikeExpr::new(format!("{plain}.%")).escape('\\'));
            found = found.filter(Condition::any().add(Column::Category.eq(category)).add(below));
        }
        if let Some(departments) = &filter.within {
            found = found.filter(theirs(departments));
        }
        if let Some(words) = &filter.words {
            found = found.filter(self.has_words(Expr::col(Column::ComplaintId), words)?);
        }
        Window { limit, from }
            .newest(self.store(), found, Column::OpenedAt, Column::Id, |row| (row.opened_at, &row.id))
            .await
    }

    /// A page of complaints.
    ///
    /// # Errors
    /// As [`Desk::tickets`].
    pub async fn complaints(
        &self,
        filter: &ComplaintFilter,
        limit: u64,
        from: Option<&Cursor>,
    ) -> Result<Page<complaint::Model>> {
        use complaint::Column;
        let mut found = complaint::Entity::find();
        // What is no contact has no index, and is nobody's.
        let index = |contact: &String| self.keys().contact_index(contact).unwrap_or_else(|| "none".into());
        let contact = filter.contact.as_ref().map(index);
        for (column, value) in [
            (Column::Channel, &filter.channel),
            (Column::CustomerId, &filter.customer),
            (Column::OrderId, &filter.order),
            (Column::Product, &filter.product),
            (Column::Region, &filter.region),
            (Column::ContactIndex, &contact),
        ] {
            found = is(found, column, value);
        }
        if let Some(departments) = &filter.within {
            let seen = ticket::Entity::find().select_only().column(ticket::Column::ComplaintId);
            found = found.filter(Column::Id.in_subquery(seen.filter(theirs(departments)).into_query()));
        }
        if let Some(words) = &filter.words {
            found = found.filter(self.has_words(Expr::col(Column::Id), words)?);
        }
        Window { limit, from }
            .newest(self.store(), found, Column::CreatedAt, Column::Id, |row| (row.created_at, &row.id))
            .await
    }

    /// That a complaint has all words of a text: cut as the complaints were, so that the same words meet.
    fn has_words(&self, complaint: Expr, text: &str) -> Result<SimpleExpr> {
        let none = |_| Error::InvalidRequest { what: "q".into(), reason: "has no word to look for".into() };
        let reading = self.engine().read(text).map_err(none)?;
        let words: Vec<String> =
            reading.words().map(|word| word.replace('"', "")).filter(|word| !word.is_empty()).collect();
        Ok(match self.store().backend() {
            DbBackend::Postgres => complaint.in_subquery(
                complaint::Entity::find()
                    .select_only()
                    .column(complaint::Column::Id)
                    .filter(Expr::cust_with_values(
                        "to_tsvector('simple', words) @@ plainto_tsquery('simple', $1)",
                        [words.join(" ")],
                    ))
                    .into_query(),
            ),
            _ => {
                let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
                let ids = "(SELECT id FROM complaint_words WHERE complaint_words MATCH ?)";
                complaint.binary(sea_orm::sea_query::BinOper::In, Expr::cust_with_values(ids, [quoted.join(" ")]))
            }
        })
    }
}

fn is<E: EntityTrait>(found: Select<E>, column: E::Column, value: &Option<String>) -> Select<E> {
    match value {
        Some(value) => found.filter(column.eq(value)),
        None => found,
    }
}

/// The tickets that some departments see: their own, and those that are nobody's yet.
pub(in crate::desk) fn theirs(departments: &[String]) -> Condition {
    let none = ticket::Column::Department.is_null();
    Condition::any().add(ticket::Column::Department.is_in(departments)).add(none)
}

/// Which part of a list is wanted.
#[derive(Clone, Copy)]
pub(in crate::desk) struct Window<'c> {
    pub limit: u64,
    pub from: Option<&'c Cursor>,
}

impl Window<'_> {
    /// The part of what was found that this is, the newest first: by a time, and by the key where that is the same.
    pub async fn newest<E: EntityTrait>(
        self,
        store: &Store,
        mut found: Select<E>,
        time: E::Column,
        key: E::Column,
        place: impl Fn(&E::Model) -> (i64, &str),
    ) -> Result<Page<E::Model>> {
        if let Some(Cursor { at, id }) = self.from {
            let same = Condition::all().add(time.eq(*at)).add(key.lt(id));
            found = found.filter(Condition::any().add(time.lt(*at)).add(same));
        }
        let limit = self.limit.clamp(1, PAGE_LIMIT);
        // One more than is wanted: it says whether there is a next page.
        let rows = found.order_by_desc(time).order_by_desc(key).limit(limit + 1);
        let mut items = rows.all(store.read()).await?;
        let more = items.len() as u64 > limit;
        items.truncate(limit as usize);
        let next = items.last().filter(|_| more).map(|last| {
            let (at, id) = place(last);
            Cursor::write(at, id)
        });
        Ok(Page { items, next })
    }
}
