use super::*;

fn notice() -> Notice {
    Notice {
        id: "0198c0de-0000-7000-8000-000000000001".parse().unwrap(),
        kind: Kind::TicketResolved,
        at: "2026-11-26T09:00:00Z".parse().unwrap(),
        audience: Audience::Customer,
        facts: Facts {
            number: Some("20261126-000123-4".into()),
            text: Some(Masked::new("退款给[姓名]，三日内到账")),
            ..Facts::default()
        },
    }
}

#[test]
fn its_json_has_the_form_of_standard_webhooks() {
    let json = serde_json::to_value(notice()).unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "id": "0198c0de-0000-7000-8000-000000000001",
            "type": "ticket.resolved",
            "timestamp": "2026-11-26T09:00:00Z",
            "audience": "customer",
            "data": {"number": "20261126-000123-4", "text": "退款给[姓名]，三日内到账"},
        })
    );
    assert_eq!(serde_json::from_value::<Notice>(json).unwrap(), notice());
}

#[test]
fn what_is_unknown_is_refused() {
    let text = serde_json::to_string(&notice()).unwrap();
    for (from, to, told) in [
        ("ticket.resolved", "ticket.lost", "unknown kind of notice `ticket.lost`"),
        ("\"customer\"", "\"everybody\"", "unknown audience `everybody`"),
        ("\"number\"", "\"numbre\"", "unknown field `numbre`"),
    ] {
        let error = serde_json::from_str::<Notice>(&text.replace(from, to)).unwrap_err().to_string();
        assert!(error.starts_with(told), "{error}");
    }
}

#[test]
fn ids_are_stable_and_lead_back() {
    for kind in Kind::ALL {
        assert_eq!(Kind::from_id(kind.id()), Some(*kind));
    }
    let ids: Vec<&str> = Audience::ALL.iter().map(|audience| audience.id()).collect();
    assert_eq!(ids, ["customer", "agent", "department_head", "supervisor", "system"]);
}

#[test]
fn debug_shows_no_text() {
    let shown = format!("{:?}", notice());
    assert!(shown.contains("Masked(13 characters)"), "{shown}");
    assert!(!shown.contains("退款"), "{shown}");
}
