use super::*;
use crate::{
    Error,
    desk::ticket::{
        ActionKind::*,
        Event, Fact,
        tests::{Desk, system},
    },
};

fn fault(history: &[Event]) -> String {
    match Ticket::replay(history) {
        Err(error @ Error::TicketHistory { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn histories_that_cannot_be_are_refused() {
    let desk = Desk::new("medium").after(&[Accept, Assign, Start]);
    let whole = desk.history;
    assert!(fault(&[]).ends_with("there is no event"));
    assert!(fault(&whole[1..]).ends_with("a history begins with `opened`, not with `accepted`"));
    let mut gap = whole.clone();
    gap.remove(2);
    assert!(fault(&gap).ends_with("after event 2 comes not event 4"));
    let twice = [&whole[..], &whole[whole.len() - 1..]].concat();
    assert!(fault(&twice).ends_with("after event 5 comes not event 5"));
    let again = Event { sequence: 6, ..whole[0].clone() };
    assert!(fault(&[&whole[..], &[again]].concat()).ends_with("a ticket is opened once"));
    let late = Event { sequence: 2, ..whole[0].clone() };
    assert!(fault(&[late]).ends_with("after event 0 comes not event 2"));
}

#[test]
fn an_event_that_does_not_follow_changes_nothing() {
    let Desk { mut ticket, history, .. } = Desk::new("medium").after(&[Accept]);
    let before = ticket.clone();
    assert!(ticket.apply(&history[1]).is_err());
    assert_eq!(ticket, before);
}

#[test]
fn histories_fold_although_policies_changed() {
    // Nobody could decide that today: closing a ticket that nobody accepted, without a word.
    let desk = Desk::new("medium");
    let by = system().by;
    let closed = Fact::Closed { how: Ending::Confirmed, reason: None };
    let event = Event { sequence: 2, at: desk.now, by, fact: closed, note: None };
    let ticket = Ticket::replay(&[desk.history[0].clone(), event]).unwrap();
    assert_eq!((ticket.node, ticket.status()), (Node::Archive, Status::Closed));
}
