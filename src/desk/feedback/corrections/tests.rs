use super::*;
use crate::{
    desk::ticket::{Action, Actor, Opening, Rules, TicketPolicy},
    taxonomy::Taxonomy,
};

/// Does some things to a ticket that the engine sees at logistics; of each role there is one who may do anything.
fn after(steps: &[(Role, Action)]) -> Corrections {
    let taxonomy = Taxonomy::retail();
    let policy = TicketPolicy::default_for(&taxonomy);
    let rules = Rules { policy: &policy, taxonomy: &taxonomy };
    let now: Timestamp = "2026-11-26T09:00+08:00".parse().unwrap();
    let one = |id: &str| BTreeSet::from([id.to_owned()]);
    let opening = Opening {
        number: "C20261126-000123-6".parse().unwrap(),
        channel: None,
        customer: None,
        priority: "medium".into(),
        labels: [(Head::Department, one("logistics")), (Head::Priority, one("medium"))].into(),
    };
    let mut history = vec![rules.open(opening, &Actor::system("intake"), now).unwrap()];
    let mut ticket = Ticket::replay(&history).unwrap();
    for (hour, (role, action)) in (1..).zip(steps) {
        let now = now + jiff::SignedDuration::from_hours(hour);
        for event in rules.decide(&ticket, &action.clone().into(), &Actor::everywhere(*role, "x"), now).unwrap() {
            ticket.apply(&event).unwrap();
            history.push(event);
        }
    }
    Corrections::of(&history).unwrap()
}

fn assign(department: &str) -> Action {
    Action::Assign { department: department.into(), group: None, agent: None }
}

fn transfer(department: &str, cause: Cause) -> Action {
    Action::Transfer { department: department.into(), cause, reason: "不归我们".into() }
}

fn bounce() -> Action {
    Action::Bounce { suggested: None, reason: "不归我们".into() }
}

fn name(from: &str, to: &str) -> Action {
    Action::CorrectLabel { head: Head::Department, from: Some(from.into()), to: Some(to.into()) }
}

#[test]
fn where_a_ticket_belongs_is_told_by_where_it_went() {
    use Role::{Agent, Supervisor, System};
    let accept = (System, Action::Accept {});
    let dispatched = (System, assign("logistics"));
    type Case<'c> = (&'c str, &'c [(Role, Action)], Option<&'c str>, bool, bool);
    let cases: [Case; 15] = [
        ("nobody said", &[], Some("logistics"), false, false),
        ("the engine was right", &[(Agent, Action::Start {})], Some("logistics"), false, false),
        ("given back", &[(Agent, bounce())], None, true, false),
        (
            "given back and sent elsewhere",
            &[(Agent, bounce()), (Supervisor, assign("service"))],
            Some("service"),
            true,
            true,
        ),
        ("sent elsewhere by software", &[(Agent, bounce()), (System, assign("service"))], None, true, false),
        (
            "which began there",
            &[(Agent, bounce()), (System, assign("service")), (Agent, Action::Start {})],
            Some("service"),
            true,
            true,
        ),
        ("sent on", &[(Agent, transfer("quality", Cause::Misrouted))], Some("quality"), true, true),
        (
            "sent on twice",
            &[(Agent, transfer("quality", Cause::Misrouted)), (Agent, transfer("finance", Cause::Misrouted))],
            Some("finance"),
            true,
            true,
        ),
        (
            "sent back at last",
            &[(Agent, transfer("quality", Cause::Misrouted)), (Supervisor, transfer("logistics", Cause::Misrouted))],
            Some("logistics"),
            true,
            true,
        ),
        (
            "to and fro",
            &[(Agent, transfer("quality", Cause::Misrouted)), (Agent, transfer("logistics", Cause::Misrouted))],
            None,
            true,
            false,
        ),
        ("the next step", &[(Agent, transfer("finance", Cause::NextStep))], Some("logistics"), false, false),
        (
            "the next step was wrong",
            &[(Agent, transfer("finance", Cause::NextStep)), (Agent, bounce())],
            Some("logistics"),
            false,
            false,
        ),
        ("named", &[(Agent, name("logistics", "quality"))], Some("quality"), true, true),
        (
            "named, then given back and sent elsewhere",
            &[(Agent, name("logistics", "quality")), (Agent, bounce()), (Supervisor, assign("service"))],
            Some("quality"),
            true,
            true,
        ),
        (
            "named, and wrong there too",
            &[
                (Agent, name("logistics", "quality")),
                (Agent, transfer("quality", Cause::NextStep)),
                (Agent, name("quality", "service")),
            ],
            Some("service"),
            true,
            true,
        ),
    ];
    for (told, steps, department, corrected, confirmed) in cases {
        let found = after(&[&[accept.clone(), dispatched.clone()], steps].concat());
        let held = found.labels.get(&Head::Department).and_then(|labels| labels.first());
        assert_eq!(held.map(String::as_str), department, "{told}");
        assert_eq!(found.corrected.contains_key(&Head::Department), corrected, "{told}");
        assert_eq!(found.confirmed.contains(&Head::Department), confirmed, "{told}");
    }
}

#[test]
fn whoever_dispatches_by_hand_confirms_or_corrects() {
    let accept = (Role::Supervisor, Action::Accept {});
    for (department, corrected) in [("logistics", false), ("quality", true)] {
        let found = after(&[accept.clone(), (Role::Supervisor, assign(department))]);
        assert_eq!(found.labels[&Head::Department], [department.to_owned()].into());
        assert_eq!(found.corrected.contains_key(&Head::Department), corrected);
        assert!(found.confirmed.contains(&Head::Department));
    }
}

#[test]
fn a_priority_is_corrected_by_judgement_and_not_by_incidents() {
    let change = |to: &str| Action::ChangePriority { to: to.into(), reason: "客户情绪激动".into() };
    let correct = |from: &str, to: &str| Action::CorrectLabel {
        head: Head::Priority,
        from: Some(from.into()),
        to: Some(to.into()),
    };
    let incident = Action::JoinIncident { incident: "i1".into(), priority: "high".into() };
    let label = |steps: &[(Role, Action)]| {
        let found = after(steps);
        let label = found.labels[&Head::Priority].first().unwrap().clone();
        (label, found.corrected.contains_key(&Head::Priority))
    };
    use Role::{Agent, System};
    assert_eq!(label(&[(Agent, change("high"))]), ("high".into(), true));
    assert_eq!(label(&[(System, incident.clone())]), ("medium".into(), false));
    assert_eq!(label(&[(System, change("high"))]), ("medium".into(), false));
    assert_eq!(label(&[(Agent, change("high")), (Agent, correct("medium", "low"))]), ("low".into(), true));
    assert_eq!(label(&[(Agent, correct("medium", "low")), (Agent, change("high"))]), ("high".into(), true));
}
