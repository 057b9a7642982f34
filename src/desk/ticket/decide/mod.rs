//! Whether somebody may do something to a ticket now, and what comes of it.

mod access;
mod check;
mod legal;
mod outcome;

use super::{
    Actor, Event, Fact, Number, Ticket, TicketPolicy,
    action::{ActionKind, Command},
    event::Head,
    policy::days_after,
};
use crate::{Error, Result, taxonomy::Taxonomy};
use access::Refusal;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// What a ticket is opened with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// The complaint number.
    pub number: Number,
    /// Where it came in.
    pub channel: Option<String>,
    /// The id of the customer; none for an anonymous complaint.
    pub customer: Option<String>,
    /// How urgent it is, by id.
    pub priority: String,
    /// What the classifier said, by head.
    pub labels: BTreeMap<Head, BTreeSet<String>>,
}

/// What decisions rest on beside the ticket: the policy of the house and the labels that there are.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// What the house leaves to agents.
    pub policy: &'a TicketPolicy,
    /// The labels that there are.
    pub taxonomy: &'a Taxonomy,
}

impl Rules<'_> {
    /// The first event of a ticket.
    ///
    /// # Errors
    /// [`Error::TicketCommand`] where the taxonomy lacks a label or an id is empty or too long.
    pub fn open(&self, opening: Opening, actor: &Actor, now: Timestamp) -> Result<Event> {
        let Opening { number, channel, customer, priority, labels } = opening;
        let checked = check::opening(self.taxonomy, channel.as_deref(), customer.as_deref(), &priority, &labels);
        checked.map_err(|reason| Error::TicketCommand { command: "open", reason })?;
        let fact = Fact::Opened { number, channel, customer, priority, labels };
        Ok(Event { sequence: 1, at: now, by: actor.by.clone(), fact, note: None })
    }

    /// What the engine says about the complaint. It may say so again, after a new bundle came: what people corrected stays,
    /// and a priority that an incident raised is not lowered.
    ///
    /// # Errors
    /// [`Error::TicketCommand`] where the taxonomy lacks a label.
    pub fn classify(
        &self,
        ticket: &Ticket,
        priority: &str,
        labels: BTreeMap<Head, BTreeSet<String>>,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Event> {
        check::opening(self.taxonomy, None, None, priority, &labels)
            .map_err(|reason| Error::TicketCommand { command: "classify", reason })?;
        let raised = !ticket.incidents.is_empty() && self.urgency(&ticket.priority) < self.urgency(priority);
        let priority = if raised { &ticket.priority } else { priority }.to_owned();
        let at = now.max(ticket.changed_at);
        let fact = Fact::Classified { priority, labels };
        Ok(Event { sequence: ticket.version + 1, at, by: actor.by.clone(), fact, note: None })
    }

    /// The place of a priority in the taxonomy's scale, 0 the most urgent.
    pub fn urgency(&self, priority: &str) -> usize {
        self.taxonomy.priority_index(priority).unwrap_or(self.taxonomy.priorities.len())
    }

    /// The events that come of a command; none where it changes nothing, as when a ticket joins an incident again.
    ///
    /// A move that would be ping-pong is not made: its event is [`Fact::PingPongStopped`]. Closing may give
    /// [`Fact::ApprovalRequested`] first. Where `now` lies before the last event, because a clock jumped, the new events
    /// take the time of that: histories never run backwards.
    ///
    /// # Errors
    /// [`Error::VersionConflict`]; [`Error::TicketForbidden`] where the role or its departments do not allow it, whatever
    /// the ticket's state; [`Error::TicketTransition`] where the state does not, with what is possible instead;
    /// [`Error::TicketCommand`] where what is said with the action is at fault. Nothing of that is quoted.
    pub fn decide(&self, ticket: &Ticket, command: &Command, actor: &Actor, now: Timestamp) -> Result<Vec<Event>> {
        let kind = command.action.kind();
        let fault = |reason| Error::TicketCommand { command: kind.id(), reason };
        let at = now.max(ticket.changed_at);
        command.expected.check(ticket.number, ticket.version)?;
        self.permit(ticket, kind, actor, at)?;
        check::note(kind, actor.by.role, command.note.as_deref()).map_err(fault)?;
        check::action(self.taxonomy, ticket, &command.action, at).map_err(fault)?;
        let facts = outcome::Outcome { rules: self, ticket, actor, at }.facts(&command.action).map_err(fault)?;
        let event = |(place, fact)| Event {
            sequence: ticket.version + 1 + place as u64,
            at,
            by: actor.by.clone(),
            fact,
            note: command.note.clone().filter(|_| place == 0),
        };
        Ok(facts.into_iter().enumerate().map(event).collect())
    }

    /// Whether somebody can do something to a ticket now, whatever is said with it.
    ///
    /// # Errors
    /// As [`Rules::decide`].
    pub fn permit(&self, ticket: &Ticket, kind: ActionKind, actor: &Actor, now: Timestamp) -> Result<()> {
        let at = now.max(ticket.changed_at);
        match access::refusal(self.policy, ticket, actor, kind, at) {
            Some(refusal) => Err(self.refused(refusal, ticket, actor, kind, at)),
            None => Ok(()),
        }
    }

    /// What somebody can do to a ticket now, in the order of a ticket's life: the buttons of a console.
    pub fn allowed(&self, ticket: &Ticket, actor: &Actor, now: Timestamp) -> Vec<ActionKind> {
        let at = now.max(ticket.changed_at);
        let open = |kind: &ActionKind| access::refusal(self.policy, ticket, actor, *kind, at).is_none();
        ActionKind::ALL.into_iter().filter(open).collect()
    }

    /// When a ticket closes by itself: some days after the customer confirmed, or knew the result and said nothing. None
    /// where it does not as it stands. The caller then closes it in the name of the system.
    pub fn auto_close_at(&self, ticket: &Ticket) -> Option<Timestamp> {
        if !legal::takes(ticket, ActionKind::Close) || ticket.held.is_some() {
            return None;
        }
        let confirmed = ticket.confirmed_at.map(|at| days_after(at, self.policy.close_after_confirmation_days));
        let silent = || Some(days_after(ticket.silent_since?, self.policy.close_without_reply_days?));
        confirmed.or_else(silent)
    }

    fn refused(&self, refusal: Refusal, ticket: &Ticket, actor: &Actor, kind: ActionKind, at: Timestamp) -> Error {
        let command = kind.id();
        let forbidden =
            |reason: &str| Error::TicketForbidden { command, role: actor.by.role.id(), reason: reason.into() };
        match refusal {
            Refusal::Role => forbidden("the role does not include it"),
            Refusal::Customer => forbidden("it is the ticket of another customer"),
            Refusal::Department => forbidden("the ticket belongs to a department outside the scope"),
            Refusal::FourEyes => forbidden("who asked for it may not decide on it"),
            Refusal::Held => forbidden("departments sent the ticket to and fro: a supervisor decides where it belongs"),
            Refusal::TooLate(until) => {
                Error::TicketCommand { command, reason: format!("the ticket could be reopened until {until}") }
            }
            Refusal::State => Error::TicketTransition {
                number: ticket.number.to_string(),
                state: ticket.stands(),
                command,
                allowed: self.allowed(ticket, actor, at).into_iter().map(ActionKind::id).collect(),
            },
        }
    }
}
