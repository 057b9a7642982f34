//! How well tickets are dispatched: what departments gave back, to whom it went then, and where it went to and fro.

use super::{Event, Number, Role, Status, Ticket, state::End};
use crate::Result;
use serde::Serialize;
use std::collections::BTreeMap;

/// How many first dispatches were right.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// The ticket was solved, and the first department never said that it was wrong there.
    pub right: u64,
    /// The first department bounced it, or sent it on as misrouted.
    pub wrong: u64,
    /// Neither yet, or never: it is being worked on, was withdrawn or merged.
    pub undecided: u64,
}

impl Tally {
    /// The share of right ones among the decided; none without any. Young tickets count as undecided, not as right.
    pub fn accuracy(&self) -> Option<f64> {
        let decided = self.right + self.wrong;
        (decided > 0).then(|| self.right as f64 / decided as f64)
    }

    fn add(&mut self, ticket: &Ticket) {
        let solved = match &ticket.end {
            Some((End::Closed(_), _)) => true,
            Some(_) => false,
            None => ticket.status() == Status::Resolved,
        };
        match (ticket.route.first_was_wrong, solved) {
            (true, _) => self.wrong += 1,
            (false, true) => self.right += 1,
            (false, false) => self.undecided += 1,
        }
    }
}

/// A ticket that two departments sent to and fro.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PingPong {
    /// Which.
    pub number: Number,
    /// The two, in the order of their ids.
    pub departments: (String, String),
    /// How often it went between them because it was wrong at one, or was about to when it was stopped.
    pub moves: u64,
    /// Whether it was stopped.
    pub stopped: bool,
}

/// What histories say about dispatching.
///
/// ```
/// # use fenzhen::desk::ticket::BounceStats;
/// let none = BounceStats::from_histories(std::iter::empty()).unwrap();
/// assert_eq!(none.dispatched_by_system.accuracy(), None);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct BounceStats {
    /// Tickets that were looked at, dispatched or not.
    pub tickets: u64,
    /// First dispatches without a person: what the classifier and the routes are measured by.
    pub dispatched_by_system: Tally,
    /// First dispatches by people.
    pub dispatched_by_people: Tally,
    /// From the department that did not want it to the one that got it then: how often.
    pub matrix: BTreeMap<String, BTreeMap<String, u64>>,
    /// How often a department gave tickets back, wherever they went then.
    pub bounces: BTreeMap<String, u64>,
    /// Tickets that went to and fro.
    pub ping_pong: Vec<PingPong>,
}

impl BounceStats {
    /// Of some histories, each of one ticket.
    ///
    /// # Errors
    /// [`crate::Error::TicketHistory`] where one does not fold.
    pub fn from_histories<'h>(histories: impl IntoIterator<Item = &'h [Event]>) -> Result<Self> {
        let mut stats = BounceStats::default();
        for history in histories {
            stats.add(&Ticket::replay(history)?);
        }
        Ok(stats)
    }

    /// Adds a ticket.
    pub fn add(&mut self, ticket: &Ticket) {
        self.tickets += 1;
        let route = &ticket.route;
        match route.first.as_ref().map(|dispatch| dispatch.by) {
            Some(Role::System) => self.dispatched_by_system.add(ticket),
            Some(_) => self.dispatched_by_people.add(ticket),
            None => {}
        }
        for (department, bounces) in &route.bounces {
            *self.bounces.entry(department.clone()).or_default() += bounces;
        }
        let mut pairs: BTreeMap<(&str, &str), (u64, bool)> = BTreeMap::new();
        for step in route.moves.iter().filter(|step| step.cause.is_misroute()) {
            *self.matrix.entry(step.from.clone()).or_default().entry(step.to.clone()).or_default() += 1;
            pairs.entry(pair(&step.from, &step.to)).or_default().0 += 1;
        }
        for held in &route.stopped {
            let (moves, stopped) = pairs.entry(pair(&held.from, &held.to)).or_default();
            (*moves, *stopped) = (*moves + 1, true);
        }
        let twice = pairs.into_iter().filter(|(_, (moves, _))| *moves > 1);
        self.ping_pong.extend(twice.map(|((one, other), (moves, stopped))| PingPong {
            number: ticket.number,
            departments: (one.to_owned(), other.to_owned()),
            moves,
            stopped,
        }));
    }
}

fn pair<'d>(one: &'d str, other: &'d str) -> (&'d str, &'d str) {
    if one <= other { (one, other) } else { (other, one) }
}
