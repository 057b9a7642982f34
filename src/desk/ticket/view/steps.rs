//! The seven nodes of a ticket: where it is, where it was, who took it from one to the next, when, with which note.

use super::walk;
use crate::{
    Result,
    desk::ticket::{By, Event, Node, Ticket},
};
use jiff::Timestamp;
use serde::Serialize;

/// How far a ticket is, seen from a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// It has passed it.
    Done,
    /// It is there.
    Current,
    /// It passed by: it was not needed.
    Skipped,
    /// It is still to come, or to come again.
    Ahead,
}

/// Who took a ticket somewhere, when, and what was noted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// When.
    pub at: Timestamp,
    /// Who.
    #[serde(rename = "actor")]
    pub by: By,
    /// What was noted beside it, masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// One stay at a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Visit {
    /// By whom and when it came here.
    pub entered: Mark,
    /// By whom its work was done; none while the ticket is there.
    pub left: Option<Mark>,
}

/// A node of a ticket's process, for staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Which.
    pub node: Node,
    /// How far the ticket is, seen from it.
    pub reach: Reach,
    /// The stays, in order: a reopened ticket comes by again.
    pub visits: Vec<Visit>,
}

/// A node of a ticket's process, for the customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Stop {
    /// Which.
    pub node: Node,
    /// How far the ticket is, seen from it.
    pub reach: Reach,
    /// When the complaint came there last; none where it has not been.
    pub at: Option<Timestamp>,
}

/// The nodes of a ticket with everything that was recorded at them.
///
/// # Errors
/// [`crate::Error::TicketHistory`] where the history does not fold.
pub fn steps(history: &[Event]) -> Result<Vec<Step>> {
    let mut visits: [Vec<Visit>; 7] = Default::default();
    let ticket = walk(history, |before, event, after| {
        let from = before.map(|before| before.node);
        if from == Some(after.node) {
            return;
        }
        let mark = || Mark { at: event.at, by: event.by.clone(), note: event.note.clone() };
        if let Some(visit) = from.and_then(|from| visits[from as usize].last_mut()) {
            visit.left = Some(mark());
        }
        visits[after.node as usize].push(Visit { entered: mark(), left: None });
    })?;
    let step = |(node, visits): (Node, Vec<Visit>)| {
        let reach = match node == ticket.node && ticket.end.is_none() {
            true => Reach::Current,
            false => reach(node, ticket.public_node(), !visits.is_empty()),
        };
        Step { node, reach, visits }
    };
    Ok(Node::ALL.into_iter().zip(visits).map(step).collect())
}

impl Stop {
    /// The nodes as the customer sees them.
    ///
    /// # Errors
    /// [`crate::Error::TicketHistory`] where the history does not fold.
    pub fn all(history: &[Event]) -> Result<Vec<Stop>> {
        let mut times: [Option<Timestamp>; 7] = Default::default();
        let mut last = None;
        let ticket: Ticket = walk(history, |_, event, after| {
            let node = after.public_node();
            if last.replace(node) != Some(node) {
                times[node as usize] = Some(event.at);
            }
        })?;
        let here = ticket.public_node();
        let stop = |(node, at): (Node, Option<Timestamp>)| match node == here && ticket.end.is_none() {
            true => Stop { node, reach: Reach::Current, at },
            false => Stop { node, reach: reach(node, here, at.is_some()), at },
        };
        Ok(Node::ALL.into_iter().zip(times).map(stop).collect())
    }
}

/// How far a ticket at `here` is, seen from a node where it is not at work.
fn reach(node: Node, here: Node, visited: bool) -> Reach {
    match (node > here, visited) {
        (true, _) => Reach::Ahead,
        (false, true) => Reach::Done,
        (false, false) => Reach::Skipped,
    }
}
