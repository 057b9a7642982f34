//! Comparisons made by hand, and the gates before them.

use super::*;
use crate::{
    classify::Prediction,
    data::{Row, Targets},
    evaluate::gates::{Failure, Gates},
    taxonomy::Language,
};
use proptest::prelude::*;
use std::sync::LazyLock;

static RETAIL: LazyLock<Taxonomy> = LazyLock::new(Taxonomy::retail);

/// The labels of one row.
fn targets(department: &str, priority: &str, sentiment: f32) -> Targets {
    let row = Row {
        department: Some(department.into()),
        priority: Some(priority.into()),
        sentiment: Some(sentiment),
        ..Default::default()
    };
    Targets::of(&row, &RETAIL).unwrap()
}

/// What a model says that is `sure` of one department and one priority.
fn answer(department: usize, priority: usize, sure: f32, sentiment: f32) -> (Prediction, usize) {
    let taxonomy = &*RETAIL;
    let spread = |width: usize, best: usize| -> Vec<f32> {
        (0..width).map(|k| if k == best { sure } else { (1.0 - sure) / (width - 1) as f32 }).collect()
    };
    let mut prediction = Prediction::default();
    prediction[Head::Department] = spread(taxonomy.departments.len(), department);
    prediction[Head::Priority] = spread(taxonomy.priorities.len(), priority);
    prediction[Head::Sentiment] = vec![sentiment];
    (prediction, priority)
}

struct Bench {
    gold: Vec<Targets>,
    answers: [Vec<(Prediction, usize)>; 2],
}

impl Bench {
    /// 200 rows of two departments and two priorities; `wrong` says which rows which model gets wrong, `sure` how sure it is.
    fn new(sure: [f32; 2], wrong: impl Fn(usize, usize) -> bool) -> Self {
        let gold = (0..200)
            .map(|i| {
                let department = if i % 2 == 0 { "quality" } else { "logistics" };
                targets(department, if i % 4 == 0 { "high" } else { "low" }, if i % 4 == 0 { -0.8 } else { 0.5 })
            })
            .collect();
        let answers = [0, 1].map(|model| {
            (0..200)
                .map(|i| {
                    // Of retail-v1: quality is 0, logistics 4; high is 0, low 2.
                    let (department, priority) = (if i % 2 == 0 { 0 } else { 4 }, if i % 4 == 0 { 0 } else { 2 });
                    let sign = if i % 4 == 0 { -0.5 } else { 0.5 };
                    match wrong(model, i) {
                        true => answer(1, 1, sure[model], -sign),
                        false => answer(department, priority, sure[model], sign),
                    }
                })
                .collect()
        });
        Bench { gold, answers }
    }

    fn compare(&self) -> Comparison {
        let judged = |model: usize, row: usize| {
            let (prediction, urgency) = &self.answers[model][row];
            Judged { gold: &self.gold[row], prediction, urgency: Some(*urgency) }
        };
        let pairs: Vec<[Judged; 2]> = (0..self.gold.len()).map(|row| [judged(0, row), judged(1, row)]).collect();
        Comparison::of(&pairs, &RETAIL, &Bootstrap { resamples: 400, seed: 7 })
    }
}

#[test]
fn a_model_differs_nowhere_from_itself_and_passes_every_gate() {
    let comparison = Bench::new([0.9, 0.9], |_, row| row % 7 == 0).compare();
    assert_eq!(comparison.rows, 200);
    let asked: Vec<Question> = comparison.questions.keys().copied().collect();
    assert_eq!(asked, [Question::Department, Question::Priority, Question::JointPriority, Question::Sentiment]);
    for change in comparison.questions.values() {
        assert_eq!((change.difference.value, change.difference.low, change.difference.high), (0.0, 0.0, 0.0));
        assert_eq!((change.counts.only_first, change.counts.only_second, change.counts.p), (0, 0, 1.0));
        assert_eq!(change.accuracy[0], change.accuracy[1]);
        assert!(change.worst(0).is_none());
    }
    let strict = Gates {
        accuracy: Some(0.0),
        urgent: Some(0.0),
        ece: Some(0.0),
        class: Some(0.0),
        class_rows: 0,
        speed: Some(1.0),
    };
    assert_eq!(strict.failures(&comparison, Some([50.0, 50.0])), []);
}

#[test]
fn what_is_counted_is_what_a_person_counts() {
    // The first is wrong on 20 rows (0, 10, 20, …), the second on 10 (0, 20, 40, …).
    let comparison =
        Bench::new([0.9, 0.8], |model, row| if model == 0 { row % 10 == 0 } else { row % 20 == 0 }).compare();
    let change = &comparison.questions[&Question::Department];
    assert_eq!(change.accuracy, [0.9, 0.95]);
    assert!((change.difference.value - 0.05).abs() < 1e-12, "{change:?}");
    assert!(change.difference.low > 0.0 && change.difference.high < 0.1, "{change:?}");
    let counts = change.counts;
    assert_eq!((counts.both, counts.only_first, counts.only_second, counts.neither), (180, 0, 10, 10));
    // Ten coins that all fall on one side, either side: 2 / 2^10.
    assert!((counts.p - 2.0 / 1024.0).abs() < 1e-12, "{counts:?}");
    // Mistakes are on even rows: all of them quality.
    let labels: Vec<(&str, u32, [f64; 2])> =
        change.classes.iter().map(|class| (class.label.as_str(), class.rows, class.recall)).collect();
    assert_eq!(labels, [("quality", 100, [0.8, 0.9]), ("logistics", 100, [1.0, 1.0])]);
    // Said 0.9 and right 0.9; said 0.8 and right 0.95.
    let [first, second] = change.ece.unwrap();
    assert!(first < 1e-6 && (second - 0.15).abs() < 1e-6, "{first} {second}");
    // Of the 50 urgent rows, those of 0, 20, 40, … (10) are wrong for both.
    let urgent = comparison.questions[&Question::JointPriority].urgent.unwrap();
    assert_eq!((urgent.rows, urgent.recall, urgent.difference.value), (50, [0.8, 0.8], 0.0));
    assert!(comparison.questions[&Question::JointPriority].ece.is_none(), "a level has no probability");
    assert_eq!(comparison.questions[&Question::Sentiment].classes[0].label, "negative");
}

#[test]
fn a_planted_loss_is_refused_and_named() {
    // The second misses every third urgent row, and nothing else.
    let comparison = Bench::new([0.9, 0.9], |model, row| model == 1 && row % 12 == 0).compare();
    let gates = Gates::default();
    let failures = gates.failures(&comparison, None);
    let of = |name: &str| {
        let gate = |failure: &&Failure| serde_json::to_value(failure).unwrap()["gate"] == name;
        failures.iter().filter(gate).count()
    };
    // 17 of 200 rows lost, on the four questions; 17 of 50 urgent ones; the labels high and negative, 34 points each.
    assert_eq!((of("accuracy"), of("urgent"), of("unanswered"), of("speed")), (4, 1, 0, 0), "{failures:?}");
    assert!(of("class") >= 3, "{failures:?}");
    let told: Vec<String> = failures.iter().map(|failure| failure.tell(Language::Zh)).collect();
    assert!(told.iter().any(|line| line.contains("最紧急一级的召回率从 100.0 % 降到 66.0 %")), "{told:?}");
    let told: Vec<String> = failures.iter().map(|failure| failure.tell(Language::En)).collect();
    assert!(told.iter().any(|line| line.starts_with("Department: accuracy fell by 8.5 points")), "{told:?}");
    assert!(told.iter().any(|line| line.contains("recall of high fell from 100.0 % to 66.0 %")), "{told:?}");
    // The other way round it is a gain.
    let gain = Bench::new([0.9, 0.9], |model, row| model == 0 && row % 12 == 0).compare();
    assert!(gates.failures(&gain, None).iter().all(|failure| matches!(failure, Failure::Ece { .. })));
}

#[test]
fn chance_small_classes_and_open_gates_refuse_nothing() {
    // Three rows lost and two won: within chance.
    let wrong =
        |model: usize, row: usize| if model == 1 { [1, 51, 101].contains(&row) } else { [3, 53].contains(&row) };
    assert_eq!(Gates::default().failures(&Bench::new([0.9, 0.9], wrong).compare(), None), []);
    let loss = Bench::new([0.9, 0.5], |model, row| model == 1 && row % 3 == 0).compare();
    let mut gates = Gates::default();
    assert!(!gates.failures(&loss, None).is_empty());
    for gate in ["accuracy=off", "urgent=off", "ece=off", "class=off"] {
        gates.set(gate).unwrap();
    }
    assert_eq!(gates.failures(&loss, Some([100.0, 1.0])), []);
    gates.set("speed=0.5").unwrap();
    assert!(matches!(gates.failures(&loss, Some([100.0, 1.0]))[..], [Failure::Speed { .. }]));
    gates.set("speed=off").unwrap();
    gates.set("class=1").unwrap();
    gates.set("class-rows=101").unwrap();
    let held: Vec<Failure> = gates.failures(&loss, None);
    assert!(
        held.iter().all(|f| matches!(f, Failure::Class { rows, .. } if *rows >= 101)) && !held.is_empty(),
        "{held:?}"
    );
}

#[test]
fn overconfidence_is_refused() {
    let comparison = Bench::new([0.8, 0.99], |_, row| row % 5 == 0).compare();
    let failures = Gates::default().failures(&comparison, None);
    assert!(
        failures.iter().all(|failure| matches!(failure, Failure::Ece { .. })) && failures.len() == 2,
        "{failures:?}"
    );
    assert!(failures[0].tell(Language::En).contains("rose from 0.000 to 0.190"), "{}", failures[0].tell(Language::En));
}

#[test]
fn a_question_that_is_no_longer_answered_is_refused() {
    let mut bench = Bench::new([0.9, 0.9], |_, _| false);
    for (prediction, _) in &mut bench.answers[1] {
        prediction[Head::Department].clear();
        prediction[Head::Sentiment].clear();
    }
    let comparison = bench.compare();
    assert_eq!(comparison.unanswered, [Question::Department, Question::Sentiment]);
    let failures = Gates::default().failures(&comparison, None);
    assert!(failures.contains(&Failure::Unanswered { question: Question::Department }), "{failures:?}");
}

#[test]
fn gates_of_the_command_line_say_what_is_wrong_with_them() {
    let mut gates = Gates::default();
    for (argument, word) in [
        ("accuracy", "NAME=VALUE"),
        ("beauty=1", "beauty"),
        ("ece=-1", "from 0 on"),
        ("ece=NaN", "from 0 on"),
        ("class-rows=off", "whole number"),
    ] {
        let reason = gates.set(argument).unwrap_err();
        assert!(reason.contains(word), "{reason}");
    }
    assert_eq!(gates, Gates::default());
    gates.set("accuracy=2.5").unwrap();
    assert_eq!(gates.accuracy, Some(2.5));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn exchanging_the_models_turns_every_difference_round(first in 0usize..200, second in 0usize..200, step in 1usize..9) {
        let wrong = |model: usize, row: usize| {
            if model == 0 { row < first && row.is_multiple_of(step) } else { row < second && row.is_multiple_of(step + 1) }
        };
        let here = Bench::new([0.9, 0.7], wrong).compare();
        let there = Bench::new([0.7, 0.9], |model, row| wrong(1 - model, row)).compare();
        for (question, change) in &here.questions {
            let other = &there.questions[question];
            prop_assert!((change.difference.value + other.difference.value).abs() < 1e-12);
            prop_assert!((change.difference.low + other.difference.high).abs() < 0.011);
            prop_assert_eq!(change.counts.p, other.counts.p);
            prop_assert_eq!(change.counts.only_first, other.counts.only_second);
            prop_assert!(change.difference.low <= change.difference.value + 1e-12);
            prop_assert!(change.difference.value <= change.difference.high + 1e-12);
        }
    }
}
