//! What is told of complaints and tickets: the forms that lists and pages show.

use super::{
    Desk,
    clock::Deadline,
    record::Record,
    store::{
        entity::{complaint, decision, ticket},
        instant,
    },
    ticket::{Actor, Number, Ticket},
};
use crate::{Error, Result, taxonomy::Language};
use jiff::Timestamp;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// A ticket as lists show it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TicketSummary {
    pub id: String,
    /// The complaint number.
    #[schema(example = "C20261126-000123-6")]
    pub number: String,
    /// The id of the complaint that it is about.
    pub complaint: String,
    /// How often it changed; its ETag is `"v…"`.
    pub version: i64,
    /// `new`, `processing`, `resolved` or `closed`.
    pub status: String,
    /// `accept`, `investigate`, `handle`, `review`, `respond`, `follow_up` or `archive`.
    pub node: String,
    /// Why nobody works on it: `waiting_for_customer`, `waiting_for_third_party` or `suspended`.
    pub pause: Option<String>,
    /// Whether the engine has read it.
    pub classified: bool,
    /// Whether a person has to say where it belongs.
    pub triage: bool,
    /// Whether departments sent it to and fro, so that a supervisor decides.
    pub held: bool,
    pub department: Option<String>,
    pub group: Option<String>,
    pub agent: Option<String>,
    pub priority: String,
    pub category: Option<String>,
    pub customer: Option<String>,
    pub channel: Option<String>,
    pub product: Option<String>,
    pub region: Option<String>,
    pub incident: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub opened_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Timestamp,
    /// When the next of its clocks runs out.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due_at: Option<Timestamp>,
    /// Which clock that is.
    pub due_clock: Option<String>,
    /// Whether one of its clocks ran out.
    pub breached: bool,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
}

impl From<ticket::Model> for TicketSummary {
    fn from(row: ticket::Model) -> Self {
        TicketSummary {
            id: row.id,
            number: row.number,
            complaint: row.complaint_id,
            version: row.version,
            status: row.status,
            node: row.node,
            pause: row.pause,
            classified: row.classified,
            triage: row.triage,
            held: row.held,
            department: row.department,
            group: row.team,
            agent: row.agent,
            priority: row.priority,
            category: row.category,
            customer: row.customer_id,
            channel: row.channel,
            product: row.product,
            region: row.region,
            incident: row.incident_id,
            opened_at: instant(row.opened_at),
            changed_at: instant(row.changed_at),
            due_at: row.due_at.map(instant),
            due_clock: row.due_clock,
            breached: row.breached,
            ended_at: row.ended_at.map(instant),
        }
    }
}

/// A clock of a ticket.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ClockView {
    /// `first_response`, `plan`, `resolution`, `approval`, `feedback` or `survey`.
    pub clock: &'static str,
    /// `not_started`, `running`, `paused`, `met`, `breached` or `cancelled`.
    #[schema(value_type = String)]
    pub state: super::clock::State,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due_at: Option<Timestamp>,
    /// When little of its time is left.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub warning_at: Option<Timestamp>,
    /// The left share of its time, from 0 to 1.
    pub share_left: f64,
    /// Why, line by line.
    pub reasons: Vec<String>,
}

/// A ticket in full.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TicketView {
    #[serde(flatten)]
    pub ticket: TicketSummary,
    /// What came of its history: labels, findings, plan, approval, links, evidence.
    #[schema(value_type = Object)]
    pub state: Ticket,
    /// What whoever asks can do with it now.
    pub actions: Vec<&'static str>,
    /// Its clocks.
    pub clocks: Vec<ClockView>,
    /// Where the rules sent it, why, and why not elsewhere; null until it is classified.
    #[schema(value_type = Option<Object>)]
    pub route: Option<Box<RawValue>>,
}

/// A complaint with personal data masked.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ComplaintView {
    pub id: String,
    #[schema(example = "C20261126-000123-6")]
    pub number: String,
    /// The id of its ticket.
    pub ticket: String,
    pub channel: Option<String>,
    pub external_id: Option<String>,
    /// The customer's id.
    pub customer: Option<String>,
    pub tier: Option<String>,
    /// Whether there is a contact; who may read it is another question.
    pub has_contact: bool,
    pub masked_text: String,
    pub wish: Option<String>,
    pub order: Option<String>,
    /// In yuan.
    pub amount: Option<f64>,
    pub product: Option<String>,
    pub region: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub received_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// What the engine said; null until it has.
    #[schema(value_type = Option<crate::Decision>)]
    pub decision: Option<Box<RawValue>>,
}

impl Desk {
    /// A ticket in full, as an actor sees it.
    ///
    /// # Errors
    /// [`Error::NoSuchTicket`].
    pub async fn ticket(&self, id: &str, actor: &Actor, language: Language) -> Result<TicketView> {
        let record = Record::read(self.store(), id).await?.ok_or(Error::NoSuchTicket)?;
        self.ticket_view(record, actor, language).await
    }

    /// The same of a record that is at hand.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn ticket_view(&self, record: Record, actor: &Actor, language: Language) -> Result<TicketView> {
        let (house, now) = (self.house(), self.now());
        let deadlines = record.deadlines(house, now)?;
        let route: Option<String> = decision::Entity::find_by_id(&record.row.complaint_id)
            .select_only()
            .column(decision::Column::Route)
            .into_tuple()
            .one(self.store().read())
            .await?;
        Ok(TicketView {
            actions: house.rules().allowed(&record.ticket, actor, now).into_iter().map(|kind| kind.id()).collect(),
            clocks: deadlines.iter().map(|deadline| self.clock_view(deadline, language)).collect(),
            route: route.and_then(|json| RawValue::from_string(json).ok()),
            state: record.ticket,
            ticket: record.row.into(),
        })
    }

    fn clock_view(&self, deadline: &Deadline, language: Language) -> ClockView {
        ClockView {
            clock: deadline.clock.id(),
            state: deadline.state,
            due_at: deadline.due,
            warning_at: deadline.warning,
            share_left: deadline.share_left,
            reasons: deadline.explain(&self.house().calendar, language),
        }
    }

    /// A complaint with what the engine said of it.
    ///
    /// # Errors
    /// [`Error::NoSuchComplaint`].
    pub async fn complaint(&self, id: &str) -> Result<ComplaintView> {
        let row = complaint::Entity::find_by_id(id).one(self.store().read()).await?.ok_or(Error::NoSuchComplaint)?;
        let views = self.complaint_views(vec![row]).await?;
        views.into_iter().next().ok_or(Error::NoSuchComplaint)
    }

    /// Complaints with what the engine said of them, in the same order.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn complaint_views(&self, rows: Vec<complaint::Model>) -> Result<Vec<ComplaintView>> {
        let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        let decisions: Vec<(String, String)> = decision::Entity::find()
            .select_only()
            .column(decision::Column::ComplaintId)
            .column(decision::Column::Decision)
            .filter(decision::Column::ComplaintId.is_in(ids))
            .into_tuple()
            .all(self.store().read())
            .await?;
        let mut decisions: std::collections::BTreeMap<String, String> = decisions.into_iter().collect();
        let view = |row: complaint::Model| {
            let decision = decisions.remove(&row.id);
            view(row, decision)
        };
        Ok(rows.into_iter().map(view).collect())
    }

    /// Which department has a ticket.
    ///
    /// # Errors
    /// [`Error::NoSuchTicket`].
    pub async fn department_of(&self, ticket: &str) -> Result<Option<String>> {
        let row: Option<Option<String>> = ticket::Entity::find_by_id(ticket)
            .select_only()
            .column(ticket::Column::Department)
            .into_tuple()
            .one(self.store().read())
            .await?;
        row.ok_or(Error::NoSuchTicket)
    }

    /// The complaint of an id or a number, and the department that has its ticket.
    ///
    /// # Errors
    /// [`Error::NoSuchComplaint`].
    pub async fn complaint_in(&self, given: &str) -> Result<(String, Option<String>)> {
        let mut of = Condition::any().add(ticket::Column::ComplaintId.eq(given));
        if let Ok(number) = given.parse::<Number>() {
            of = of.add(ticket::Column::Number.eq(number.to_string()));
        }
        let found: Option<(String, Option<String>)> = ticket::Entity::find()
            .select_only()
            .column(ticket::Column::ComplaintId)
            .column(ticket::Column::Department)
            .filter(of)
            .into_tuple()
            .one(self.store().read())
            .await?;
        found.ok_or(Error::NoSuchComplaint)
    }

    /// A complaint as soon as the engine has decided about it. Never returns where that never happens: give up by a timeout.
    ///
    /// # Errors
    /// [`Error::NoSuchComplaint`].
    pub async fn decided(&self, id: &str) -> Result<ComplaintView> {
        loop {
            // Asked first, lest it rings between the look and the wait.
            let rung = self.settled().notified();
            let view = self.complaint(id).await?;
            if view.decision.is_some() {
                return Ok(view);
            }
            // Another process may have decided; it cannot ring here.
            let _ = tokio::time::timeout(std::time::Duration::from_millis(250), rung).await;
        }
    }

    /// The id of a ticket by its id or its number; as it was given where it is neither.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn ticket_id(&self, given: &str) -> Result<String> {
        let Ok(number) = given.parse::<Number>() else { return Ok(given.to_owned()) };
        let id: Option<String> = ticket::Entity::find()
            .select_only()
            .column(ticket::Column::Id)
            .filter(ticket::Column::Number.eq(number.to_string()))
            .into_tuple()
            .one(self.store().read())
            .await?;
        id.ok_or(Error::NoSuchTicket)
    }
}

fn view(row: complaint::Model, decision: Option<String>) -> ComplaintView {
    ComplaintView {
        id: row.id,
        number: row.number,
        ticket: row.ticket_id,
        channel: row.channel,
        external_id: row.external_id,
        customer: row.customer_id,
        tier: row.tier,
        has_contact: row.contact_sealed.is_some(),
        masked_text: row.masked_text,
        wish: row.wish,
        order: row.order_id,
        amount: row.amount_fen.map(|fen| fen as f64 / 100.0),
        product: row.product,
        region: row.region,
        received_at: instant(row.received_at),
        created_at: instant(row.created_at),
        decision: decision.and_then(|json| RawValue::from_string(json).ok()),
    }
}
