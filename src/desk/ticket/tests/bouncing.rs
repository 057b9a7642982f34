//! Tickets that departments do not want.

use super::*;
use ActionKind::*;

fn assign(department: &str) -> Action {
    Action::Assign { department: department.into(), group: None, agent: None }
}

fn bounce(suggested: Option<&str>) -> Action {
    Action::Bounce { suggested: suggested.map(str::to_owned), reason: "不归我们".into() }
}

fn transfer(department: &str, cause: Cause) -> Action {
    Action::Transfer { department: department.into(), cause, reason: "不归我们".into() }
}

fn anyone() -> Actor {
    Actor::everywhere(Role::Agent, "a1")
}

/// A ticket that routing sent to logistics.
fn dispatched() -> Desk {
    let mut desk = Desk::new("medium");
    desk.act(&system(), Action::Accept {});
    desk.act(&system(), assign("logistics"));
    desk
}

#[test]
fn a_ticket_that_goes_to_and_fro_stops_at_the_supervisor() {
    // Whether by giving it back or by sending it on.
    let ways: [&[(Actor, Action)]; 4] = [
        &[
            (anyone(), bounce(None)),
            (system(), assign("service")),
            (anyone(), bounce(None)),
            (system(), assign("logistics")),
        ],
        &[(anyone(), bounce(None)), (system(), assign("service")), (anyone(), bounce(Some("logistics")))],
        &[(anyone(), transfer("service", Cause::Misrouted)), (anyone(), transfer("logistics", Cause::Misrouted))],
        &[
            (anyone(), bounce(None)),
            (system(), assign("logistics")),
            (anyone(), bounce(None)),
            (system(), assign("logistics")),
        ],
    ];
    for way in ways {
        let mut desk = dispatched();
        let (last, before) = way.split_last().unwrap();
        for (actor, action) in before {
            let events = desk.act(actor, action.clone());
            assert!(!events.contains(&"ping_pong_stopped"), "{action:?}");
        }
        let events = desk.act(&last.0, last.1.clone());
        assert_eq!(events.last(), Some(&"ping_pong_stopped"));
        assert!(desk.ticket.held.is_some() && desk.ticket.agent.is_none());
        let told = desk.refused(&anyone(), assign(desk.ticket.department.clone().as_deref().unwrap_or("service")));
        assert!(told.contains("a supervisor decides where it belongs"), "{told}");
        let held = desk.ticket.clone();
        assert!(!desk.rules().allowed(&held, &anyone(), desk.now).iter().any(|kind| [Start, Assign].contains(kind)));
        // The supervisor settles it, and work begins.
        match held.department.as_deref() {
            None => desk.act(&supervisor(), assign("logistics")),
            Some("logistics") => desk.act(&supervisor(), assign("logistics")),
            Some(_) => desk.act(&supervisor(), transfer("logistics", Cause::Misrouted)),
        };
        assert_eq!((&desk.ticket.held, desk.ticket.department.as_deref()), (&None, Some("logistics")));
        desk.act(&anyone(), Action::Start {});
    }
}

#[test]
fn handing_on_what_is_done_is_no_ping_pong() {
    let mut desk = dispatched();
    for to in ["quality", "logistics", "quality", "logistics"] {
        let cause = if to == "quality" { Cause::Expertise } else { Cause::NextStep };
        assert_eq!(desk.act(&anyone(), transfer(to, cause)), ["transferred"]);
    }
    assert!(!desk.ticket.route.first_was_wrong);
}

#[test]
fn a_house_may_wait_longer() {
    let mut desk = dispatched();
    desk.policy.ping_pong_moves = 3;
    for to in ["service", "logistics"] {
        assert_eq!(desk.act(&anyone(), transfer(to, Cause::Misrouted)), ["transferred"]);
    }
    assert_eq!(desk.act(&anyone(), transfer("service", Cause::Misrouted)), ["ping_pong_stopped"]);
}

#[test]
fn histories_tell_how_well_tickets_are_dispatched() {
    let solved = |mut desk: Desk| {
        for kind in [Start, Propose, Resolve] {
            desk.act(&anyone(), sample(kind, &desk.ticket));
        }
        desk.history
    };
    let right = solved(dispatched());
    let young = dispatched().history;
    let mut bounced = dispatched();
    bounced.act(&anyone(), bounce(None));
    let waiting = bounced.history.clone();
    bounced.act(&system(), assign("service"));
    let wrong = solved(bounced.clone());
    bounced.act(&anyone(), bounce(Some("logistics")));
    let stopped = bounced.history;
    let mut misrouted = dispatched();
    misrouted.act(&anyone(), transfer("finance", Cause::Misrouted));
    let misrouted = misrouted.history;
    let mut handed_on = dispatched();
    handed_on.act(&anyone(), transfer("quality", Cause::NextStep));
    // The second department was wrong, the first was not.
    handed_on.act(&anyone(), bounce(None));
    handed_on.act(&system(), assign("aftersales"));
    let handed_on = solved(handed_on);
    let mut withdrawn = dispatched();
    withdrawn.act(&customer(), Action::Withdraw { reason: "算了".into() });
    let withdrawn = withdrawn.history;
    let by_hand = solved(Desk::new("medium").after(&[Accept, Assign]));
    let undispatched = Desk::new("medium").history;

    let all = [&right, &young, &waiting, &wrong, &stopped, &misrouted, &handed_on, &withdrawn, &by_hand, &undispatched];
    let stats = BounceStats::from_histories(all.map(Vec::as_slice)).unwrap();
    assert_eq!(stats.tickets, 10);
    assert_eq!(stats.dispatched_by_system, Tally { right: 2, wrong: 4, undecided: 2 });
    assert_eq!(stats.dispatched_by_people, Tally { right: 1, wrong: 0, undecided: 0 });
    assert_eq!(stats.dispatched_by_system.accuracy(), Some(2.0 / 6.0));
    let cells: Vec<_> = stats
        .matrix
        .iter()
        .flat_map(|(from, row)| row.iter().map(move |(to, count)| (from.as_str(), to.as_str(), *count)))
        .collect();
    assert_eq!(cells, [("logistics", "finance", 1), ("logistics", "service", 2), ("quality", "aftersales", 1)]);
    let bounces: Vec<_> = stats.bounces.iter().map(|(id, count)| (id.as_str(), *count)).collect();
    assert_eq!(bounces, [("logistics", 3), ("quality", 1), ("service", 1)]);
    let [ping_pong] = &stats.ping_pong[..] else { panic!("{:?}", stats.ping_pong) };
    assert_eq!((ping_pong.moves, ping_pong.stopped), (2, true));
    assert_eq!(ping_pong.departments, ("logistics".into(), "service".into()));
    // As JSON it is a table that spreadsheets read.
    let json = serde_json::to_value(&stats).unwrap();
    assert_eq!(json["matrix"]["logistics"]["service"], 2);
}
