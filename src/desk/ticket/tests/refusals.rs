//! What is said with an action and cannot be.

use super::{desk::evidence, *};
use ActionKind::*;

fn fault(desk: &Desk, action: Action) -> String {
    match desk.clone().take(&supervisor(), action) {
        Err(Error::TicketCommand { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn texts_are_there_and_not_too_long() {
    let desk = Desk::new("medium").after(&[Accept, Assign, Start]);
    for (text, told) in [
        ("", "reason is empty"),
        (" \u{3000}\n", "reason is empty"),
        (&*"字".repeat(5_001), "reason is longer than 5000 characters"),
    ] {
        let reason = || text.to_owned();
        for action in [
            Action::Suspend { reason: reason(), until: None },
            Action::Wait { on: Party::ThirdParty, reason: reason(), until: None },
            Action::Bounce { suggested: None, reason: reason() },
            Action::Close { reason: Some(reason()) },
            Action::Transfer { department: "service".into(), cause: Cause::NextStep, reason: reason() },
        ] {
            assert_eq!(fault(&desk, action), told);
        }
        let noted = Command::new(Action::Investigate { findings: "有".into() }).noted(text);
        let error = desk.clone().take(&agent(), noted).unwrap_err().to_string();
        assert_eq!(error, format!("`investigate`: {}", told.replace("reason", "note")));
    }
    desk.clone().act(&agent(), Action::Investigate { findings: "字".repeat(5_000) });
}

#[test]
fn labels_are_those_of_the_taxonomy() {
    let desk = Desk::new("medium").after(&[Accept]);
    let unknown = Action::Assign { department: "仓库".into(), group: None, agent: None };
    assert_eq!(fault(&desk, unknown), "department is no label of the taxonomy's department");
    let unnamed = Action::Assign { department: "service".into(), group: None, agent: Some(" ".into()) };
    assert_eq!(fault(&desk, unnamed), "agent is empty");
    let priority = |to: &str| Action::ChangePriority { to: to.into(), reason: "升级".into() };
    assert_eq!(fault(&desk, priority("urgent")), "to is no label of the taxonomy's priority");
    assert_eq!(fault(&desk, priority("medium")), "the ticket has this priority already");
}

#[test]
fn a_ticket_is_sent_elsewhere_and_not_by_assigning() {
    let desk = Desk::new("medium").after(&[Accept, Assign]);
    let away = Action::Assign { department: "service".into(), group: None, agent: None };
    assert_eq!(fault(&desk, away), "the ticket is with `logistics`: transfer or bounce it");
    let here = || "logistics".to_owned();
    let transfer = Action::Transfer { department: here(), cause: Cause::Misrouted, reason: "错".into() };
    assert_eq!(fault(&desk, transfer), "department is where the ticket is now");
    let bounce = Action::Bounce { suggested: Some(here()), reason: "错".into() };
    assert_eq!(fault(&desk, bounce), "suggested is where the ticket is now");
}

#[test]
fn other_tickets_are_others() {
    let desk = Desk::new("medium").after(&[Accept]);
    let own = desk.ticket.number;
    for action in [
        Action::Merge { into: own },
        Action::Absorb { from: own },
        Action::Link { other: own, relation: Relation::Duplicate },
    ] {
        assert_eq!(fault(&desk, action), "the other ticket is this one");
    }
}

#[test]
fn files_are_described_soundly() {
    let desk = Desk::new("medium").after(&[Accept, Attach]);
    let known = desk.ticket.evidence[0].id.clone();
    let bad = |change: fn(&mut Evidence)| {
        let mut evidence = evidence("f99");
        change(&mut evidence);
        evidence
    };
    for (evidence, told) in [
        (bad(|file| file.id.clear()), "evidence.id is empty"),
        (bad(|file| file.media_type = "a\u{0}b".into()), "evidence.media_type has control characters"),
        (bad(|file| file.media_type = "图".repeat(257)), "evidence.media_type is longer than 256 characters"),
        (bad(|file| file.size = 0), "evidence.size is 0: the file is empty"),
        (bad(|file| file.sha256 = "AB".repeat(32)), "evidence.sha256 is not 64 small hexadecimal digits"),
        (bad(|file| file.sha256.push('0')), "evidence.sha256 is not 64 small hexadecimal digits"),
        (evidence(&known), "evidence.id is that of a file that the ticket has"),
    ] {
        assert_eq!(fault(&desk, Action::Attach { evidence }), told);
    }
}

#[test]
fn corrections_begin_at_what_holds() {
    let desk = Desk::new("medium").after(&[Accept]);
    let correct = |head, from: Option<&str>, to: Option<&str>| Action::CorrectLabel {
        head,
        from: from.map(str::to_owned),
        to: to.map(str::to_owned),
    };
    for (head, from, to, told) in [
        (Head::Category, None, None, "neither from nor to is given"),
        (Head::Category, Some("delivery.late"), Some("delivery.late"), "from and to are the same"),
        (Head::Category, Some("delivery.lost"), Some("delivery.wrong"), "from is not a label of category now"),
        (Head::Category, Some("delivery.late"), None, "to is missing: category always has a label"),
        (Head::Category, None, Some("delivery.lost"), "from is missing: category has a label already"),
        (Head::Category, Some("delivery.late"), Some("delivery"), "to is no label of the taxonomy's category"),
        (Head::Flags, None, Some("repeat"), "to is a label of flags already"),
        (Head::Flags, Some("vip"), None, "from is not a label of flags now"),
        (Head::Emotion, Some("anger"), Some("愤怒"), "to is no label of the taxonomy's emotion"),
    ] {
        assert_eq!(fault(&desk, correct(head, from, to)), told, "{head:?} {from:?} {to:?}");
    }
    for (head, from, to) in [
        (Head::Category, Some("delivery.late"), Some("delivery.lost")),
        (Head::Secondary, Some("service.slow"), Some("service.attitude")),
        (Head::Flags, None, Some("vip")),
        (Head::Flags, Some("repeat"), None),
        (Head::Department, Some("logistics"), Some("service")),
    ] {
        let mut desk = desk.clone();
        assert_eq!(desk.act(&agent(), correct(head, from, to)), ["label_corrected"]);
        let held = &desk.ticket.labels[&head];
        assert!(from.is_none_or(|from| !held.contains(from)) && to.is_none_or(|to| held.contains(to)));
    }
}

#[test]
fn numbers_are_in_range() {
    let told = Desk::new("medium").after(&[Accept, Assign, Start, Propose, Resolve, GiveFeedback]);
    let score = |score, text: Option<&str>| Action::FollowUp { score, text: text.map(str::to_owned) };
    assert_eq!(fault(&told, score(Some(0), None)), "score is not from 1 to 5");
    assert_eq!(fault(&told, score(Some(6), None)), "score is not from 1 to 5");
    assert_eq!(fault(&told, score(None, None)), "neither score nor text is given");
    let working = Desk::new("medium").after(&[Accept, Assign, Start]);
    let dear = Action::Propose { plan: "赔".into(), compensation_fen: u64::MAX };
    assert_eq!(fault(&working, dear), "compensation_fen is above 1000000000");
    let past = Action::Suspend { reason: "等".into(), until: Some(working.now) };
    assert_eq!(fault(&working, past), "until is not in the future");
}

#[test]
fn a_ticket_is_opened_with_sound_facts() {
    let desk = Desk::new("medium");
    let Fact::Opened { number, labels, .. } = desk.history[0].fact.clone() else { panic!() };
    let opening = Opening { number, channel: None, customer: None, priority: "medium".into(), labels };
    let open = |change: fn(&mut Opening)| {
        let mut opening = opening.clone();
        change(&mut opening);
        desk.rules().open(opening, &system(), desk.now).unwrap_err().to_string()
    };
    assert_eq!(open(|o| o.priority = "x".into()), "`open`: priority is no label of the taxonomy's priority");
    assert_eq!(open(|o| o.customer = Some(String::new())), "`open`: customer is empty");
    let two = |o: &mut Opening| _ = o.labels.get_mut(&Head::Emotion).unwrap().insert("hurt".into());
    assert_eq!(open(two), "`open`: labels.emotion has more than one label");
    let odd = |o: &mut Opening| _ = o.labels.get_mut(&Head::Flags).unwrap().insert("x".into());
    assert_eq!(open(odd), "`open`: labels is no label of the taxonomy's flags");
}
