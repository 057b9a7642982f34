use super::*;
use proptest::prelude::*;

fn short() -> impl Strategy<Value = Option<String>> {
    prop::option::of(".{0,40}")
}

/// Sums of money as they are written: any other float may lose its last bit on the way through JSON.
fn cents() -> impl Strategy<Value = f64> {
    (-100_000_000_000i64..100_000_000_000).prop_map(|cents| cents as f64 / 100.0)
}

prop_compose! {
    fn complaints()(
        text in any::<String>(), id in short(), channel in short(), product in short(), region in short(),
        customer in prop::option::of((short(), short())),
        order in prop::option::of((short(), prop::option::of(cents()))),
    ) -> Complaint {
        Complaint {
            id, text, channel, product, region,
            customer: customer.map(|(id, tier)| Customer { id, tier }),
            order: order.map(|(id, amount)| Order { id, amount }),
            received_at: Some("2026-11-25T09:30:00+08:00".into()),
            ..Complaint::default()
        }
    }
}

/// Any JSON, with the known names among its keys.
fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        ".{0,8}".prop_map(Into::into),
        Just("2026-11-25T09:30:00Z".into()),
    ];
    let key = prop_oneof![prop::sample::select(COMPLAINT).prop_map(String::from), "tier|amount|x|[a-z]{0,3}"];
    leaf.prop_recursive(3, 24, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            prop::collection::btree_map(key.clone(), inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(complaint in complaints()) {
        let json = serde_json::to_vec(&complaint).unwrap();
        prop_assert_eq!(Complaint::from_json(&json).unwrap(), complaint);
    }

    #[test]
    fn it_takes_what_the_derived_form_takes(value in json()) {
        let derived = serde_json::from_value::<Complaint>(value.clone());
        let ours = Complaint::from_json(value.to_string().as_bytes());
        match (derived, ours) {
            (Ok(derived), Ok(ours)) => prop_assert_eq!(derived, ours),
            // Times and lengths are checked by us alone.
            (_, Err(Error::Request(Fault::InvalidValue { .. }))) | (Err(_), Err(_)) => {}
            // A derived struct also reads from a list; a caller who sends one has made a mistake.
            (Ok(_), Err(Error::Request(Fault::WrongType { expected: "an object", .. }))) => {}
            (derived, ours) => prop_assert!(false, "{derived:?} but {ours:?}"),
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Complaint::from_json(&bytes);
        let _ = batch(&bytes, 256);
    }

    #[test]
    fn a_cut_request_is_refused(complaint in complaints(), at in any::<prop::sample::Index>()) {
        let json = serde_json::to_vec(&complaint).unwrap();
        let error = Complaint::from_json(&json[..at.index(json.len())]).unwrap_err();
        prop_assert!(["empty_body", "not_json", "not_utf8"].contains(&error.code()), "{}", error);
    }

    #[test]
    fn no_message_quotes_the_text(place in 0usize..9) {
        let canary = "金丝雀8372";
        let body = [
            format!(r#"{{"{canary}": 1}}"#), format!(r#"["{canary}"]"#), format!(r#"{{"text": ["{canary}"]}}"#),
            format!(r#"{{"text": "a", "order": "{canary}"}}"#), format!(r#"{{"text": "{canary}"#), canary.to_owned(),
            format!(r#"{{"text": "{canary}\uD800"}}"#), format!(r#"{{"text": "a", "received_at": "{canary}"}}"#),
            format!(r#"{{"text": "a"}} {canary}"#),
        ];
        let body = body[place].clone();
        let error = Complaint::from_json(body.as_bytes()).unwrap_err();
        let told = format!("{error} {:?} {error:?}", error.hint());
        prop_assert!(!told.contains("金丝雀") && !told.contains("8372"), "{}", told);
    }
}

#[test]
fn a_long_batch_is_counted_and_not_kept() {
    let json = format!(r#"{{"complaints": [{}]}}"#, vec!["{}"; 100_000].join(","));
    let error = batch(json.as_bytes(), 256).unwrap_err();
    assert!(matches!(error, Error::BatchTooLarge { count: 100_000, limit: 256 }), "{error}");
}

#[test]
fn slips_of_the_pen_are_recognised() {
    let cases = [
        ("txt", Some("text")),
        ("Text", Some("text")),
        ("txet", Some("text")),
        ("chanel", Some("channel")),
        ("colour", None),
        ("", None),
        ("receivedAt", Some("received_at")),
        ("文本", None),
    ];
    for (key, expected) in cases {
        assert_eq!(meant(key, COMPLAINT), expected, "{key}");
    }
}
