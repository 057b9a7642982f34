use super::*;
use crate::decision::Reason;
use std::path::Path;

/// The verdict on a text that nobody took for foreign, in Chinese.
fn verdict(policy: &Policy, taxonomy: &Taxonomy, prediction: &Prediction, urgency: Option<&Urgency>) -> Verdict {
    verdict_in(Language::Zh, policy, taxonomy, prediction, urgency, None)
}

fn with(taxonomy: &Taxonomy, department: &str, probability: f32, second: &str, its: f32) -> Prediction {
    let mut prediction = Prediction::default();
    prediction[Head::Department] = vec![0.0; taxonomy.departments.len()];
    prediction[Head::Department][taxonomy.department_index(department).unwrap()] = probability;
    prediction[Head::Department][taxonomy.department_index(second).unwrap()] = its;
    prediction
}

fn policy(decide: &str) -> Policy {
    let text = format!(
        "id = \"p\"\nversion = \"1\"\n[[signals]]\nid = \"media\"\nname = {{ zh = \"曝光\", en = \"Media\" }}\npoints = 1\nwords = [\"记者\"]\n\
         [bands]\ndefault = {{ auto = 0.9, suggest = 0.6, margin = 0.15 }}\n[decide]\nheads = [\"department\", \"category\"]\n{decide}"
    );
    Policy::parse(&text, Path::new("p.toml"), &Taxonomy::retail()).unwrap()
}

#[test]
fn a_sure_department_is_dispatched() {
    let retail = Taxonomy::retail();
    let prediction = with(&retail, "logistics", 0.95, "service", 0.03);
    assert_eq!(band(&policy(""), Head::Department, &prediction, None), Band::Auto);
    let verdict = verdict(&policy(""), &retail, &prediction, None);
    assert_eq!(verdict.action, Action::Dispatch);
    assert_eq!(verdict.reason, "部门「物流部」的把握为 95%，可以自动派发");
}

#[test]
fn a_likely_department_is_suggested() {
    let retail = Taxonomy::retail();
    let prediction = with(&retail, "logistics", 0.7, "service", 0.2);
    let verdict = verdict_in(Language::En, &policy(""), &retail, &prediction, None, None);
    assert_eq!(verdict.action, Action::Suggest);
    assert_eq!(verdict.reason, "Department \"Logistics\" is 70% sure: a person confirms");
}

#[test]
fn an_unsure_department_goes_to_a_person() {
    let retail = Taxonomy::retail();
    let prediction = with(&retail, "logistics", 0.4, "service", 0.1);
    let verdict = verdict(&policy(""), &retail, &prediction, None);
    assert_eq!(verdict.action, Action::Review);
    assert_eq!(verdict.reason, "部门「物流部」的把握只有 40%，需要人工判断");
}

#[test]
fn two_close_departments_go_to_a_person_and_both_are_named() {
    let retail = Taxonomy::retail();
    let prediction = with(&retail, "logistics", 0.48, "service", 0.46);
    let verdict = verdict(&policy(""), &retail, &prediction, None);
    assert_eq!(verdict.action, Action::Review);
    assert_eq!(verdict.reason, "部门「物流部」与「客服部」难分高下，需要人工判断");
}

#[test]
fn the_least_sure_head_decides() {
    let retail = Taxonomy::retail();
    let mut prediction = with(&retail, "logistics", 0.95, "service", 0.03);
    prediction[Head::Category] = vec![0.0; retail.categories.len()];
    prediction[Head::Category][retail.category_index("delivery.lost").unwrap()] = 0.7;
    let verdict = verdict(&policy(""), &retail, &prediction, None);
    assert_eq!(verdict.action, Action::Suggest);
    assert!(verdict.reason.contains("类别「丢件」"));
}

#[test]
fn a_signal_that_the_policy_wants_confirmed_stops_automatic_dispatch() {
    let retail = Taxonomy::retail();
    let prediction = with(&retail, "logistics", 0.95, "service", 0.03);
    let reason = Reason { signal: "media".into(), evidence: None, span: None, points: 20 };
    let urgency = Urgency { level: 0, points: 20, reasons: vec![reason] };
    let by_signal = verdict(&policy("confirm_signals = [\"media\"]\n"), &retail, &prediction, Some(&urgency));
    assert_eq!(by_signal.action, Action::Suggest);
    assert!(by_signal.reason.contains("「曝光」"));
    let foreign = |language| {
        let policy = policy("confirm_signals = [\"media\"]\n");
        verdict_in(language, &policy, &retail, &prediction, Some(&urgency), Some(0.99))
    };
    assert_eq!(foreign(Language::Zh).action, Action::Review);
    assert!(foreign(Language::Zh).reason.contains("不像") && foreign(Language::Zh).reason.contains("但涉及「曝光」"));
    assert!(foreign(Language::En).reason.contains("but it speaks of \"Media\""), "{}", foreign(Language::En).reason);
    let urgent = verdict_in(Language::Zh, &policy(""), &retail, &prediction, Some(&urgency), Some(0.99));
    assert!(urgent.reason.contains("不像") && urgent.reason.contains("但优先级为「高」"), "{}", urgent.reason);
    let by_level = verdict(&policy("confirm_levels = [\"high\"]\n"), &retail, &prediction, Some(&urgency));
    assert_eq!(by_level.action, Action::Suggest);
    assert!(by_level.reason.contains("「高」"));
    assert_eq!(verdict(&policy(""), &retail, &prediction, Some(&urgency)).action, Action::Dispatch);
}

#[test]
fn a_bundle_of_emotions_only_is_judged_by_them() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/taxonomies/weibo-emotion.toml");
    let weibo = Taxonomy::open(&file).unwrap();
    let mut prediction = Prediction::default();
    prediction[Head::Emotion] = vec![0.96, 0.01, 0.01, 0.01, 0.01, 0.0];
    let verdict = verdict(&Policy::default_for(&weibo), &weibo, &prediction, None);
    assert_eq!((verdict.action, verdict.reason.contains("情绪「愤怒」")), (Action::Dispatch, true));
}

#[test]
fn no_answer_at_all_goes_to_a_person() {
    let retail = Taxonomy::retail();
    assert_eq!(band(&policy(""), Head::Department, &Prediction::default(), None), Band::Review);
    assert_eq!(verdict(&policy(""), &retail, &Prediction::default(), None).action, Action::Review);
}

#[test]
fn what_looks_foreign_goes_to_a_person_however_sure_the_heads_are() {
    let retail = Taxonomy::retail();
    let prediction = with(&retail, "logistics", 0.99, "service", 0.01);
    let decide = |policy: &Policy, score| verdict_in(Language::Zh, policy, &retail, &prediction, None, Some(score));
    let foreign = decide(&policy(""), 0.985);
    assert_eq!(foreign.action, Action::Review);
    assert_eq!(foreign.reason, "内容不像本系统所学的投诉（如广告、新闻、乱码、外语），需要人工判断");
    assert_eq!(band(&policy(""), Head::Department, &prediction, Some(0.985)), Band::Review);
    assert_eq!(decide(&policy(""), 0.98).action, Action::Dispatch);
    // A policy may be stricter, or never mind.
    assert_eq!(decide(&policy("out_of_scope = 0.9\n"), 0.95).action, Action::Review);
    assert_eq!(decide(&policy("out_of_scope = 1.0\n"), 1.0).action, Action::Dispatch);
    let english = verdict_in(Language::En, &policy(""), &retail, &prediction, None, Some(1.0));
    assert!(english.reason.contains("a person decides"), "{}", english.reason);
}
