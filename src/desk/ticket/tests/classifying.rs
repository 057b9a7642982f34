//! What the engine says about a ticket, and what people have said before.

use super::*;
use std::collections::{BTreeMap, BTreeSet};

fn says(category: &str, emotion: &str) -> BTreeMap<Head, BTreeSet<String>> {
    [(Head::Category, [category.to_owned()].into()), (Head::Emotion, [emotion.to_owned()].into())].into()
}

fn classify(desk: &mut Desk, priority: &str, labels: BTreeMap<Head, BTreeSet<String>>) {
    let event = desk.rules().classify(&desk.ticket, priority, labels, &Actor::system("engine"), desk.now).unwrap();
    desk.ticket.apply(&event).unwrap();
    desk.history.push(event);
}

#[test]
fn the_latest_word_of_the_engine_holds() {
    let mut desk = Desk::new("low");
    classify(&mut desk, "high", says("product.safety", "anger"));
    assert!(desk.ticket.classified);
    assert_eq!(desk.ticket.priority, "high");
    assert_eq!(desk.ticket.labels[&Head::Category], ["product.safety".to_owned()].into());
    classify(&mut desk, "low", says("delivery.late", "neutral"));
    assert_eq!((desk.ticket.priority.as_str(), desk.ticket.version), ("low", 3));
    assert_eq!(Ticket::replay(&desk.history).unwrap(), desk.ticket);
}

#[test]
fn what_people_said_stays() {
    let mut desk = Desk::new("low");
    let label = Action::CorrectLabel {
        head: Head::Category,
        from: Some("delivery.late".into()),
        to: Some("delivery.lost".into()),
    };
    desk.act(&supervisor(), label);
    desk.act(&supervisor(), Action::ChangePriority { to: "medium".into(), reason: "老客户".into() });
    classify(&mut desk, "high", says("product.safety", "anger"));
    assert_eq!(desk.ticket.labels[&Head::Category], ["delivery.lost".to_owned()].into());
    assert_eq!(desk.ticket.labels[&Head::Emotion], ["anger".to_owned()].into());
    assert_eq!(desk.ticket.priority, "medium");
}

#[test]
fn an_incident_is_not_lowered() {
    let mut desk = Desk::new("low");
    desk.act(&system(), Action::JoinIncident { incident: "i1".into(), priority: "high".into() });
    classify(&mut desk, "low", says("delivery.late", "anger"));
    assert_eq!(desk.ticket.priority, "high");
}

#[test]
fn unknown_labels_are_refused_and_customers_hear_nothing() {
    let mut desk = Desk::new("low");
    let engine = Actor::system("engine");
    let unknown = desk.rules().classify(&desk.ticket, "low", says("no.such", "anger"), &engine, desk.now);
    assert_eq!(unknown.unwrap_err().code(), "invalid_command");
    let before = desk.rules().customer_timeline(&desk.history).unwrap();
    classify(&mut desk, "high", says("delivery.late", "anger"));
    assert_eq!(desk.rules().customer_timeline(&desk.history).unwrap(), before);
    let staff = desk.rules().staff_timeline(&desk.history).unwrap();
    assert_eq!(staff.last().unwrap().kind, "classified");
}
