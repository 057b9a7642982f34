//! Metrics against numbers computed by hand, against linfa, and against what must hold for any data.

use super::{
    any_of::average_precision,
    confusion::Confusion,
    interval::Interval,
    one_of::{Answered, OneOf, Scale},
    reliability::Reliability,
    *,
};
use crate::{
    classify::{
        Logits,
        calibration::{Blend, Calibration},
    },
    data::Row,
};
use linfa::prelude::ToConfusionMatrix;
use ndarray::Array1;
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn close(a: f64, b: f64) {
    assert!((a - b).abs() < 1e-6, "{a} is not {b}");
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|k| format!("label{k}")).collect()
}

fn confusion(pairs: &[(usize, usize)], labels: usize) -> Confusion {
    let mut confusion = Confusion::new(names(labels));
    pairs.iter().for_each(|&(gold, predicted)| confusion.add(gold, predicted));
    confusion
}

/// Right: 0 0 0 1 1 2; predicted: 0 0 1 1 2 2; label 3 never occurs.
const SIX: [(usize, usize); 6] = [(0, 0), (0, 0), (0, 1), (1, 1), (1, 2), (2, 2)];

#[test]
fn scores_of_six_rows_are_what_a_person_computes() {
    let confusion = confusion(&SIX, 4);
    close(confusion.accuracy(), 4.0 / 6.0);
    let f1: Vec<f64> = confusion.classes().iter().map(|class| class.f1).collect();
    close(f1[0], 0.8);
    close(f1[1], 0.5);
    close(f1[2], 2.0 / 3.0);
    close(f1[3], 0.0);
    close(confusion.macro_f1(), (0.8 + 0.5 + 2.0 / 3.0) / 3.0);
    close(confusion.weighted_f1(), (3.0 * 0.8 + 2.0 * 0.5 + 2.0 / 3.0) / 6.0);
    close(confusion.classes()[0].precision, 1.0);
    close(confusion.classes()[0].recall, 2.0 / 3.0);
    // Observed disagreement 2; expected (by margins 3, 2, 1 and 2, 2, 2): (3·2·1 + 3·2·4 + 2·2·1 + 2·2·1 + 1·2·4 + 1·2·1) / 6 = 8.
    close(confusion.quadratic_kappa(), 0.75);
    assert_eq!(confusion.mistakes(5), [("label0", "label1", 1), ("label1", "label2", 1)]);
}

#[test]
fn nothing_over_nothing_counts_as_zero() {
    let empty = confusion(&[], 3);
    for number in [empty.accuracy(), empty.macro_f1(), empty.weighted_f1(), empty.quadratic_kappa(), empty.recall(0)] {
        close(number, 0.0);
    }
    close(confusion(&[(0, 1)], 3).classes()[0].precision, 0.0);
}

#[test]
fn probabilities_are_judged_as_a_person_would() {
    let answers = [
        Answered::likeliest(0, vec![0.7, 0.1, 0.1, 0.1]),
        Answered::likeliest(1, vec![0.6, 0.2, 0.1, 0.1]),
        Answered::likeliest(3, vec![0.4, 0.3, 0.2, 0.1]),
        Answered::likeliest(2, vec![0.25, 0.25, 0.25, 0.25]),
    ];
    let scores = OneOf::of(&answers, names(4), Scale::Levels, &Bootstrap::default());
    let probabilities = scores.probabilities.unwrap();
    close(scores.accuracy.value, 0.25);
    close(probabilities.top3, 0.75);
    close(probabilities.nll, -(0.7f64 * 0.2 * 0.1 * 0.25).ln() / 4.0);
    // 0.3² + 3·0.1²; 0.6² + 0.8² + 2·0.1²; 0.4² + 0.3² + 0.2² + 0.9²; 3·0.25² + 0.75².
    close(probabilities.brier, (0.12 + 1.02 + 1.10 + 0.75) / 4.0);
    // Expected levels 0.6, 0.7, 1.0, 1.5 against 0, 1, 3, 2.
    close(scores.mean_error.unwrap(), (0.6 + 0.3 + 2.0 + 0.5) / 4.0);
    // Each of 0.7, 0.6, 0.4, 0.25 has a bin of its own; only the first came true.
    close(probabilities.reliability.ece, (0.3 + 0.6 + 0.4 + 0.25) / 4.0);
}

#[test]
fn average_precision_follows_its_definition() {
    close(average_precision(vec![(0.9, true), (0.8, false), (0.7, true), (0.1, false)]), (1.0 + 2.0 / 3.0) / 2.0);
    close(average_precision(vec![(0.5, true), (0.5, false), (0.5, false), (0.5, false)]), 0.25);
    close(average_precision(vec![(0.5, false)]), 0.0);
}

#[test]
fn any_of_answers_are_counted_label_by_label() {
    let rows = vec![
        (vec![true, false, false], vec![0.9, 0.2, 0.1]),
        (vec![true, true, false], vec![0.6, 0.4, 0.1]),
        (vec![false, false, false], vec![0.2, 0.7, 0.1]),
    ];
    let scores = AnyOf::of(&rows, &names(3), 0.5, &Bootstrap::default());
    close(scores.micro_f1.value, 2.0 * 2.0 / 6.0);
    close(scores.macro_f1.value, 0.5);
    close(scores.exact, 1.0 / 3.0);
    close(scores.average_precision, (1.0 + 0.5) / 2.0);
    assert_eq!(scores.classes[2].support, 0);
}

#[test]
fn numbers_are_judged_by_sign_distance_and_correlation() {
    let scores = Scalar::of(&[(1.0, 0.5), (-1.0, -0.5), (0.0, 0.9), (-0.5, 0.1)], &Bootstrap::default());
    assert_eq!((scores.rows, scores.signed_rows), (4, 3));
    close(scores.sign_accuracy.value, 2.0 / 3.0);
    close(scores.mean_error.value, f64::from(0.5f32 + 0.5 + 0.9 + 0.6) / 4.0);
    let flat = Scalar::of(&[(0.5, 0.1), (-0.5, 0.1)], &Bootstrap::default());
    close(flat.correlation, 0.0);
    close(Scalar::of(&[(-1.0, 0.0), (0.0, 0.1), (1.0, 0.2)], &Bootstrap::default()).correlation, 1.0);
}

#[test]
fn a_calibrated_predictor_has_hardly_any_error_and_a_boaster_has_much() {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let said: Vec<f32> = (0..20_000).map(|_| random.random_range(0.2..1.0)).collect();
    let honest: Vec<(f32, bool)> = said.iter().map(|&p| (p, random.random_bool(f64::from(p)))).collect();
    let boaster: Vec<(f32, bool)> = said.iter().map(|&p| (p, random.random_bool(f64::from(p) * 0.6))).collect();
    let (honest, boaster) = (Reliability::of(&honest), Reliability::of(&boaster));
    assert!(honest.ece < 0.015 && honest.adaptive_ece < 0.015, "{honest:?}");
    assert!(boaster.ece > 0.2 && boaster.adaptive_ece > 0.2);
    assert_eq!(honest.bins.iter().map(|bin| bin.rows).sum::<u32>(), 20_000);
}

#[test]
fn with_few_rows_the_error_of_a_calibrated_predictor_is_what_chance_leaves() {
    let mut random = ChaCha8Rng::seed_from_u64(8);
    let said: Vec<f32> = (0..400).map(|_| random.random_range(0.05..1.0)).collect();
    let mut draw = || {
        let pairs: Vec<(f32, bool)> = said.iter().map(|&p| (p, random.random_bool(f64::from(p)))).collect();
        Reliability::of(&pairs)
    };
    let draws: Vec<Reliability> = (0..300).map(|_| draw()).collect();
    let mean = draws.iter().map(|draw| draw.ece).sum::<f64>() / draws.len() as f64;
    assert!(mean > 0.03, "so small a set never looks calibrated: {mean}");
    assert!(draws.iter().all(|draw| (draw.chance / mean - 1.0).abs() < 0.06), "{mean} {}", draws[0].chance);
    assert_eq!(Reliability::of(&[]).chance, 0.0);
}

/// The interval of a share is about 1.96 standard errors to both sides.
#[test]
fn the_bootstrap_agrees_with_the_formula_for_a_share() {
    let answers: Vec<Answered> =
        (0..1000).map(|i| Answered { gold: 0, predicted: usize::from(i % 5 == 0), probabilities: vec![] }).collect();
    let accuracy = OneOf::of(&answers, names(2), Scale::None, &Bootstrap::default()).accuracy;
    let error = 1.96 * (0.8f64 * 0.2 / 1000.0).sqrt();
    assert!(
        (accuracy.low - (0.8 - error)).abs() < 0.004 && (accuracy.high - (0.8 + error)).abs() < 0.004,
        "{accuracy:?}"
    );
}

fn retail() -> Taxonomy {
    Taxonomy::retail()
}

fn targets(category: &str, priority: &str, flags: &[&str]) -> Targets {
    let row = Row {
        category: Some(category.into()),
        priority: Some(priority.into()),
        flags: Some(flags.iter().map(|f| (*f).to_owned()).collect()),
        ..Default::default()
    };
    Targets::of(&row, &retail()).unwrap()
}

#[test]
fn the_first_level_is_the_sum_of_its_leaves() {
    let taxonomy = retail();
    let mut prediction = Prediction::default();
    prediction[Head::Category] = vec![0.0; taxonomy.categories.len()];
    for (label, p) in [("product.quality", 0.4), ("delivery.late", 0.35), ("delivery.lost", 0.25)] {
        prediction[Head::Category][taxonomy.category_index(label).unwrap()] = p;
    }
    let gold = targets("delivery.late", "medium", &[]);
    let rows = [Judged { gold: &gold, prediction: &prediction, urgency: Some(0) }];
    let evaluation = Evaluation::of(&rows, &taxonomy, &crate::decide::Bands::default(), &Bootstrap::default());
    close(evaluation.one_of(Question::Category).unwrap().accuracy.value, 0.0);
    close(evaluation.one_of(Question::FirstLevel).unwrap().accuracy.value, 1.0);
    close(evaluation.one_of(Question::JointPriority).unwrap().accuracy.value, 0.0);
    assert!(evaluation.one_of(Question::JointPriority).unwrap().probabilities.is_none());
    // The bundle gave no answer for these, so nothing is claimed about them.
    assert!(!evaluation.scores.contains_key(&Question::Priority) && !evaluation.scores.contains_key(&Question::Flags));
    let json = serde_json::to_string(&evaluation).unwrap();
    let read: Evaluation = serde_json::from_str(&json).unwrap();
    assert_eq!(
        read.one_of(Question::Category).unwrap().confusion,
        evaluation.one_of(Question::Category).unwrap().confusion
    );
}

#[test]
fn the_report_shows_models_side_by_side() {
    let taxonomy = retail();
    let gold = [targets("delivery.late", "high", &["safety"]), targets("other.praise", "low", &[])];
    let predict = |high: f32| {
        let mut prediction = Prediction::default();
        prediction[Head::Priority] = vec![high, 0.1, 0.9 - high];
        prediction[Head::Flags] = vec![0.2; taxonomy.flags.len()];
        prediction
    };
    let (sure, unsure) = (predict(0.8), predict(0.2));
    let measure = |prediction: &Prediction| {
        let rows: Vec<Judged> = gold.iter().map(|gold| Judged { gold, prediction, urgency: None }).collect();
        Evaluation::of(&rows, &taxonomy, &crate::decide::Bands::default(), &Bootstrap::default())
    };
    insta::assert_snapshot!(report::summary(&[("both", &measure(&sure)), ("linear", &measure(&unsure))]));
}

#[test]
fn tables_are_written_for_every_question() {
    let folder = tempfile::tempdir().unwrap();
    let answers: Vec<Answered> =
        SIX.iter().map(|&(gold, predicted)| Answered { gold, predicted, probabilities: vec![] }).collect();
    let scores = OneOf::of(&answers, names(3), Scale::None, &Bootstrap::default());
    let evaluation = Evaluation { rows: 6, scores: [(Question::Category, Scores::OneOf(scores))].into() };
    tables::write(folder.path(), "dev-", &evaluation).unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let confusion = "right \\ predicted,label0,label1,label2\nlabel0,2,1,0\nlabel1,0,1,1\nlabel2,0,0,1\n";
    assert_eq!(read("dev-confusion-category.csv"), confusion);
    assert!(read("dev-classes-category.csv").contains("label0,1.0000,0.6667,0.8000,3,2\n"));
}

/// Rows whose labels are drawn from `softmax(logits / temperature)`: the temperature is then known.
fn drawn(temperature: f32, count: usize) -> (Vec<Logits>, Vec<Targets>) {
    let mut random = ChaCha8Rng::seed_from_u64(9);
    let ids: Vec<String> = retail().priorities.iter().map(|p| p.label.id.clone()).collect();
    (0..count)
        .map(|_| {
            let mut logits = Logits::default();
            logits[Head::Priority] = (0..3).map(|_| random.random_range(-4.0..4.0)).collect();
            let truth: Vec<f32> = logits[Head::Priority].iter().map(|z| z / temperature).collect();
            let truth = crate::classify::softmax(&truth);
            let draw: f32 = random.random();
            let label = if draw < truth[0] {
                0
            } else if draw < truth[0] + truth[1] {
                1
            } else {
                2
            };
            (logits, targets("other.praise", &ids[label], &[]))
        })
        .unzip()
}

#[test]
fn the_temperature_that_made_the_labels_is_found_again() {
    for temperature in [0.5, 1.0, 2.5] {
        let (logits, targets) = drawn(temperature, 6000);
        let (calibration, gains) = calibrate::calibration(&logits, &targets);
        let found = calibration.temperature(Head::Priority);
        assert!((found / temperature - 1.0).abs() < 0.08, "{found} for {temperature}");
        assert_eq!(gains.len(), 1);
        assert!(gains[0].nll.1 <= gains[0].nll.0 + 1e-3 && gains[0].ece.1 < 0.03, "{gains:?}");
    }
}

#[test]
fn on_noisy_labels_no_other_temperature_tells_better_whether_the_likeliest_label_is_right() {
    let (logits, mut truth) = drawn(1.0, 3000);
    // Of the labels a quarter are another reader's: the next one instead.
    let ids: Vec<String> = retail().priorities.iter().map(|p| p.label.id.clone()).collect();
    for row in truth.iter_mut().step_by(4) {
        let label = row.label(Head::Priority).unwrap();
        *row = targets("other.praise", &ids[(label + 1) % 3], &[]);
    }
    let found = calibrate::calibration(&logits, &truth).0.temperature(Head::Priority);
    let loss = |temperature: f32| {
        let calibration = Calibration { temperatures: [(Head::Priority, temperature)].into() };
        let told = logits.iter().zip(&truth).map(|(z, t)| {
            let (best, p) = calibration.apply(z).best(Head::Priority).unwrap();
            let p = f64::from(p);
            if t.label(Head::Priority) == Some(best) { -p.ln() } else { -(1.0 - p).ln() }
        });
        told.sum::<f64>()
    };
    for other in [0.5, 0.9, 0.97, 1.03, 1.1, 2.0] {
        assert!(loss(found) < loss(found * other), "{found} against {}", found * other);
    }
}

#[test]
fn a_blend_gives_all_weight_to_the_model_that_knows() {
    let (good, targets) = drawn(1.0, 3000);
    let mut random = ChaCha8Rng::seed_from_u64(4);
    let noise: Vec<Logits> = good
        .iter()
        .map(|_| {
            let mut logits = Logits::default();
            logits[Head::Priority] = (0..3).map(|_| random.random_range(-4.0..4.0)).collect();
            logits
        })
        .collect();
    let (blend, _) = calibrate::blend(&good, &noise, &targets);
    assert!(blend.weight(Head::Priority) > 0.95, "{blend:?}");
    let (blend, _) = calibrate::blend(&noise, &good, &targets);
    assert!(blend.weight(Head::Priority) < 0.05, "{blend:?}");
    // Two halves of the truth, which only together are the whole.
    let halves: Vec<[Logits; 2]> = good
        .iter()
        .zip(&noise)
        .map(|(z, n)| {
            let mut halves = [Logits::default(), Logits::default()];
            halves[0][Head::Priority] = z[Head::Priority].iter().zip(&n[Head::Priority]).map(|(z, n)| z + n).collect();
            halves[1][Head::Priority] = z[Head::Priority].iter().zip(&n[Head::Priority]).map(|(z, n)| z - n).collect();
            halves
        })
        .collect();
    let (first, second): (Vec<_>, Vec<_>) = halves.into_iter().map(|[a, b]| (a, b)).unzip();
    let (blend, gains) = calibrate::blend(&first, &second, &targets);
    assert!((blend.weight(Head::Priority) - 0.5).abs() < 0.05, "{blend:?}");
    assert!((gains[0].temperature - 1.0).abs() < 0.1, "{gains:?}");
}

#[test]
fn a_model_that_is_always_right_gets_a_bounded_temperature() {
    let (logits, _) = drawn(1.0, 50);
    let ids: Vec<String> = retail().priorities.iter().map(|p| p.label.id.clone()).collect();
    let right: Vec<Targets> =
        logits.iter().map(|z| targets("other.praise", &ids[z.best(Head::Priority).unwrap().0], &[])).collect();
    let found = calibrate::calibration(&logits, &right).0.temperature(Head::Priority);
    assert!((0.04..0.5).contains(&found), "{found}");
}

fn answers() -> impl Strategy<Value = Vec<(usize, usize)>> {
    prop::collection::vec((0usize..5, 0usize..5), 30..200)
}

proptest! {
    /// linfa averages over all labels that occur; ours must be the same wherever linfa's quotients exist.
    #[test]
    fn linfa_counts_the_same(pairs in answers()) {
        let ours = confusion(&pairs, 5);
        let gold: Array1<usize> = pairs.iter().map(|pair| pair.0).collect();
        let predicted: Array1<usize> = pairs.iter().map(|pair| pair.1).collect();
        let theirs = predicted.confusion_matrix(&gold).unwrap();
        prop_assert!((ours.accuracy() - f64::from(theirs.accuracy())).abs() < 1e-5);
        let occurring: Vec<_> = ours.classes().into_iter().filter(|c| c.support + c.predicted > 0).collect();
        let matrices = theirs.split_one_vs_all();
        if occurring.len() > 2 {
            prop_assert_eq!(matrices.len(), occurring.len());
            for (class, matrix) in occurring.iter().zip(matrices) {
                if class.predicted > 0 && class.support > 0 {
                    // linfa counts predictions in rows but divides as if they were columns: its two names are exchanged.
                    prop_assert!((class.precision - f64::from(matrix.recall())).abs() < 1e-5);
                    prop_assert!((class.recall - f64::from(matrix.precision())).abs() < 1e-5);
                    prop_assert!((class.f1 - f64::from(matrix.f1_score())).abs() < 1e-5 || class.f1 == 0.0);
                }
            }
        }
    }

    #[test]
    fn an_interval_holds_its_own_value(pairs in answers()) {
        let answers: Vec<Answered> = pairs
            .iter()
            .map(|&(gold, predicted)| Answered { gold, predicted, probabilities: vec![] })
            .collect();
        let bootstrap = Bootstrap { resamples: 300, seed: 3 };
        let scores = OneOf::of(&answers, names(5), Scale::None, &bootstrap);
        let Interval { value, low, high } = scores.accuracy;
        prop_assert!(low <= value + 1e-9 && value <= high + 1e-9);
        prop_assert!(0.0 <= low && high <= 1.0);
        prop_assert_eq!(scores, OneOf::of(&answers, names(5), Scale::None, &bootstrap));
    }

    #[test]
    fn a_temperature_changes_no_ranking_and_keeps_the_sum(
        z in prop::collection::vec(-30.0f32..30.0, 3), temperature in 0.05f32..20.0
    ) {
        let mut logits = Logits::default();
        logits[Head::Priority] = z;
        logits[Head::Flags] = logits[Head::Priority].clone();
        logits[Head::Sentiment] = vec![logits[Head::Priority][0]];
        let calibration = Calibration { temperatures: Head::ALL.map(|head| (head, temperature)).into() };
        let calm = calibration.apply(&logits);
        prop_assert_eq!(calm.best(Head::Priority).unwrap().0, logits.best(Head::Priority).unwrap().0);
        prop_assert!((calm[Head::Priority].iter().sum::<f32>() - 1.0).abs() < 1e-5);
        prop_assert!(calm[Head::Flags].iter().all(|p| (0.0..=1.0).contains(p)));
        prop_assert!((-1.0..=1.0).contains(&calm[Head::Sentiment][0]));
    }

    #[test]
    fn undoing_a_calibration_gives_the_plain_probabilities(
        z in prop::collection::vec(-6.0f32..6.0, 4), temperature in 0.5f32..3.0
    ) {
        let mut logits = Logits::default();
        logits[Head::Category] = z.clone();
        logits[Head::Flags] = z;
        let calibration = Calibration { temperatures: Head::ALL.map(|head| (head, temperature)).into() };
        let (plain, undone) = (logits.to_probabilities(), calibration.undo(&calibration.apply(&logits)));
        for head in [Head::Category, Head::Flags] {
            for (a, b) in plain[head].iter().zip(&undone[head]) {
                prop_assert!((a - b).abs() < 1e-3, "{} {}", a, b);
            }
        }
    }

    #[test]
    fn a_blend_of_full_weight_is_that_model(
        a in prop::collection::vec(-9.0f32..9.0, 5), b in prop::collection::vec(-9.0f32..9.0, 5)
    ) {
        let (mut first, mut second) = (Logits::default(), Logits::default());
        first[Head::Category] = a;
        second[Head::Category] = b;
        for (weight, model) in [(1.0, &first), (0.0, &second)] {
            let blend = Blend { weights: [(Head::Category, weight)].into(), ..Default::default() };
            let (blended, alone) = (blend.apply(&first, &second), model.to_probabilities());
            for (x, y) in blended[Head::Category].iter().zip(&alone[Head::Category]) {
                prop_assert!((x - y).abs() < 1e-5);
            }
        }
    }
}
