use super::*;

#[test]
fn actions_are_read_by_the_names_of_their_kinds() {
    for kind in ActionKind::ALL {
        let bare = serde_json::from_str::<Action>(&format!(r#"{{"kind": "{}"}}"#, kind.id()));
        match bare {
            Ok(action) => assert_eq!(action.kind(), kind),
            Err(error) => assert!(error.to_string().starts_with("missing field"), "{kind:?}: {error}"),
        }
    }
    let json = r#"{"kind": "transfer", "department": "service", "cause": "misrouted", "reason": "不是物流问题"}"#;
    let transfer =
        Action::Transfer { department: "service".into(), cause: Cause::Misrouted, reason: "不是物流问题".into() };
    assert_eq!(serde_json::from_str::<Action>(json).unwrap(), transfer);
    let json = r#"{"kind": "merge", "into": "c20261126 000123 6"}"#;
    assert_eq!(serde_json::from_str::<Action>(json).unwrap().kind(), ActionKind::Merge);
}

#[test]
fn what_an_action_does_not_have_is_refused() {
    for json in [
        r#"{"kind": "start", "now": true}"#,
        r#"{"kind": "comment", "text": "内容"}"#,
        r#"{"kind": "comment", "text": "内容", "visibility": "everyone"}"#,
        r#"{"kind": "merge", "into": "C20261126-000132-6"}"#,
        r#"{"kind": "delete"}"#,
        r#"{"text": "内容"}"#,
    ] {
        assert!(serde_json::from_str::<Action>(json).is_err(), "{json}");
    }
}
