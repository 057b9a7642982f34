//! Somebody does something to a ticket.

use super::{
    Desk, incidents,
    people::Person,
    record::Record,
    store::{
        Transaction,
        entity::{incident, staff, ticket},
        queue::{self, Work},
    },
    ticket::{Action, ActionKind, Actor, Command, Number, Relation},
    work::offer,
};
use crate::{Error, Result};
use jiff::Timestamp;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

impl Desk {
    /// Holds a command against the rules and writes down what comes of it. Texts are masked here. Merging and linking change the
    /// other ticket too, in the same transaction; an incident that is joined must be there.
    ///
    /// # Errors
    /// [`Error::NoSuchTicket`]; those of [`super::ticket::Rules::decide`]; those of the database.
    pub async fn act(&self, id: &str, command: Command, actor: &Actor) -> Result<Record> {
        let now = self.now();
        if let Action::Attach { .. } = &command.action {
            // Only a file that is stored proves anything.
            let reason = "needs the file itself: send it to the ticket's attachments".into();
            return Err(Error::TicketCommand { command: ActionKind::Attach.id(), reason });
        }
        let command = Command {
            action: command.action.map_texts(|text| self.masked(text)),
            note: command.note.map(|note| self.masked(&note)),
            ..command
        };
        let change = self.store().begin().await?;
        let other = match &command.action {
            Action::Merge { into } => Some((*into, Other::Absorb)),
            Action::Absorb { from } => Some((*from, Other::Merge)),
            Action::Link { other, relation } => Some((*other, Other::Link(*relation))),
            _ => None,
        };
        let (mut record, mut others) = self.lock_both(&change, id, other.map(|(number, _)| number)).await?;
        let number = record.ticket.number;
        record.act(self.house(), &command, actor, now)?;
        if let Action::Assign { department, group, agent } = &command.action {
            self.check_destination(&change, department, group.as_deref(), agent.as_deref()).await?;
        }
        if let Action::JoinIncident { incident, .. } = &command.action {
            if incident::Entity::find_by_id(incident).one(&change).await?.is_none() {
                return Err(Error::NoSuchIncident);
            }
            incidents::add(&change, incident, &record.row.id, now).await?;
        }
        if let (Some((_, what)), Some(second)) = (other, others.as_mut()) {
            let action = match what {
                Other::Absorb => Action::Absorb { from: number },
                Other::Merge => Action::Merge { into: number },
                Other::Link(relation) => Action::Link { other: number, relation },
            };
            // A ticket ends only by whom it would end by itself; to take one in, or to be linked, follows whoever's it is.
            let system = Actor::system("merging");
            let by = if matches!(what, Other::Merge) { actor } else { &system };
            second.act(self.house(), &action.into(), by, now)?;
        }
        for record in std::iter::once(&mut record).chain(others.as_mut()) {
            self.write(&change, record, now).await?;
        }
        change.commit().await?;
        self.wake(Work::Assign);
        self.wake(Work::Tick);
        self.wake(Work::Deliver);
        Ok(record)
    }

    /// Whether a group and a person are there, and of the department.
    async fn check_destination(
        &self,
        change: &Transaction,
        department: &str,
        group: Option<&str>,
        agent: Option<&str>,
    ) -> Result<()> {
        let wrong = |what: &str| {
            let reason = format!("the {what} is not there, or not of the department");
            Err(Error::TicketCommand { command: ActionKind::Assign.id(), reason })
        };
        let groups = &self.house().routing.groups;
        if group.is_some_and(|id| !groups.iter().any(|known| known.id == id && known.department == department)) {
            return wrong("group");
        }
        if let Some(agent) = agent {
            let row = staff::Entity::find_by_id(agent).one(change).await?;
            let person = row.map(Person::read).transpose()?;
            if !person.is_some_and(|person| person.departments.iter().any(|own| own == department)) {
                return wrong("agent");
            }
        }
        Ok(())
    }

    /// Saves a ticket, sets going what follows, and puts the next look at its clocks into the queue.
    pub(in crate::desk) async fn write(&self, change: &Transaction, record: &mut Record, now: Timestamp) -> Result<()> {
        let next = self.write_but_clocks(change, record, now).await?;
        record.schedule(change, next, now).await
    }

    /// Saves a ticket and sets going what follows: notices, a person for it, other work for who had it. Returns when its clocks
    /// have to be looked at next, for whoever has that job in hand.
    pub(in crate::desk) async fn write_but_clocks(
        &self,
        change: &Transaction,
        record: &mut Record,
        now: Timestamp,
    ) -> Result<Option<Timestamp>> {
        let (had, weighed) = (record.row.agent.clone(), record.row.urgency);
        let fresh = record.fresh().to_vec();
        let next = record.save(change, self.house(), now).await?;
        self.tell_events(change, record, &fresh, now).await?;
        let ticket = &record.ticket;
        if ticket.end.is_none() && ticket.department.is_some() && ticket.agent.is_none() {
            queue::put(change, Work::Assign, &record.row.id, now, now).await?;
        }
        // Who finished or gave back a ticket, or has one that weighs less now, may take another.
        if let Some(had) = had
            && (ticket.end.is_some() || ticket.agent.as_ref() != Some(&had) || record.row.urgency > weighed)
        {
            offer(change, &had, now).await?;
        }
        Ok(next)
    }

    /// Locks a ticket and another one, in the order of their ids, so that two who merge crosswise do not wait for each other.
    async fn lock_both(
        &self,
        change: &Transaction,
        id: &str,
        other: Option<Number>,
    ) -> Result<(Record, Option<Record>)> {
        let lock = async |id: &str| Record::lock(change, id).await?.ok_or(Error::NoSuchTicket);
        let Some(number) = other else { return Ok((lock(id).await?, None)) };
        let second: Option<String> = ticket::Entity::find()
            .select_only()
            .column(ticket::Column::Id)
            .filter(ticket::Column::Number.eq(number.to_string()))
            .into_tuple()
            .one(change)
            .await?;
        let second = second.ok_or(Error::NoSuchTicket)?;
        if second == id {
            // The rules say that a ticket cannot be merged into itself, and say it better.
            return Ok((lock(id).await?, None));
        }
        if second.as_str() < id {
            let second = lock(&second).await?;
            Ok((lock(id).await?, Some(second)))
        } else {
            let first = lock(id).await?;
            Ok((first, Some(lock(&second).await?)))
        }
    }
}

/// What the other ticket is told.
#[derive(Clone, Copy)]
enum Other {
    Absorb,
    Merge,
    Link(Relation),
}
