use super::*;

fn fault(from: &str, to: &str) -> String {
    let text = RelatePolicy::BUILT_IN.replacen(from, to, 1);
    assert_ne!(text, RelatePolicy::BUILT_IN, "{from} stands in the file");
    RelatePolicy::parse(&text, Path::new("r.toml")).unwrap_err().to_string()
}

#[test]
fn the_built_in_policy_fits() {
    let policy = RelatePolicy::built_in();
    assert_eq!((policy.id.as_str(), policy.version.as_str()), ("default", "1"));
    assert_eq!(policy.follow_up_within, SignedDuration::from_hours(15 * 24));
    assert!(policy.similar < policy.alike && policy.alike < policy.contained);
}

#[test]
fn faults_are_told_with_their_line() {
    for (from, to, told) in [
        ("alike = 0.72", "alike = 0.72\nalik = 1", "r.toml: line 9: unknown field `alik`"),
        ("alike = 0.72", "alike = 1.2", "r.toml: line 8: 1.2; a share is above 0, up to 1"),
        ("alike = 0.72", "alike = 0.0", "r.toml: line 8: 0; a share is above 0, up to 1"),
        ("alike = 0.72", "alike = nan", "r.toml: line 8: NaN; a share is above 0, up to 1"),
        ("alike = 0.72", "alike = 0.2", "line 17: `similar` is above `alike`"),
        ("hours = 72", "hours = 0", "r.toml: line 11: 0; it is from 1 to 87840"),
        ("closed_days = 15", "closed_days = 4000", "r.toml: line 15: 4000; it is from 1 to 3660"),
        ("\"上次投诉\",", "\" \",", "r.toml: line 19: a word is empty"),
        ("'(?:怎么|为什么|为啥)还(?:没|不)',", "'(',", "r.toml: line 31: regex parse error"),
        ("'(?:没|未|不)催'", "'a*'", "r.toml: line 33: it matches the empty text"),
        ("customers = 5", "customers = 1", "`customers` is 2 or more"),
        ("id = \"default\"", "id = \"\"", "r.toml: line 2: the id is empty"),
    ] {
        let found = fault(from, to);
        assert!(found.contains(told), "{found}");
    }
}

#[test]
fn words_refer_to_something_earlier_or_not() {
    let policy = RelatePolicy::built_in();
    for (text, word) in [
        ("上次反映的事还没处理", Some("上次反映")),
        ("这是第3次打电话了", Some("第3次打")),
        ("第二次购买就翻车", None),
        ("我没催过你们", None),
        ("冰箱不制冷", None),
        ("说好的送货上门呢", None),
        ("", None),
    ] {
        assert_eq!(policy.referring_words(text), word, "{text}");
    }
}
