use super::*;
use crate::desk::ticket::{Number, Role};
use crate::taxonomy::Name;

fn number() -> Number {
    Number::new("2026-11-26".parse().unwrap(), 123).unwrap()
}

/// One of every kind.
fn every() -> Vec<Fact> {
    let text = || "内容".to_owned();
    let some = |id: &str| Some(id.to_owned());
    let at = Some("2026-11-27T00:00:00Z".parse().unwrap());
    vec![
        Fact::Opened {
            number: number(),
            channel: some("app"),
            customer: None,
            priority: "high".into(),
            labels: [(Head::Category, ["delivery.late".to_owned()].into())].into(),
        },
        Fact::Classified {
            priority: "high".into(),
            labels: [(Head::Flags, ["repeat".to_owned(), "safety".to_owned()].into())].into(),
        },
        Fact::Accepted,
        Fact::Assigned { department: "logistics".into(), group: some("north"), agent: some("a7") },
        Fact::Started,
        Fact::Investigated { findings: text() },
        Fact::Waiting { on: Party::ThirdParty, reason: text(), until: at },
        Fact::CustomerReplied { text: text() },
        Fact::Suspended { reason: text(), until: None },
        Fact::Resumed,
        Fact::Proposed { plan: text(), compensation_fen: 8850 },
        Fact::ApprovalRequested {
            subject: Subject::Closing,
            reasons: vec![ApprovalReason::Unconfirmed],
            closing: Some(text()),
        },
        Fact::Approved { subject: Subject::Resolution },
        Fact::Rejected { subject: Subject::Resolution, reason: text() },
        Fact::Resolved,
        Fact::Responded { text: text() },
        Fact::FeedbackGiven { text: text() },
        Fact::CustomerConfirmed,
        Fact::CustomerDissatisfied { reason: text() },
        Fact::FollowedUp { score: Some(3), text: None },
        Fact::Closed { how: Ending::NoReply, reason: None },
        Fact::Withdrawn { reason: text() },
        Fact::Merged { into: number() },
        Fact::Absorbed { from: number() },
        Fact::Reopened { reason: text() },
        Fact::Transferred {
            from: "logistics".into(),
            to: "service".into(),
            cause: Cause::NextStep,
            reason: text(),
            summary: Name { zh: text(), en: text() },
        },
        Fact::Bounced { from: "logistics".into(), suggested: None, reason: text() },
        Fact::PingPongStopped { from: "logistics".into(), to: "service".into(), reason: None },
        Fact::Linked { other: number(), relation: Relation::Duplicate },
        Fact::Commented { text: text(), visibility: Visibility::Public },
        Fact::EvidenceAttached {
            evidence: Evidence {
                id: "f1".into(),
                media_type: "image/jpeg".into(),
                size: 1,
                sha256: "ab".repeat(32),
                visibility: Visibility::Internal,
            },
        },
        Fact::LabelCorrected { head: Head::Flags, from: None, to: some("vip") },
        Fact::PriorityChanged {
            from: "low".into(),
            to: "high".into(),
            cause: PriorityCause::Incident { incident: "i1".into() },
        },
        Fact::IncidentJoined { incident: "i1".into() },
    ]
}

fn event(fact: Fact) -> Event {
    let at = "2026-11-26T01:00:00Z".parse().unwrap();
    Event { sequence: 7, at, by: By { role: Role::Agent, id: "a7".into() }, fact, note: Some("备注".into()) }
}

#[test]
fn every_kind_is_read_as_it_was_written() {
    let every = every();
    assert_eq!(every.iter().map(Fact::kind).collect::<Vec<_>>(), Fact::KINDS);
    for fact in every {
        let event = event(fact);
        let json = serde_json::to_string(&event).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&json).unwrap()["kind"], event.fact.kind());
        assert_eq!(Event::from_json(&json).unwrap(), event, "{json}");
        let Event { sequence, at, by, note, .. } = event.clone();
        let facts = event.facts();
        let put = Event::from_parts(sequence, at, by, event.fact.kind(), facts.as_deref(), note).unwrap();
        assert_eq!(put, event);
    }
}

/// The names in stored histories: a change here makes them unreadable.
#[test]
fn the_form_is_stable() {
    let transferred = every().remove(25);
    assert_eq!(
        serde_json::to_string(&event(transferred)).unwrap(),
        r#"{"sequence":7,"at":"2026-11-26T01:00:00Z","actor":{"role":"agent","id":"a7"},"kind":"transferred","facts":{"from":"logistics","to":"service","cause":"next_step","reason":"内容","summary":{"zh":"内容","en":"内容"}},"note":"备注"}"#
    );
    assert_eq!(
        serde_json::to_string(&Event { note: None, ..event(Fact::Accepted) }).unwrap(),
        r#"{"sequence":7,"at":"2026-11-26T01:00:00Z","actor":{"role":"agent","id":"a7"},"kind":"accepted"}"#
    );
    let raised = every().remove(32);
    assert_eq!(
        event(raised).facts().unwrap(),
        r#"{"cause":{"incident":"i1","type":"incident"},"from":"low","to":"high"}"#
    );
}

#[test]
fn a_kind_that_is_not_known_is_named() {
    let json = r#"{"sequence":9,"at":"2026-11-26T01:00:00Z","actor":{"role":"agent","id":"a7"},"kind":"teleported","facts":{"text":"隐私"}}"#;
    let error = Event::from_json(json).unwrap_err();
    assert!(matches!(&error, Error::UnknownEventKind { sequence: 9, kind } if kind == "teleported"));
    assert_eq!(
        error.to_string(),
        "event 9 of the stored history is of the kind `teleported`, which this version does not know"
    );
}

#[test]
fn what_is_stored_wrongly_is_refused_and_not_quoted() {
    let frame = |kind: &str, facts: &str| {
        format!(
            r#"{{"sequence":9,"at":"2026-11-26T01:00:00Z","actor":{{"role":"agent","id":"a7"}},"kind":"{kind}"{facts}}}"#
        )
    };
    for (json, told) in [
        (frame("commented", r#","facts":{"text":"隐私"}"#), "the facts are not those of the kind `commented`"),
        (frame("commented", r#","facts":"隐私""#), "the facts are not those of the kind `commented`"),
        (frame("commented", ""), "the facts are not those of the kind `commented`"),
        (frame("started", r#","facts":{"text":"隐私"}"#), "the facts are not those of the kind `started`"),
        (
            frame("commented", r#","facts":{"text":"隐私","visibility":"internal","隐私":1}"#),
            "the facts are not those of the kind `commented`",
        ),
        (
            frame("linked", r#","facts":{"other":"C20261126-000123-0","relation":"related"}"#),
            "the facts are not those of the kind `linked`",
        ),
        (frame("started", r#","隐私":1"#), "is not the form of an event"),
        (frame("started", r#","note":7"#), "is not the form of an event"),
        (r#"{"sequence":9,"at":"隐私"}"#.into(), "is not the form of an event"),
    ] {
        let error = Event::from_json(&json).unwrap_err();
        assert!(matches!(error, Error::TicketHistory { sequence: 9, .. }), "{json}: {error:?}");
        assert!(error.to_string().contains(told) && !error.to_string().contains("隐私"), "{json}: {error}");
    }
    assert!(matches!(Event::from_json("不是 JSON"), Err(Error::TicketHistory { sequence: 0, .. })));
}
