//! A ticket in the store: its history, what is folded from it, and the row that lists show.
//!
//! [`Record::save`] is the one way in which anything happens to a ticket. It writes the new events, the row, and when the
//! clocks have to be looked at next, all in the caller's transaction.

mod clocks;
mod row;

pub use clocks::{clock_events, subject};

use super::{
    House,
    clock::{self, Deadline},
    store::{
        Store, Transaction,
        entity::{ticket, ticket_event},
        instant, micros,
        queue::{self, Work},
    },
    ticket::{Actor, By, Command, Event, Role, Ticket},
};
use crate::{Error, Result};
use jiff::{SignedDuration, Timestamp};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect, sea_query::LockType,
};

/// How long the clocks of a complaint that came late wait for the engine to read it.
const UNREAD: SignedDuration = SignedDuration::from_mins(1);

/// A ticket with its history.
#[derive(Debug, Clone)]
pub struct Record {
    /// As lists show it.
    pub row: ticket::Model,
    /// All events, oldest first, those not yet saved among them.
    pub history: Vec<Event>,
    /// What the history comes to.
    pub ticket: Ticket,
    /// Whether its clocks had something to say when it was saved.
    urgent: bool,
    /// How many events are saved.
    saved: usize,
}

impl Record {
    /// Reads a ticket; none where there is none of this id.
    ///
    /// # Errors
    /// Those of the database; [`Error::TicketHistory`] where what is stored cannot be read.
    pub async fn read(store: &Store, id: &str) -> Result<Option<Self>> {
        let row = ticket::Entity::find_by_id(id).one(store.read()).await?;
        Record::with_history(store.read(), row).await
    }

    /// Reads a ticket to change it: nobody else does until the transaction ends.
    ///
    /// # Errors
    /// As [`Record::read`].
    pub async fn lock(change: &Transaction, id: &str) -> Result<Option<Self>> {
        let mut find = ticket::Entity::find_by_id(id);
        if change.get_database_backend() == DbBackend::Postgres {
            // Not against references to it, which others make while they hold other tickets: its key never changes.
            find = find.lock(LockType::NoKeyUpdate);
        }
        let row = find.one(change).await?;
        Record::with_history(change, row).await
    }

    async fn with_history(database: &impl ConnectionTrait, row: Option<ticket::Model>) -> Result<Option<Self>> {
        let Some(row) = row else { return Ok(None) };
        let history = history(database, &row.id).await?;
        let ticket = Ticket::replay(&history)?;
        Ok(Some(Record { saved: history.len(), urgent: false, row, history, ticket }))
    }

    /// A new ticket, from its first event and the row that [`Record::save`] completes.
    pub fn begin(row: ticket::Model, opened: Event) -> Result<Self> {
        let ticket = Ticket::begin(&opened)?;
        Ok(Record { row, history: vec![opened], ticket, urgent: false, saved: 0 })
    }

    /// Holds a command against the rules, and goes on by the events that come of it.
    ///
    /// # Errors
    /// Those of [`super::ticket::Rules::decide`]; the record is then as before.
    pub fn act(&mut self, house: &House, command: &Command, actor: &Actor, now: Timestamp) -> Result<()> {
        let events = house.rules().decide(&self.ticket, command, actor, now)?;
        events.into_iter().try_for_each(|event| self.happen(event))
    }

    /// Goes on by one event.
    ///
    /// # Errors
    /// [`Error::TicketHistory`] where it is not the next one.
    pub fn happen(&mut self, event: Event) -> Result<()> {
        self.ticket.apply(&event)?;
        self.history.push(event);
        Ok(())
    }

    /// The events that are not saved yet.
    pub fn fresh(&self) -> &[Event] {
        &self.history[self.saved..]
    }

    /// Its clocks as they stand at an instant.
    ///
    /// # Errors
    /// [`Error::DeadlineOutOfReach`].
    pub fn deadlines(&self, house: &House, now: Timestamp) -> Result<Vec<Deadline>> {
        let now = now.max(self.ticket.changed_at);
        clock::deadlines(&clock_events(&self.history), &subject(&self.ticket), &house.calendar, &house.deadlines, now)
    }

    /// Writes what is new, and when its clocks say something next. Returns that instant for those who hold the job in hand.
    ///
    /// # Errors
    /// [`Error::VersionConflict`] where somebody else changed it meanwhile.
    pub async fn save(&mut self, change: &Transaction, house: &House, now: Timestamp) -> Result<Option<Timestamp>> {
        let deadlines = self.deadlines(house, now)?;
        let next = self.next_look(house, &deadlines);
        self.urgent = deadlines.iter().any(Deadline::is_urgent);
        let before = self.row.version;
        row::complete(&mut self.row, &self.ticket, house, &deadlines);
        let row = self.row.clone().into_active_model();
        if self.saved == 0 {
            ticket::Entity::insert(row).exec_without_returning(change).await?;
        } else {
            let written = ticket::Entity::update_many()
                .set(row.reset_all())
                .filter(ticket::Column::Id.eq(&self.row.id))
                .filter(ticket::Column::Version.eq(before))
                .exec(change)
                .await?;
            if written.rows_affected != 1 {
                let (number, expected) = (self.row.number.clone(), format!("version {before}"));
                return Err(Error::VersionConflict { number, expected, found: self.ticket.version });
            }
        }
        if !self.fresh().is_empty() {
            let rows: Vec<_> = self.fresh().iter().map(|event| stored(&self.row.id, event)).collect();
            ticket_event::Entity::insert_many(rows).exec_without_returning(change).await?;
        }
        self.saved = self.history.len();
        Ok(next)
    }

    /// Puts the next look at the clocks into the queue, or takes it out where there is nothing left to see. What they have to say
    /// by now is looked at again, told or not: a look that was due may be the one that this takes the place of.
    pub async fn schedule(&self, change: &Transaction, next: Option<Timestamp>, now: Timestamp) -> Result<()> {
        // Before the engine has read it, nobody knows how urgent it is: it gets a moment, so that there is no false alarm.
        let patience = if self.ticket.classified { SignedDuration::ZERO } else { UNREAD };
        let soon = self.urgent.then(|| now.checked_add(patience).unwrap_or(now));
        match next.into_iter().chain(soon).min() {
            Some(due) => queue::put(change, Work::Tick, &self.row.id, due, now).await,
            None => queue::drop(change, Work::Tick, &self.row.id).await,
        }
    }

    /// When something happens by itself: a clock, the end of a pause, closing after silence.
    fn next_look(&self, house: &House, deadlines: &[Deadline]) -> Option<Timestamp> {
        let pause = self.ticket.pause.as_ref().and_then(|pause| pause.until);
        [clock::next_change(deadlines), pause, house.rules().auto_close_at(&self.ticket)].into_iter().flatten().min()
    }
}

/// The events of a ticket, oldest first.
///
/// # Errors
/// [`Error::UnknownEventKind`], [`Error::TicketHistory`].
pub async fn history(database: &impl ConnectionTrait, ticket: &str) -> Result<Vec<Event>> {
    let rows = ticket_event::Entity::find()
        .filter(ticket_event::Column::TicketId.eq(ticket))
        .order_by_asc(ticket_event::Column::Sequence)
        .all(database)
        .await?;
    rows.into_iter().map(event).collect()
}

/// Reads a stored event.
///
/// # Errors
/// [`Error::UnknownEventKind`], [`Error::TicketHistory`].
pub fn event(row: ticket_event::Model) -> Result<Event> {
    let sequence = u64::try_from(row.sequence).unwrap_or(0);
    let role = Role::ALL.into_iter().find(|role| role.id() == row.role);
    let role = role.ok_or_else(|| Error::TicketHistory { sequence, reason: "its role is not known".into() })?;
    Event::from_parts(sequence, instant(row.at), By { role, id: row.actor }, &row.kind, row.facts.as_deref(), row.note)
}

fn stored(ticket: &str, event: &Event) -> ticket_event::ActiveModel {
    ticket_event::ActiveModel {
        ticket_id: Set(ticket.into()),
        sequence: Set(event.sequence as i64),
        at: Set(micros(event.at)),
        role: Set(event.by.role.id().into()),
        actor: Set(event.by.id.clone()),
        kind: Set(event.fact.kind().into()),
        facts: Set(event.facts()),
        note: Set(event.note.clone()),
    }
}
