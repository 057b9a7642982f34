use super::*;
use crate::{
    complaint::{Customer, Order},
    segment::Segmenter,
};
use serde::Deserialize;
use std::{collections::BTreeMap, path::Path, sync::LazyLock};

static SEGMENTER: LazyLock<Segmenter> = LazyLock::new(Segmenter::new);

const CALM: Feeling = Feeling { emotion: None, intensity: 0.0, sentiment: None };

fn measured(complaint: &Complaint) -> Vec<Measure> {
    let taxonomy = Taxonomy::retail();
    let reading = SEGMENTER.read(&complaint.text).unwrap();
    measures(&Policy::default_for(&taxonomy), &taxonomy, complaint, &reading, &Prediction::default(), &CALM)
}

fn decided(policy: &Policy, complaint: &Complaint, prediction: &Prediction) -> Urgency {
    let reading = SEGMENTER.read(&complaint.text).unwrap();
    urgency(policy, &Taxonomy::retail(), complaint, &reading, prediction, &CALM).unwrap()
}

fn policy(rest: &str) -> Policy {
    let text = format!(
        "id = \"p\"\nversion = \"1\"\n[decide]\nheads = []\n[bands]\ndefault = {{ auto = 0.9, suggest = 0.6, margin = 0.1 }}\n{rest}"
    );
    Policy::parse(&text, Path::new("p.toml"), &Taxonomy::retail()).unwrap()
}

const SIGNAL: &str =
    "[[signals]]\nid = \"fire\"\nname = { zh = \"火\", en = \"Fire\" }\npoints = 30\nwords = [\"着火\"]\n";
const LEVELS: &str = "[levels]\nhigh = 50\nmedium = 20\n";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    text: String,
    #[serde(default)]
    fires: Vec<String>,
    #[serde(default)]
    silent: Vec<String>,
    #[serde(default)]
    shows: BTreeMap<String, String>,
}

#[test]
fn the_table_of_signals_holds() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/priority/signals.toml");
    let cases: Cases = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(cases.case.len() >= 60);
    let taxonomy = Taxonomy::retail();
    let policy = Policy::default_for(&taxonomy);
    let mut wrong = Vec::new();
    for case in cases.case {
        let complaint = Complaint::of(&case.text);
        let reading = SEGMENTER.read(&case.text).unwrap();
        let found = measures(&policy, &taxonomy, &complaint, &reading, &Prediction::default(), &CALM);
        for signal in case.fires.iter().chain(&case.silent).chain(case.shows.keys()) {
            assert!(found.iter().any(|measure| &measure.signal == signal), "no signal `{signal}`");
        }
        let fired = |signal: &String| found.iter().find(|m| &m.signal == signal && m.value != 0.0);
        wrong.extend(case.fires.iter().filter(|s| fired(s).is_none()).map(|s| format!("{}: not {s}", case.text)));
        for signal in case.silent.iter().filter(|signal| fired(signal).is_some()) {
            wrong.push(format!(
                "{}: {:?}",
                case.text,
                fired(signal).map(|m| (&m.name, &case.text[m.evidence[0].clone()]))
            ));
        }
        for (signal, words) in &case.shows {
            let shown: Vec<&str> =
                fired(signal).map_or(Vec::new(), |m| m.evidence.iter().map(|r| &case.text[r.clone()]).collect());
            if !shown.contains(&words.as_str()) {
                wrong.push(format!("{}: {signal} shows {shown:?}", case.text));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn evidence_is_a_slice_of_the_original() {
    let text = "我 們 小區１０戶業主的熱水器都漏電，已經找記者";
    for measure in measured(&Complaint::of(text)) {
        for range in measure.evidence {
            assert!(text.get(range).is_some_and(|words| !words.is_empty()));
        }
    }
}

#[test]
fn points_add_up_and_fall_into_levels() {
    let policy = policy(&format!("{SIGNAL}{LEVELS}[amount]\norder = [{{ from = 1000, points = 25 }}]\n"));
    let mut complaint = Complaint::of("插头着火了");
    let medium = decided(&policy, &complaint, &Prediction::default());
    assert_eq!((medium.level, medium.points), (1, 30));
    assert_eq!(medium.reasons[0].evidence.as_deref(), Some("着火"));
    assert_eq!(medium.reasons[0].span, Some((6, 12)));
    complaint.order = Some(Order { id: None, amount: Some(1000.0) });
    let high = decided(&policy, &complaint, &Prediction::default());
    assert_eq!((high.level, high.points), (0, 55));
    assert_eq!(high.reasons.iter().map(|r| r.points).sum::<i32>(), high.points);
    let low = decided(&policy, &Complaint::of("插头松了"), &Prediction::default());
    assert_eq!((low.level, low.points, low.reasons.len()), (2, 0, 0));
}

#[test]
fn a_tier_counts_whatever_its_case() {
    let policy = policy(&format!("{LEVELS}[tiers]\ngold = 21\n"));
    let mut complaint = Complaint::of("什么时候发货");
    complaint.customer = Some(Customer { id: None, tier: Some(" Gold".into()) });
    assert_eq!(decided(&policy, &complaint, &Prediction::default()).level, 1);
    complaint.customer = Some(Customer { id: None, tier: Some("silver".into()) });
    assert_eq!(decided(&policy, &complaint, &Prediction::default()).points, 0);
}

#[test]
fn what_the_policy_leaves_to_the_model_the_model_settles_but_customer_and_order_count() {
    let rest = format!("{SIGNAL}{LEVELS}[tiers]\ngold = 9\n[model]\nlimit = 4.0\nsettles = [\"medium\"]\n");
    let policy = policy(&rest);
    let urgent = |text: &str, tier: Option<&str>, probabilities: [f32; 3]| {
        let mut complaint = Complaint::of(text);
        complaint.customer = tier.map(|tier| Customer { id: None, tier: Some(tier.into()) });
        let mut prediction = Prediction::default();
        prediction[Head::Priority] = probabilities.to_vec();
        let urgency = decided(&policy, &complaint, &prediction);
        assert_eq!(urgency.reasons.iter().map(|r| r.points).sum::<i32>(), urgency.points);
        assert_eq!(level(&policy.levels, urgency.points), urgency.level, "level and points agree");
        urgency.level
    };
    // 30 points are medium; the model is for low, a little.
    assert_eq!(urgent("插头着火了", None, [0.1, 0.4, 0.5]), 2);
    assert_eq!(urgent("插头着火了", Some("gold"), [0.1, 0.4, 0.5]), 1);
    assert_eq!(urgent("插头着火了", Some("gold"), [0.1, 0.1, 0.8]), 2);
    // Nothing speaks for medium but the model; high is for the points alone.
    assert_eq!(urgent("插头松了", None, [0.1, 0.5, 0.4]), 1);
    assert_eq!(urgent("插头松了", None, [0.9, 0.06, 0.04]), 1);
    assert_eq!(urgent("插头松了", None, [1.0, 0.0, 0.0]), 1);
}

#[test]
fn the_models_heads_add_to_the_words() {
    let taxonomy = Taxonomy::retail();
    let policy = policy(&format!(
        "{SIGNAL}{LEVELS}[model]\nlimit = 4.0\npriority = {{ high = 10, medium = 5 }}\nflags = {{ media = 8 }}\n"
    ));
    let mut prediction = Prediction::default();
    prediction[Head::Priority] = vec![0.5, 0.5, 0.0];
    prediction[Head::Flags] = vec![0.0; taxonomy.flags.len()];
    prediction[Head::Flags][taxonomy.flag_index("media").unwrap()] = 1.0;
    let urgency = decided(&policy, &Complaint::of("插头着火了"), &prediction);
    let points: BTreeMap<&str, i32> = urgency.reasons.iter().map(|r| (r.signal.as_str(), r.points)).collect();
    // Even odds of high add nothing; certainty of medium counts up to the limit.
    assert_eq!(points, BTreeMap::from([("fire", 30), ("model.priority", 20), ("model.flag.media", 8)]));
    assert_eq!(urgency.level, 0);
}

#[test]
fn a_floor_lifts_the_level_and_lends_the_points() {
    let policy = policy(&format!("{SIGNAL}floor = \"high\"\n{LEVELS}"));
    let urgency = decided(&policy, &Complaint::of("插头着火了"), &Prediction::default());
    assert_eq!((urgency.level, urgency.points), (0, 50));
    assert!(urgency.reasons.iter().any(|reason| reason.signal == "floor.fire" && reason.points == 20));
    let denied = decided(&policy, &Complaint::of("插头没有着火"), &Prediction::default());
    assert_eq!((denied.level, denied.points), (2, 0));
}

#[test]
fn without_levels_the_models_priority_decides() {
    let policy = policy("");
    let mut prediction = Prediction::default();
    prediction[Head::Priority] = vec![0.2, 0.3, 0.5];
    assert_eq!(decided(&policy, &Complaint::of("什么时候发货"), &prediction).level, 2);
    let reading = SEGMENTER.read("什么时候发货").unwrap();
    let none = urgency(&policy, &Taxonomy::retail(), &Complaint::default(), &reading, &Prediction::default(), &CALM);
    assert_eq!(none, None);
}

#[test]
fn the_vector_keeps_its_length_and_its_names() {
    let names = |text: &str| measured(&Complaint::of(text)).into_iter().map(|m| m.name).collect::<Vec<_>>();
    let first = names("第三次投诉了，宝宝被烫伤，损失3000元");
    assert_eq!(first, names("还行"));
    let distinct: std::collections::BTreeSet<_> = first.iter().collect();
    assert_eq!(distinct.len(), first.len());
}
