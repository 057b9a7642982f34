use super::*;

/// Signals as the classifier's retail policy has them.
fn signals() -> Vec<(String, Name)> {
    [("media", "曝光或舆情", "Media"), ("legal", "起诉或监管投诉", "Lawsuit or regulator")]
        .map(|(id, zh, en)| (id.to_owned(), Name { zh: zh.into(), en: en.into() }))
        .into()
}

fn fault(from: &str, to: &str) -> String {
    let text = Preset::Retail.text().replacen(from, to, 1);
    assert_ne!(text, Preset::Retail.text(), "{from} stands in the file");
    IncidentPolicy::parse(&text, Path::new("i.toml"), &Taxonomy::retail(), &signals()).unwrap_err().to_string()
}

#[test]
fn the_built_in_policies_fit() {
    let taxonomy = Taxonomy::retail();
    let retail = IncidentPolicy::default_for(&taxonomy, &signals());
    assert_eq!(retail.id, "retail");
    assert_eq!(retail.cluster.as_ref().unwrap().count, 5);
    assert_eq!(IncidentPolicy::default_for(&taxonomy, &[]).id, "plain", "signals that nobody raises");
    for preset in Preset::ALL {
        let parsed = IncidentPolicy::parse(preset.text(), Path::new("i.toml"), &taxonomy, &signals());
        assert_eq!(parsed.unwrap().id, preset.id());
    }
}

#[test]
fn what_is_left_out_is_off() {
    let text = "id = \"none\"\nversion = \"1\"\n";
    let policy = IncidentPolicy::parse(text, Path::new("i.toml"), &Taxonomy::retail(), &[]).unwrap();
    assert!(policy.repeat.is_none() && policy.cluster.is_none() && policy.surge.is_none() && policy.fierce.is_empty());
}

#[test]
fn categories_count_as_their_group_or_themselves() {
    let taxonomy = Taxonomy::retail();
    let mut rule = IncidentPolicy::default_for(&taxonomy, &signals()).surge.unwrap();
    assert_eq!(rule.label(&taxonomy, "delivery.late"), "delivery");
    assert_eq!(rule.label(&taxonomy, "gone"), "gone");
    rule.groups = false;
    assert_eq!(rule.label(&taxonomy, "delivery.late"), "delivery.late");
}

#[test]
fn faults_are_told_with_their_line() {
    for (from, to, told) in [
        ("count = 3", "count = 3\ncuont = 3", "i.toml: line 8: unknown field `cuont`"),
        ("count = 3", "count = 1", "i.toml: line 7: 1; it is from 2 to 1000"),
        ("hours = 168", "hours = 0", "i.toml: line 8: 0; it is from 1 to 8784"),
        ("raise_to = \"high\"", "raise_to = \"top\"", "line 9: the taxonomy has no priority `top`"),
        ("level = 1", "level = 0", "line 9: 0; it is from 1 to 9"),
        ("\"supervisor\"", "\"The Boss\"", "line 9: bad role `The Boss`"),
        ("signals = [\"media\"", "signals = [\"medium\"", "line 15: the classifier's policy has no signal `medium`"),
        ("flags = [\"media\"", "flags = [\"fury\"", "line 16: the taxonomy has no flag `fury`"),
        ("emotions = [\"anger\"]", "emotions = [\"rage\"]", "line 22: the taxonomy has no emotion `rage`"),
        ("emotions = [\"anger\"]\n", "", "line 21: the rule names no emotion, signal or flag"),
        ("intensity = 2.4", "intensity = 4.0", "line 23: 4; it is from 0 to 3"),
        ("id = \"anger\"", "id = \"threat\"", "line 21: a second rule `threat`"),
        ("id = \"anger\"", "id = \"An ger\"", "line 21: bad id `An ger`"),
        ("customers = 2", "customers = 6", "line 30: 6; it is from 1 to 5"),
        ("false_alarms_a_month = 1.0", "false_alarms_a_month = 0.0", "0; it is from 0.001 to 100"),
        ("false_alarms_a_month = 1.0", "false_alarms_a_month = nan", "NaN; it is from 0.001 to 100"),
        ("learning_days = 21", "learning_days = 57", "57; it is from 14 to 56"),
        ("fade = 0.92", "fade = 1.1", "1.1; it is from 0.8 to 1"),
        ("id = \"retail\"", "id = \" \"", "line 2: the id is empty"),
    ] {
        let found = fault(from, to);
        assert!(found.contains(told), "{found}");
    }
}
