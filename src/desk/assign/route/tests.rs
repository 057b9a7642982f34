use super::*;
use crate::{
    decision::{Band, Candidate},
    taxonomy::Taxonomy,
};
use proptest::{
    prelude::{ProptestConfig, any, prop},
    prop_assert, prop_assert_eq, prop_assume, proptest,
    strategy::Strategy as _,
};
use std::sync::LazyLock;

static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(|| {
    let lawsuit = Name { zh: "起诉".into(), en: "Lawsuit".into() };
    Vocabulary::of(&Taxonomy::retail()).with(Field::Signals, [("legal".to_owned(), lawsuit)])
});

fn parse(text: &str) -> Result<RoutingTable> {
    RoutingTable::parse(text, Path::new("r.toml"), &VOCABULARY)
}

fn fault(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

/// Three lines, so that `rest` begins on line 4 of its rule.
fn rule(id: &str, rest: &str) -> String {
    format!("[[rule]]\nid = \"{id}\"\nreason = {{ zh = \"因\", en = \"why\" }}\n{rest}\n")
}

const GROUP: &str = "[[group]]\nid = \"east\"\ndepartment = \"logistics\"\nname = { zh = \"东组\", en = \"East\" }\n";

fn facts() -> Facts {
    Facts {
        category: Some("delivery.late".into()),
        department: Some("logistics".into()),
        band: Band::Auto,
        priority: Some("medium".into()),
        channel: Some("app".into()),
        region: Some("上海市浦东新区".into()),
        tier: Some("Gold".into()),
        amount: Some(299.0),
        // A Saturday evening.
        received_at: Some("2026-03-07T21:30:00+08:00".parse().unwrap()),
        masked_text: "快递三天没动静，再不处理就曝光".into(),
        ..Facts::default()
    }
}

#[test]
fn every_kind_of_condition_holds_or_fails() {
    for (when, field, holds) in [
        ("when.category = ['delivery.late']", Field::Category, true),
        ("when.category = ['delivery']", Field::Category, true),
        ("when.category = ['product', 'order.stock']", Field::Category, false),
        ("when.department = ['logistics']", Field::Department, true),
        ("when.department = ['service']", Field::Department, false),
        ("when.priority = ['high', 'medium']", Field::Priority, true),
        ("when.priority = ['high']", Field::Priority, false),
        ("when.flags = ['safety']", Field::Flags, false),
        ("when.signals = ['legal']", Field::Signals, false),
        ("when.channel = ['app', 'web']", Field::Channel, true),
        ("when.channel = ['phone']", Field::Channel, false),
        ("when.region = ['上海*']", Field::Region, true),
        ("when.region = ['上海']", Field::Region, false),
        ("when.tier = ['gold']", Field::Tier, true),
        ("when.tier = ['vip']", Field::Tier, false),
        ("when.product = ['SKU*']", Field::Product, false),
        ("when.amount = { min = 299 }", Field::Amount, true),
        ("when.amount = { min = 100, below = 299 }", Field::Amount, false),
        ("when.amount = { below = 299.01 }", Field::Amount, true),
        ("when.time = [{ days = ['sat-sun'] }]", Field::Time, true),
        ("when.time = [{ days = ['mon-fri'] }, { hours = ['21:00-22:00'] }]", Field::Time, true),
        ("when.time = [{ days = ['mon-fri'], hours = ['09:00-18:00'] }]", Field::Time, false),
        ("when.time = [{ hours = ['13:00-14:00'] }]\nwhen.zone = 'UTC'", Field::Time, true),
        ("when.words = ['电视台', '曝光']", Field::Words, true),
        ("when.words = ['电视台']", Field::Words, false),
        ("when.band = ['suggest', 'review']", Field::Band, false),
    ] {
        let table = parse(&rule("r", &format!("{when}\nto.department = 'legal'"))).unwrap();
        let route = table.route(&facts());
        if holds {
            assert_eq!(route.destination.to_string(), "legal", "{when}");
            // Band, which always counts, and the condition itself.
            assert_eq!(route.evidence.len(), 2, "{when}");
        } else {
            assert_eq!(route.passed_over[0].failed, Some(field), "{when}");
            assert_eq!(route.destination.to_string(), "logistics", "{when}");
        }
    }
}

#[test]
fn what_is_absent_meets_no_condition() {
    let conditions = [
        "category = ['other']",
        "department = ['service']",
        "priority = ['low']",
        "flags = ['media']",
        "channel = ['app']",
        "region = ['上*']",
        "tier = ['a*']",
        "product = ['a*']",
        "amount = { min = 0 }",
        "time = [{ days = ['mon-sun'] }]",
        "words = ['的']",
        "signals = ['legal']",
    ];
    for when in conditions {
        let text = rule("r", &format!("when.band = ['review']\nwhen.{when}\nto.department = 'legal'"));
        let route = parse(&text).unwrap().route(&Facts::default());
        assert_eq!(route.destination, Destination::Triage, "{when}");
        assert!(route.passed_over[0].failed.is_some());
    }
}

#[test]
fn an_unsure_ticket_goes_to_a_person_with_three_candidates_unless_a_rule_names_its_band() {
    let text =
        rule("sure", "to.department = 'legal'") + &rule("any", "when.band = ['suggest']\nto.department = 'finance'");
    let table = parse(&text).unwrap();
    let candidates: Vec<Candidate> = [("logistics", 0.4), ("service", 0.3), ("legal", 0.2), ("quality", 0.1)]
        .map(|(label, probability)| Candidate { label: label.into(), probability })
        .into();
    let unsure = Facts { band: Band::Review, candidates: candidates.clone(), ..facts() };
    let route = table.route(&unsure);
    assert_eq!((route.destination, route.rule), (Destination::Triage, None));
    assert_eq!(route.candidates, candidates[..3]);
    assert_eq!(route.passed_over[0].failed, Some(Field::Band));
    assert_eq!(route.reason.zh, "部门「物流部」的把握只到「复核」，没有规则另作安排，由人工从候选部门中选定");
    let foreign = table.route(&Facts { foreign: true, ..unsure.clone() });
    assert_eq!(foreign.destination, Destination::Triage);
    assert!(foreign.reason.zh.starts_with("文字不像投诉"), "{}", foreign.reason.zh);
    let suggested = table.route(&Facts { band: Band::Suggest, ..unsure });
    assert_eq!(suggested.destination.to_string(), "finance");
    assert!(suggested.candidates.is_empty());
    assert_eq!(table.route(&facts()).destination.to_string(), "legal");
}

#[test]
fn reasons_say_why_and_why_not() {
    let text = format!(
        "{GROUP}{}{}{}",
        rule("media", "when.words = ['记者']\nto.department = 'legal'"),
        rule("east", "when.category = ['delivery']\nwhen.region = ['上海*']\nto.group = 'east'"),
        rule("rest", "when.department = ['logistics']\nto.predicted = true"),
    );
    let table = parse(&text).unwrap();
    let route = table.route(&facts());
    assert_eq!(route.destination.to_string(), "logistics/east");
    assert_eq!(table.destination_name(&route.destination).zh, "物流部 › 东组");
    assert_eq!(route.rule.as_deref(), Some("east"));
    let evidence: Vec<&str> = route.evidence.iter().map(|name| name.zh.as_str()).collect();
    assert_eq!(evidence, ["部门的把握：「自动」", "类别：「配送问题 › 延迟送达」", "地区：「上海市浦东新区」"]);
    let [media, rest] = &route.passed_over[..] else { panic!("two rules were passed over") };
    assert_eq!((media.rule.as_str(), media.line, media.failed), ("media", 6, Some(Field::Words)));
    assert_eq!(media.reason.en, "none of the rule's words stand in the text");
    assert_eq!((rest.failed, rest.reason.zh.as_str()), (None, "条件也都满足，但规则「east」（第 11 行）在前"));
    let elsewhere = table.route(&Facts { region: None, ..facts() });
    assert_eq!(elsewhere.passed_over[1].reason.zh, "没有地区信息，规则只管「上海*」");
    assert_eq!(elsewhere.passed_over[1].reason.en, "no region known; the rule is for \"上海*\"");
}

#[test]
fn a_rule_for_the_predicted_department_needs_one_that_is_known() {
    let text = "[[skill]]\nid = \"english\"\nname = { zh = \"英语\", en = \"English\" }\n".to_owned()
        + &rule("r", "when.band = ['auto', 'review']\nto.predicted = true\nto.skills = ['english']");
    let table = parse(&text).unwrap();
    let route = table.route(&facts());
    assert_eq!(route.destination.to_string(), "logistics+english");
    assert_eq!(table.destination_name(&route.destination).en, "Logistics (English)");
    for department in [None, Some("gone".to_owned())] {
        let route = table.route(&Facts { department, ..facts() });
        assert_eq!((route.destination, route.passed_over[0].failed), (Destination::Triage, Some(Field::Department)));
    }
}

#[test]
fn named_regions_stand_for_their_parts() {
    let region =
        "[[region]]\nid = \"east\"\nname = { zh = \"华东\", en = \"the east\" }\nincludes = [\"上海*\", \"江苏*\"]\n";
    let table = parse(&(region.to_owned() + &rule("r", "when.region = ['east']\nto.department = 'legal'"))).unwrap();
    assert_eq!(table.route(&facts()).destination.to_string(), "legal");
    let north = table.route(&Facts { region: Some("北京市".into()), ..facts() });
    assert_eq!(north.passed_over[0].reason.zh, "地区是「北京市」，规则只管「华东」");
    let literal = region.to_owned() + &rule("r", "when.region = ['上海*']\nto.department = 'legal'");
    assert!(fault(&literal).contains("line 8: unknown region `上海*`; there are east"), "{}", fault(&literal));
}

#[test]
fn bad_documents_name_the_line() {
    let to = "to.department = 'legal'";
    for (text, told) in [
        (rule("r", &format!("when.colour = ['red']\n{to}")), "line 4: unknown field `colour`"),
        (
            rule("r", "when.category = ['delivery.lat']\nto.department = 'legal'"),
            "line 4: unknown category `delivery.lat`",
        ),
        (
            rule("r", "when.flags = [\n  'safety',\n  'danger',\n]\nto.department = 'legal'"),
            "line 6: unknown flags `danger`",
        ),
        (rule("r", &format!("when.channel = ['fax']\n{to}")), "line 4: unknown channel `fax`"),
        (
            rule("r", &format!("when.band = ['sure']\n{to}")),
            "line 4: unknown band `sure`; there are auto, suggest, review",
        ),
        (rule("r", &format!("when.signals = ['fire']\n{to}")), "line 4: unknown signals `fire`; there are legal"),
        (rule("r", &format!("when.flags = []\n{to}")), "line 4: `flags` is empty"),
        (rule("r", &format!("when.words = ['a', 'a']\n{to}")), "line 4: `a` stands twice in `words`"),
        (rule("r", &format!("when.words = [' ']\n{to}")), "line 4: a word is empty"),
        (rule("r", &format!("when.tier = ['*']\n{to}")), "line 4: a value is empty"),
        (rule("r", &format!("when.amount = {{}}\n{to}")), "line 4: `amount`: give `min`, `below` or both"),
        (rule("r", &format!("when.amount = {{ min = 5, below = 5 }}\n{to}")), "line 4: `amount`: `min` must lie below"),
        (rule("r", &format!("when.amount = {{ min = nan }}\n{to}")), "line 4: `amount`: sums are numbers"),
        (rule("r", &format!("when.time = []\n{to}")), "line 4: `time` is empty"),
        (rule("r", &format!("when.time = [{{}}]\n{to}")), "line 4: a window of `time` needs"),
        (rule("r", &format!("when.time = [{{ days = ['周一'] }}]\n{to}")), "line 4: unknown day `周一`"),
        (rule("r", &format!("when.time = [{{ hours = ['9-18'] }}]\n{to}")), "line 4: bad hours `9-18`"),
        (rule("r", &format!("when.zone = 'UTC'\n{to}")), "line 4: `when.zone` says how `when.time` is read"),
        (rule("r", "to.department = 'lega'"), "line 4: unknown department `lega`"),
        (rule("r", "to.group = 'east'"), "line 4: unknown group `east`; there are none here"),
        (rule("r", &format!("{to}\nto.skills = ['english']")), "line 5: unknown skill `english`"),
        (rule("r", &format!("{to}\nto.triage = true")), "`to` needs exactly one of"),
        (rule("r", "to.predicted = false"), "`to` needs exactly one of"),
        (rule("r", "when.flags = ['media']"), "missing field `to`"),
        (rule("R 1", to), "line 2: bad rule id `R 1`"),
        (rule("r", to) + &rule("r", to), "line 6: rule `r` stands here for the second time"),
        (
            "[[rule]]\nid = 'r'\nreason = { zh = '因', en = ' ' }\nto.triage = true".into(),
            "line 3: the reason needs a text",
        ),
        (GROUP.replace("logistics", "logistic"), "line 3: unknown department `logistic`"),
        (GROUP.to_owned() + GROUP, "line 6: group `east` stands here for the second time"),
        (GROUP.to_owned() + "strategy = 'luck'", "line 5: unknown variant `luck`"),
        ("zone = 'Asia/Shanghi'".into(), "line 1: unknown time zone `Asia/Shanghi`"),
        ("[staff]\nbounces = 0".into(), "line 2: `bounces` is at least 1"),
        ("[staff.weights]\nhigh = 0".into(), "line 2: a weight is a whole number from 1"),
        ("[staff.weights]\nurgent = 2".into(), "line 2: unknown priority `urgent`"),
        ("[staff.weights]\nhigh = 2".into(), "[staff.weights] lacks `medium`"),
        ("[[rule]\n".into(), "line 1: "),
    ] {
        let message = fault(&text);
        assert!(message.contains(told), "{told} / {message}");
    }
}

#[test]
fn rules_that_can_never_act_are_warned_about() {
    for (text, told) in [
        (
            rule("a", "to.triage = true") + &rule("b", "when.flags = ['media']\nto.triage = true"),
            Some("`b` can never act: `a` (line 2) takes"),
        ),
        (
            rule("a", "when.category = ['delivery']\nto.triage = true")
                + &rule("b", "when.category = ['delivery.late']\nwhen.channel = ['app']\nto.department = 'legal'"),
            Some("line 7: rule `b` can never act: `a` (line 2)"),
        ),
        (
            rule("a", "when.category = ['delivery.late']\nto.triage = true")
                + &rule("b", "when.category = ['delivery']\nto.department = 'legal'"),
            None,
        ),
        (
            rule("a", "when.channel = ['app']\nto.triage = true")
                + &rule("b", "when.channel = ['web']\nto.triage = true")
                + &rule("c", "when.channel = ['app', 'web']\nwhen.amount = { min = 9 }\nto.department = 'legal'"),
            Some("`c` can never act: `a` (line 2) and `b` (line 7) together take"),
        ),
        (
            rule("a", "when.words = ['中毒']\nto.triage = true")
                + &rule("b", "when.words = ['食物中毒']\nto.triage = true"),
            Some("`b` can never act"),
        ),
        (
            rule("a", "when.amount = { min = 10 }\nto.triage = true")
                + &rule("b", "when.amount = { min = 5, below = 20 }\nto.triage = true"),
            None,
        ),
        (
            rule("a", "when.region = ['上海*']\nwhen.time = [{ hours = ['08:00-20:00'] }]\nto.triage = true")
                + &rule(
                    "b",
                    "when.region = ['上海市']\nwhen.time = [{ days = ['mon'], hours = ['09:00-10:00'] }]\nto.triage = true",
                ),
            Some("`b` can never act"),
        ),
        (rule("a", "when.band = ['suggest']\nto.triage = true") + &rule("b", "to.department = 'legal'"), None),
        (
            rule("a", "to.predicted = true") + &rule("b", "to.department = 'legal'"),
            // Without a predicted department `b` acts.
            None,
        ),
        (GROUP.to_owned(), Some("line 2: no rule names the group `east`")),
    ] {
        let warnings = parse(&text).unwrap().warnings;
        match told {
            Some(told) => assert!(warnings.len() == 1 && warnings[0].contains(told), "{told} / {warnings:?}"),
            None => assert_eq!(warnings, [""; 0], "{text}"),
        }
    }
}

/// Conditions over few labels, so that rules often meet tickets and each other.
fn conditions() -> impl proptest::strategy::Strategy<Value = String> {
    let pick = |key: &'static str, values: &'static [&'static str]| {
        proptest::option::of(proptest::sample::subsequence(values, 1..=values.len()))
            .prop_map(move |list| list.map(|list| format!("when.{key} = {list:?}\n")).unwrap_or_default())
    };
    (
        pick("band", &["auto", "suggest", "review"]),
        pick("category", &["delivery", "delivery.late", "order.stock"]),
        pick("flags", &["media", "refund"]),
        pick("channel", &["app", "web"]),
        pick("words", &["曝光", "退"]),
        proptest::option::of(0u8..3)
            .prop_map(|sum| sum.map(|s| format!("when.amount = {{ min = {s} }}\n")).unwrap_or_default()),
    )
        .prop_map(|(a, b, c, d, e, f)| a + &b + &c + &d + &e + &f)
}

fn tickets() -> impl proptest::strategy::Strategy<Value = Facts> {
    let of = |values: &'static [&'static str]| {
        proptest::option::of(proptest::sample::select(values).prop_map(str::to_owned))
    };
    (
        proptest::sample::select(&[Band::Auto, Band::Suggest, Band::Review][..]),
        of(&["delivery.late", "delivery.lost", "order.stock"]),
        proptest::sample::subsequence(&["media", "refund"][..], 0..=2),
        of(&["app", "web", "phone"]),
        proptest::sample::select(&["曝光", "退", "曝光退", "无"][..]),
        proptest::option::of(0u8..4),
    )
        .prop_map(|(band, category, flags, channel, text, amount)| Facts {
            band,
            category,
            department: Some("logistics".into()),
            flags: flags.into_iter().map(str::to_owned).collect(),
            channel,
            masked_text: text.into(),
            amount: amount.map(f64::from),
            ..Facts::default()
        })
}

fn document(rules: &[(usize, String)]) -> String {
    rules.iter().map(|(id, when)| rule(&format!("r{id}"), &format!("{when}to.department = 'legal'"))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_first_rule_that_fits_alone_is_taken(rules in proptest::collection::vec(conditions(), 1..6), ticket in tickets()) {
        let rules: Vec<(usize, String)> = rules.into_iter().enumerate().collect();
        let alone = |one: &(usize, String)| {
            parse(&document(std::slice::from_ref(one))).unwrap().route(&ticket).rule.is_some()
        };
        let first = rules.iter().find(|one| alone(one)).map(|(id, _)| format!("r{id}"));
        let route = parse(&document(&rules)).unwrap().route(&ticket);
        prop_assert_eq!(&route.rule, &first);
        prop_assert_eq!(route.passed_over.len() + usize::from(first.is_some()), rules.len());
    }

    #[test]
    fn rules_of_which_at_most_one_fits_may_stand_in_any_order(
        rules in proptest::collection::vec(conditions(), 2..5), ticket in tickets(), seed in any::<prop::sample::Index>(),
    ) {
        let rules: Vec<(usize, String)> = rules.into_iter().enumerate().collect();
        let table = parse(&document(&rules)).unwrap();
        let route = table.route(&ticket);
        let fitting = route.passed_over.iter().filter(|passed| passed.failed.is_none()).count();
        prop_assume!(fitting == 0);
        let mut turned = rules.clone();
        turned.rotate_left(seed.index(rules.len()));
        prop_assert_eq!(parse(&document(&turned)).unwrap().route(&ticket).rule, route.rule);
    }

    #[test]
    fn a_rule_that_is_called_unreachable_takes_no_ticket(
        rules in proptest::collection::vec(conditions(), 2..6), tickets in proptest::collection::vec(tickets(), 20),
    ) {
        let rules: Vec<(usize, String)> = rules.into_iter().enumerate().collect();
        let table = parse(&document(&rules)).unwrap();
        for ticket in &tickets {
            if let Some(taken) = table.route(ticket).rule {
                let prefix = format!("rule `{taken}` can never act");
                prop_assert!(!table.warnings.iter().any(|warning| warning.contains(&prefix)));
            }
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "[\\[\\]a-z.='{}\n\u{4e00}-\u{4e10}]{0,80}") {
        let _ = parse(&text);
        let _ = parse(&rule("r", &text));
    }
}
