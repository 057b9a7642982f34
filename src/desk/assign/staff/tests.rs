use super::{Strategy, *};
use proptest::{prelude::*, strategy::Strategy as _};
use std::collections::BTreeSet;

fn rule() -> StaffRule {
    let level = |id: &str, weight| Level { id: id.into(), weight };
    StaffRule { levels: vec![level("high", 3), level("medium", 2), level("low", 1)], ..StaffRule::default() }
}

fn time(minute: i64) -> Timestamp {
    Timestamp::from_second(1_772_500_000 + minute * 60).unwrap()
}

fn agent(id: &str, capacity: u32, low_tickets: u32) -> Agent {
    Agent {
        id: id.into(),
        name: id.to_uppercase(),
        departments: vec!["logistics".into()],
        groups: vec!["east".into()],
        skills: BTreeMap::new(),
        capacity,
        presence: Presence::Present,
        supervisor: false,
        open: [(Some("low".into()), low_tickets)].into(),
        last_assigned_at: None,
    }
}

fn ticket(id: &str, priority: &str) -> Waiting {
    Waiting {
        id: id.into(),
        department: "logistics".into(),
        group: None,
        skills: Vec::new(),
        priority: Some(priority.into()),
        deadline: None,
        created_at: time(0),
        bounced_by: Vec::new(),
    }
}

fn chosen(ticket: &Waiting, agents: &[Agent], strategy: Strategy) -> Option<String> {
    match assign(ticket, agents, strategy, &rule()).outcome {
        Outcome::Agent { id } | Outcome::Supervisor { id } => Some(id),
        Outcome::Queued { .. } => None,
    }
}

#[test]
fn the_strategies_choose_and_break_ties_in_their_order() {
    let rested = |minute| Some(time(minute));
    let a = Agent { last_assigned_at: rested(30), skills: [("en".into(), 2)].into(), ..agent("a", 10, 2) };
    let b = Agent { last_assigned_at: rested(10), skills: [("en".into(), 5)].into(), ..agent("b", 10, 4) };
    let c = Agent { last_assigned_at: rested(20), skills: [("en".into(), 5)].into(), ..agent("c", 20, 4) };
    let english = Waiting { skills: vec!["en".into()], ..ticket("t", "low") };
    // Shares with the ticket: a 3/10, b 5/10, c 5/20.
    assert_eq!(chosen(&english, &[a.clone(), b.clone(), c.clone()], Strategy::LeastLoad).unwrap(), "c");
    assert_eq!(chosen(&english, &[a.clone(), b.clone(), c.clone()], Strategy::RoundRobin).unwrap(), "b");
    assert_eq!(chosen(&english, &[a.clone(), b.clone(), c.clone()], Strategy::SkillFirst).unwrap(), "c");
    assert_eq!(chosen(&english, &[a.clone(), b.clone()], Strategy::SkillFirst).unwrap(), "b");
    // Equal load: who has waited longer, and who never had a ticket first of all.
    let equal = [Agent { last_assigned_at: rested(5), ..agent("x", 10, 2) }, agent("y", 20, 5), agent("z", 10, 2)];
    assert_eq!(chosen(&ticket("t", "low"), &equal, Strategy::LeastLoad).unwrap(), "y");
    // Equal in everything: the id.
    assert_eq!(chosen(&ticket("t", "low"), &[agent("n", 5, 1), agent("m", 5, 1)], Strategy::RoundRobin).unwrap(), "m");
}

#[test]
fn each_hard_condition_keeps_an_agent_away() {
    let heavy = ticket("t", "high");
    let english = Waiting { skills: vec!["en".into()], ..ticket("t", "low") };
    let east = Waiting { group: Some("east".into()), ..ticket("t", "low") };
    let bounced = Waiting { bounced_by: vec!["a".into()], ..ticket("t", "low") };
    let often = Waiting { bounced_by: vec!["x".into(); 3], ..ticket("t", "low") };
    let base = agent("a", 5, 0);
    for (ticket, agent, why, zh) in [
        (&east, Agent { groups: vec![], ..base.clone() }, Unfit::OtherGroup, "「A」不在该处理组"),
        (
            &heavy,
            Agent { departments: vec!["service".into()], ..base.clone() },
            Unfit::OtherDepartment,
            "「A」不在该部门",
        ),
        (&often, base.clone(), Unfit::NoSupervisor, "退回次数已到上限，只派给主管，「A」不是主管"),
        (&heavy, Agent { supervisor: true, ..base.clone() }, Unfit::SupervisorOnly, "「A」是主管，只接多次退回的工单"),
        (&bounced, base.clone(), Unfit::Bounced, "「A」退回过这张工单"),
        (&english, base.clone(), Unfit::LacksSkill { skill: "en".into() }, "「A」没有技能「en」"),
        (&heavy, agent("a", 2, 0), Unfit::TooHeavy { weight: 3, capacity: 2 }, "工单权重 3 超过「A」的总容量 2"),
        (&heavy, Agent { presence: Presence::Off, ..base.clone() }, Unfit::Off, "「A」不在岗"),
        (&heavy, Agent { presence: Presence::Away, ..base.clone() }, Unfit::Away, "「A」暂时离开"),
        (
            &heavy,
            agent("a", 5, 3),
            Unfit::Full { load: 3, weight: 3, capacity: 5 },
            "「A」已满：负载 3，容量 5，工单权重 3",
        ),
    ] {
        let assignment = assign(ticket, &[agent], Strategy::LeastLoad, &rule());
        assert!(matches!(assignment.outcome, Outcome::Queued { .. }), "{why:?}");
        assert_eq!(assignment.others[0].unfit, Some(why));
        assert_eq!(assignment.others[0].reason.zh, zh);
    }
}

#[test]
fn a_queued_ticket_says_what_it_waits_for() {
    let away = Agent { presence: Presence::Away, ..agent("a", 9, 0) };
    let full = agent("b", 2, 2);
    let elsewhere = Agent { departments: vec![], ..agent("c", 9, 0) };
    for (agents, waits) in [
        (vec![away.clone(), full.clone(), elsewhere.clone()], Waits::ForRoom),
        (vec![away, elsewhere.clone()], Waits::ForPresence),
        (vec![elsewhere], Waits::ForStaff),
        (vec![], Waits::ForStaff),
    ] {
        assert_eq!(
            assign(&ticket("t", "low"), &agents, Strategy::LeastLoad, &rule()).outcome,
            Outcome::Queued { waits }
        );
    }
}

#[test]
fn what_is_bounced_too_often_goes_to_a_supervisor_who_did_not_bounce_it() {
    let chief = |id: &str| Agent { supervisor: true, groups: vec![], ..agent(id, 9, 0) };
    let agents = [agent("a", 9, 0), agent("b", 9, 0), chief("s"), chief("t")];
    let bounced = |by: &[&str]| Waiting {
        group: Some("east".into()),
        bounced_by: by.iter().map(|id| id.to_string()).collect(),
        ..ticket("t", "low")
    };
    assert_eq!(chosen(&bounced(&["a", "a"]), &agents, Strategy::LeastLoad).unwrap(), "b");
    let assignment = assign(&bounced(&["a", "b", "s"]), &agents, Strategy::LeastLoad, &rule());
    assert_eq!(assignment.outcome, Outcome::Supervisor { id: "t".into() });
    assert_eq!(assignment.reason.zh, "已被退回 3 次，转主管；「T」是唯一可以接单的人；接单后负载 1/9（11%）");
    assert_eq!(chosen(&bounced(&["s", "t", "s"]), &agents, Strategy::LeastLoad), None);
}

#[test]
fn reasons_compare_with_the_chosen_one() {
    let agents = [agent("a", 10, 2), agent("b", 10, 5), Agent { last_assigned_at: Some(time(1)), ..agent("c", 10, 2) }];
    let assignment = assign(&ticket("t", "low"), &agents, Strategy::LeastLoad, &rule());
    assert_eq!(assignment.reason.zh, "「A」距上次派单最久，共 3 人可以接单；接单后负载 3/10（30%）");
    assert_eq!(
        assignment.reason.en,
        "A is the longest without a new ticket of 3 who can take it; with this ticket 3 of 10 (30 %)"
    );
    let told: Vec<_> = assignment.others.iter().map(|o| (o.agent.as_str(), o.behind, o.reason.en.as_str())).collect();
    assert_eq!(
        told,
        [
            ("c", Some(Tie::Rest), "had a ticket more recently"),
            ("b", Some(Tie::Load), "would be at 6 of 10 (60 %), above 3 of 10 (30 %)"),
        ]
    );
}

#[test]
fn an_agent_takes_by_priority_deadline_and_age_and_nothing_passes_what_waits_for_room() {
    let queue = [
        Waiting { created_at: time(9), ..ticket("young", "medium") },
        Waiting { created_at: time(1), ..ticket("old", "medium") },
        Waiting { deadline: Some(time(60)), created_at: time(9), ..ticket("due", "medium") },
        Waiting { skills: vec!["en".into()], ..ticket("english", "high") },
        Waiting { bounced_by: vec!["a".into()], ..ticket("bounced", "high") },
        ticket("light", "low"),
        ticket("urgent", "high"),
    ];
    let drained = drain(&agent("a", 8, 0), &queue, &rule());
    let taken: Vec<_> = drained.taken.iter().map(|taken| taken.ticket.as_str()).collect();
    assert_eq!(taken, ["urgent", "due", "old"]);
    let left: Vec<_> = drained.left.iter().map(|left| left.ticket.as_str()).collect();
    assert_eq!(left, ["bounced", "english", "young", "light"]);
    assert_eq!(drained.left[0].stays, Stays::Unfit(Unfit::Bounced));
    assert_eq!(drained.left[2].stays, Stays::Unfit(Unfit::Full { load: 7, weight: 2, capacity: 8 }));
    assert_eq!(drained.left[3].stays, Stays::Behind { ticket: "young".into() });
    assert_eq!(drained.taken[1].reason.zh, "按优先级、期限、先后，是「A」可接工单中的第 2 张；接单后负载 5/8（62%）");
}

#[test]
fn a_priority_that_nobody_knows_weighs_like_the_heaviest_and_is_served_last() {
    assert_eq!(rule().weight(Some("gone")), 3);
    assert_eq!(StaffRule::default().weight(None), 1);
    let queue = [ticket("gone", "gone"), ticket("low", "low")];
    let drained = drain(&agent("a", 9, 0), &queue, &rule());
    assert_eq!(drained.taken.iter().map(|taken| taken.ticket.as_str()).collect::<Vec<_>>(), ["low", "gone"]);
}

fn some_agent(id: usize) -> impl proptest::strategy::Strategy<Value = Agent> {
    let presence = prop_oneof![3 => Just(Presence::Present), 1 => Just(Presence::Away), 1 => Just(Presence::Off)];
    let skills =
        proptest::collection::btree_map(prop_oneof![Just("en".to_owned()), Just("law".to_owned())], 1u8..6, 0..3);
    (presence, skills, 0u32..12, 0u32..4, 0u32..3, any::<bool>(), proptest::option::of(0i64..5), 0u8..6).prop_map(
        move |(presence, skills, capacity, low, high, in_group, last, kind)| Agent {
            presence,
            skills,
            groups: if in_group { vec!["east".into()] } else { vec![] },
            supervisor: kind == 0,
            departments: if kind == 1 { vec!["service".into()] } else { vec!["logistics".into()] },
            open: [(Some("low".into()), low), (Some("high".into()), high)].into(),
            last_assigned_at: last.map(time),
            ..agent(&format!("a{id}"), capacity, 0)
        },
    )
}

fn some_agents() -> impl proptest::strategy::Strategy<Value = Vec<Agent>> {
    (0usize..8).prop_flat_map(|count| (0..count).map(some_agent).collect::<Vec<_>>())
}

fn some_ticket(id: usize) -> impl proptest::strategy::Strategy<Value = Waiting> {
    let priority = proptest::option::of(prop_oneof![Just("high"), Just("medium"), Just("low"), Just("gone")]);
    let skills = proptest::sample::subsequence(vec!["en".to_owned(), "law".to_owned()], 0..=2);
    let bounced = proptest::collection::vec((0usize..8).prop_map(|agent| format!("a{agent}")), 0..4);
    (priority, skills, bounced, any::<bool>(), proptest::option::of(0i64..4), 0i64..4).prop_map(
        move |(priority, skills, bounced_by, grouped, deadline, age)| Waiting {
            priority: priority.map(str::to_owned),
            skills,
            bounced_by,
            group: grouped.then(|| "east".into()),
            deadline: deadline.map(time),
            created_at: time(age),
            ..ticket(&format!("t{id}"), "low")
        },
    )
}

fn some_queue() -> impl proptest::strategy::Strategy<Value = Vec<Waiting>> {
    (0usize..10).prop_flat_map(|count| (0..count).map(some_ticket).collect::<Vec<_>>())
}

fn strategies() -> impl proptest::strategy::Strategy<Value = Strategy> {
    prop_oneof![Just(Strategy::LeastLoad), Just(Strategy::RoundRobin), Just(Strategy::SkillFirst)]
}

proptest! {
    #[test]
    fn whoever_is_chosen_is_present_able_new_to_it_and_within_capacity(
        agents in some_agents(), ticket in some_ticket(0), strategy in strategies(),
    ) {
        let assignment = assign(&ticket, &agents, strategy, &rule());
        let (id, supervisor) = match &assignment.outcome {
            Outcome::Agent { id } => (id, false),
            Outcome::Supervisor { id } => (id, true),
            Outcome::Queued { .. } => {
                prop_assert_eq!(assignment.others.len(), agents.len());
                prop_assert!(assignment.others.iter().all(|other| other.unfit.is_some()));
                return Ok(());
            }
        };
        let agent = agents.iter().find(|agent| agent.id == *id).unwrap();
        prop_assert_eq!(agent.presence, Presence::Present);
        prop_assert!(agent.load(&rule()) + rule().weight(ticket.priority.as_deref()) <= u64::from(agent.capacity));
        prop_assert!(!ticket.bounced_by.contains(id));
        prop_assert_eq!(supervisor, agent.supervisor);
        prop_assert_eq!(supervisor, ticket.bounced_by.len() >= 3);
        prop_assert!(agent.departments.contains(&ticket.department) || agent.groups.iter().any(|g| Some(g) == ticket.group.as_ref()));
        prop_assert!(supervisor || ticket.skills.iter().all(|skill| agent.skills.contains_key(skill)));
        prop_assert_eq!(assignment.others.len() + 1, agents.len());
        prop_assert!(assignment.others.iter().all(|other| other.unfit.is_some() != other.behind.is_some()));
    }

    #[test]
    fn the_order_of_agents_does_not_matter(
        agents in some_agents(), ticket in some_ticket(0), strategy in strategies(), turn in any::<prop::sample::Index>(),
    ) {
        let mut turned = agents.clone();
        turned.reverse();
        if !turned.is_empty() {
            let by = turn.index(turned.len());
            turned.rotate_left(by);
        }
        prop_assert_eq!(assign(&ticket, &agents, strategy, &rule()), assign(&ticket, &turned, strategy, &rule()));
    }

    #[test]
    fn a_drain_keeps_every_ticket_and_the_capacity(agent in some_agent(0), queue in some_queue(), turn in any::<prop::sample::Index>()) {
        let drained = drain(&agent, &queue, &rule());
        let out: Vec<&String> = drained.taken.iter().map(|t| &t.ticket).chain(drained.left.iter().map(|l| &l.ticket)).collect();
        prop_assert_eq!(out.len(), queue.len());
        let (out, queued): (BTreeSet<&String>, BTreeSet<&String>) = (out.into_iter().collect(), queue.iter().map(|t| &t.id).collect());
        prop_assert_eq!(out, queued);
        let of = |id: &String| queue.iter().find(|ticket| ticket.id == *id).unwrap();
        let taken: u64 = drained.taken.iter().map(|t| rule().weight(of(&t.ticket).priority.as_deref())).sum();
        prop_assert!(taken == 0 || agent.load(&rule()) + taken <= u64::from(agent.capacity));
        prop_assert!(taken == 0 || agent.presence == Presence::Present);
        prop_assert!(drained.taken.iter().all(|t| !of(&t.ticket).bounced_by.contains(&agent.id)));
        let mut turned = queue.clone();
        if !turned.is_empty() {
            let by = turn.index(turned.len());
            turned.rotate_left(by);
        }
        prop_assert_eq!(drain(&agent, &turned, &rule()), drained);
    }

    #[test]
    fn what_is_taken_would_also_be_assigned(agent in some_agent(0), queue in some_queue(), strategy in strategies()) {
        for taken in drain(&agent, &queue, &rule()).taken {
            let ticket = queue.iter().find(|ticket| ticket.id == taken.ticket).unwrap();
            let outcome = assign(ticket, std::slice::from_ref(&agent), strategy, &rule()).outcome;
            let is_queued = matches!(outcome, Outcome::Queued { .. });
            prop_assert!(!is_queued);
        }
    }
}
