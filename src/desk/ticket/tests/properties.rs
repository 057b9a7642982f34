//! What holds for every history that commands can make.

use super::{desk::number, *};
use proptest::{prelude::*, sample::select};
use std::{collections::BTreeSet, result::Result};

/// Departments of the tickets here.
const DEPARTMENTS: [&str; 3] = ["logistics", "service", "quality"];

/// Marks a text that only staff may see.
const INTERNAL: &str = "内部■";

fn actors() -> impl Strategy<Value = Actor> {
    select(vec![
        customer(),
        Actor::customer("c8"),
        agent(),
        Actor::everywhere(Role::Agent, "STAFF-a1"),
        supervisor(),
        Actor::everywhere(Role::Supervisor, "STAFF-s2"),
        Actor::staff(Role::Supervisor, "STAFF-s3", ["quality"]),
        Actor::everywhere(Role::Admin, "STAFF-r1"),
        Actor::everywhere(Role::Auditor, "STAFF-x1"),
        system(),
    ])
}

fn department() -> impl Strategy<Value = String> {
    select(DEPARTMENTS.to_vec()).prop_map(str::to_owned)
}

/// Any action, sound or not; what only staff may see is marked.
fn actions() -> impl Strategy<Value = Action> {
    let marked = || format!("{INTERNAL}缘由");
    let fresh = Desk::new("medium").ticket;
    prop_oneof![
        6 => select(ActionKind::ALL.to_vec()).prop_map(move |kind| sample(kind, &fresh)),
        2 => department().prop_map(|department| Action::Assign { department, group: None, agent: Some("STAFF-a7".into()) }),
        1 => (department(), select(vec![Cause::Misrouted, Cause::NextStep])).prop_map(move |(department, cause)| {
            Action::Transfer { department, cause, reason: marked() }
        }),
        1 => prop::option::of(department())
            .prop_map(move |suggested| Action::Bounce { suggested, reason: marked() }),
        2 => (0u64..60_000).prop_map(move |compensation_fen| Action::Propose { plan: marked(), compensation_fen }),
        1 => any::<bool>().prop_map(move |customer| match customer {
            true => Action::Wait { on: Party::Customer, reason: "请补充".into(), until: None },
            false => Action::Wait { on: Party::ThirdParty, reason: marked(), until: None },
        }),
        1 => Just(Action::Investigate { findings: marked() }),
        1 => Just(Action::Comment { text: marked(), visibility: Visibility::Internal }),
        1 => Just(Action::Close { reason: Some(marked()) }),
        1 => Just(Action::Reject { reason: marked() }),
        1 => Just(Action::Suspend { reason: marked(), until: None }),
        1 => (2u32..6).prop_map(|count| Action::Link { other: number(count), relation: Relation::FollowUp }),
    ]
}

/// Somebody tries something after some hours: one of the things that are shown as possible, by its place, or anything.
type Attempt = (Actor, Result<usize, Action>, i64);

fn tries() -> impl Strategy<Value = Result<usize, Action>> {
    prop_oneof![(0usize..31).prop_map(Ok), actions().prop_map(Err)]
}

/// Attempts, the first few of which usually get a ticket going.
fn attempts() -> impl Strategy<Value = (usize, Vec<Attempt>)> {
    (0usize..=8, prop::collection::vec((actors(), tries(), -2i64..100), 0..60))
}

/// What commands made of a ticket, with a look at it after each; all of them are tried.
fn played((steps, attempts): &(usize, Vec<Attempt>), mut look: impl FnMut(&Desk)) -> Desk {
    use ActionKind::*;
    let way = [Accept, Assign, Start, Investigate, Propose, Resolve, GiveFeedback, Confirm];
    let mut desk = Desk::new("medium").after(&way[..*steps]);
    look(&desk);
    for (actor, tried, hours) in attempts {
        desk.hours(*hours);
        let shown = desk.rules().allowed(&desk.ticket, actor, desk.now);
        let action = match tried {
            Err(action) => action.clone(),
            Ok(place) if shown.is_empty() => sample(ActionKind::ALL[*place], &desk.ticket),
            Ok(place) => sample(shown[place % shown.len()], &desk.ticket),
        };
        let noted = Command::new(action.clone()).noted(format!("{INTERNAL}备注"));
        let allowed = shown.contains(&action.kind());
        let before = desk.ticket.clone();
        match desk.take(actor, noted) {
            Ok(_) => assert!(allowed, "{action:?} was taken although nothing showed it"),
            Err(Error::TicketForbidden { .. } | Error::TicketTransition { .. }) => {
                assert!(!allowed, "{action:?} was shown and refused");
                assert_eq!(before, desk.ticket);
            }
            Err(Error::TicketCommand { .. }) => assert_eq!(before, desk.ticket),
            Err(other) => panic!("{other}"),
        }
        look(&desk);
    }
    desk
}

/// What makes no sense together.
fn sound(ticket: &Ticket) {
    let Ticket { node, pause, approval, end, held, department, agent, proposal, .. } = ticket;
    assert_eq!(approval.is_some(), *node == Node::Review);
    assert_eq!(end.is_some(), *node == Node::Archive);
    assert_eq!(node.status() == Status::Closed, end.is_some());
    assert!(pause.as_ref().is_none_or(|pause| pause.from == *node && end.is_none() && approval.is_none()));
    assert!(held.is_none() || (end.is_none() && agent.is_none()));
    assert!(agent.is_none() || department.is_some());
    let at = approval.as_ref().map_or(*node, |approval| approval.from);
    let at_work = [Node::Investigate, Node::Handle, Node::Respond, Node::FollowUp].contains(&at);
    assert!(!at_work || (ticket.accepted && ticket.started && department.is_some()), "{ticket:?}");
    assert!(![Node::Respond, Node::FollowUp].contains(&at) || proposal.is_some(), "{ticket:?}");
    assert!(ticket.silent_since.is_none() || at == Node::FollowUp);
    assert!(approval.as_ref().is_none_or(|approval| approval.from != Node::Review));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_commands_lead_to_a_state_that_makes_no_sense(attempts in attempts()) {
        played(&attempts, |desk| sound(&desk.ticket));
    }

    #[test]
    fn a_history_always_folds_to_the_same_ticket(attempts in attempts()) {
        let desk = played(&attempts, |_| {});
        prop_assert_eq!(&Ticket::replay(&desk.history).unwrap(), &desk.ticket);
        prop_assert_eq!(Ticket::replay(&desk.history).unwrap(), Ticket::replay(&desk.history).unwrap());
        let stored: Vec<String> = desk.history.iter().map(|event| serde_json::to_string(event).unwrap()).collect();
        let read: Vec<Event> = stored.iter().map(|json| Event::from_json(json).unwrap()).collect();
        prop_assert_eq!(&read, &desk.history);
    }

    #[test]
    fn the_version_grows_by_one_an_event_and_time_never_runs_back(attempts in attempts()) {
        let desk = played(&attempts, |desk| assert_eq!(desk.ticket.version, desk.history.len() as u64));
        for (place, event) in desk.history.iter().enumerate() {
            prop_assert_eq!(event.sequence, place as u64 + 1);
            prop_assert!(place == 0 || desk.history[place - 1].at <= event.at);
        }
    }

    #[test]
    fn the_customer_never_sees_a_note_or_a_person(attempts in attempts()) {
        let desk = played(&attempts, |_| {});
        let lines = serde_json::to_string(&desk.rules().customer_timeline(&desk.history).unwrap()).unwrap();
        let stops = serde_json::to_string(&Stop::all(&desk.history).unwrap()).unwrap();
        for view in [lines, stops] {
            prop_assert!(!view.contains(INTERNAL) && !view.contains("STAFF") && !view.contains("c9"), "{}", view);
        }
        prop_assert_eq!(desk.rules().staff_timeline(&desk.history).unwrap().len(), desk.history.len());
        prop_assert_eq!(steps(&desk.history).unwrap().len(), 7);
    }

    #[test]
    fn what_is_over_takes_only_what_is_allowed(attempts in attempts()) {
        let desk = played(&attempts, |_| {});
        let mut ended = None;
        let mut ticket = Ticket::replay(&desk.history[..1]).unwrap();
        for event in &desk.history[1..] {
            let kind = event.fact.kind();
            match ended {
                Some(true) => prop_assert_eq!(kind, "commented"),
                Some(false) => {
                    let after = ["commented", "evidence_attached", "linked", "label_corrected", "incident_joined", "followed_up", "reopened"];
                    prop_assert!(after.contains(&kind), "{}", kind);
                }
                None => {}
            }
            ticket.apply(event).unwrap();
            ended = ticket.end.as_ref().map(|_| ticket.merged_into().is_some());
        }
    }

    #[test]
    fn nobody_approves_their_own(attempts in attempts()) {
        let desk = played(&attempts, |_| {});
        let mut ticket = Ticket::replay(&desk.history[..1]).unwrap();
        for event in &desk.history[1..] {
            if let Fact::Approved { .. } = event.fact {
                prop_assert!(event.by.role.supervises());
                prop_assert_ne!(&ticket.approval.as_ref().unwrap().by, &event.by);
            }
            ticket.apply(event).unwrap();
        }
    }

    #[test]
    fn statistics_add_up(attempts in attempts()) {
        let desk = played(&attempts, |_| {});
        let stats = BounceStats::from_histories([desk.history.as_slice(), &desk.history]).unwrap();
        let tally = |tally: Tally| tally.right + tally.wrong + tally.undecided;
        let dispatched = tally(stats.dispatched_by_system) + tally(stats.dispatched_by_people);
        prop_assert_eq!(dispatched, 2 * u64::from(desk.ticket.route.first.is_some()));
        let moves = desk.ticket.route.moves.iter().filter(|step| step.cause.is_misroute()).count() as u64;
        prop_assert_eq!(stats.matrix.values().flat_map(|row| row.values()).sum::<u64>(), 2 * moves);
    }
}

#[test]
fn the_histories_here_have_events_of_every_kind() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let mut seen = BTreeSet::new();
    for _ in 0..512 {
        let tree = attempts().new_tree(&mut runner).unwrap();
        let desk = played(&tree.current(), |_| {});
        seen.extend(desk.history.iter().map(|event| event.fact.kind()));
    }
    // No command makes it: the engine says it (`classifying`).
    seen.insert("classified");
    assert_eq!(seen, Fact::KINDS.into());
}
