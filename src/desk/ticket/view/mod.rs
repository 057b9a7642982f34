//! A history as people read it: a timeline for the customer, one for staff, and the nodes with who left them when.

mod customer;
mod staff;
mod steps;

pub use customer::CustomerLine;
pub use staff::StaffLine;
pub use steps::{Mark, Reach, Step, Stop, Visit, steps};

use super::{Event, Ticket};
use crate::{Error, Result};

/// Walks through a history: for every event the ticket before it (none before the first) and after it.
fn walk(history: &[Event], mut visit: impl FnMut(Option<&Ticket>, &Event, &Ticket)) -> Result<Ticket> {
    let Some((first, rest)) = history.split_first() else {
        return Err(Error::TicketHistory { sequence: 1, reason: "there is no event".into() });
    };
    let mut ticket = Ticket::begin(first)?;
    visit(None, first, &ticket);
    for event in rest {
        let before = ticket.clone();
        ticket.apply(event)?;
        visit(Some(&before), event, &ticket);
    }
    Ok(ticket)
}
