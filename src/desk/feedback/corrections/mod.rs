//! What people said about the labels of a complaint, by the history of its ticket.
//!
//! Most of it is said by doing: a department that gives a ticket back, or sends it on as misrouted, says that it was wrong
//! there, and whoever sends it elsewhere says where it belongs. What a department hands on after its own part is done says
//! nothing about where the ticket should have gone first.

#[cfg(test)]
mod tests;

use crate::{
    Result,
    desk::ticket::{By, Cause, Event, Fact, Head, PriorityCause, Role, Ticket},
};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// The labels of a complaint after all that people said.
#[derive(Debug)]
pub(super) struct Corrections {
    /// The ticket at the end of the history.
    pub ticket: Ticket,
    /// The labels that hold. There is none for a department as long as it is only known where it was wrong.
    pub labels: BTreeMap<Head, BTreeSet<String>>,
    /// About which heads people said something else than the engine, or than other people; and when they last did.
    pub corrected: BTreeMap<Head, Timestamp>,
    /// Of which heads people said what is right, that it was so already included.
    pub confirmed: BTreeSet<Head>,
}

impl Corrections {
    /// Reads a history.
    ///
    /// # Errors
    /// [`crate::Error::TicketHistory`] where it does not fold.
    pub fn of(history: &[Event]) -> Result<Self> {
        let ticket = Ticket::replay(history)?;
        let mut labels = ticket.labels.clone();
        let mut corrected = BTreeMap::new();
        let mut priority = None;
        let mut department = Department::default();
        for event in history {
            let person = is_person(&event.by);
            match &event.fact {
                Fact::LabelCorrected { head, .. } if person => {
                    corrected.insert(*head, event.at);
                    if *head == Head::Priority {
                        // The ticket's labels have it already.
                        priority = None;
                    }
                }
                Fact::PriorityChanged { to, cause: PriorityCause::Judgement { .. }, .. } if person => {
                    corrected.insert(Head::Priority, event.at);
                    priority = Some(to.clone());
                }
                _ => {}
            }
            if department.learn(event, person) {
                corrected.insert(Head::Department, event.at);
            }
        }
        if let Some(priority) = priority {
            labels.insert(Head::Priority, [priority].into());
        }
        let mut confirmed: BTreeSet<Head> = corrected.keys().copied().collect();
        match department.place {
            Place::Unsaid => {}
            Place::Wrong => {
                labels.remove(&Head::Department);
                confirmed.remove(&Head::Department);
            }
            Place::Right(right) => {
                confirmed.insert(Head::Department);
                let said = labels.insert(Head::Department, [right.clone()].into());
                // Whoever dispatches by hand corrects the engine where that had said something else.
                if let (Some(at), false) = (department.dispatched, said.is_none_or(|said| said.contains(&right))) {
                    corrected.entry(Head::Department).or_insert(at);
                }
            }
        }
        Ok(Corrections { ticket, labels, corrected, confirmed })
    }
}

/// Whether somebody of the desk did it, and not the software or the customer.
fn is_person(by: &By) -> bool {
    matches!(by.role, Role::Agent | Role::Supervisor | Role::Admin)
}

/// Where a ticket belongs, as far as people said so.
#[derive(Debug, Default, PartialEq)]
enum Place {
    /// Nobody said.
    #[default]
    Unsaid,
    /// Not where it was.
    Wrong,
    /// There.
    Right(String),
}

/// What is known about the department while a history goes on.
#[derive(Default)]
struct Department {
    place: Place,
    /// Whether somebody named the right one, which counts for more than where the ticket went.
    named: bool,
    /// Whether any department had the ticket.
    sent: bool,
    /// When a person sent it to its first.
    dispatched: Option<Timestamp>,
    /// Whether a part of the work was done where it was: what comes then is about the next part.
    done: bool,
}

impl Department {
    /// Goes on by an event; whether somebody said something new.
    fn learn(&mut self, event: &Event, person: bool) -> bool {
        match &event.fact {
            Fact::LabelCorrected { head: Head::Department, to: Some(to), .. } if person => {
                (self.place, self.named) = (Place::Right(to.clone()), true);
                true
            }
            Fact::Assigned { department, .. } => {
                let first = !std::mem::replace(&mut self.sent, true);
                let wrong = self.place == Place::Wrong;
                if !person || self.named || self.done || !(first || wrong) {
                    return false;
                }
                self.place = Place::Right(department.clone());
                self.dispatched = self.dispatched.or(first.then_some(event.at));
                wrong
            }
            Fact::Bounced { from, .. } | Fact::PingPongStopped { from, .. } => self.leave(from, Place::Wrong),
            Fact::Transferred { from, to, cause: Cause::Misrouted, .. } => self.leave(from, Place::Right(to.clone())),
            Fact::Transferred { .. } => {
                self.done = true;
                false
            }
            _ => false,
        }
    }

    /// It was wrong at one.
    fn leave(&mut self, from: &str, place: Place) -> bool {
        let elsewhere = self.named && self.place != Place::Right(from.to_owned());
        if self.done || elsewhere {
            return false;
        }
        (self.place, self.named) = (place, false);
        true
    }
}
