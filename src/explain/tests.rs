//! With the shipped bundle and real sentences.

use super::*;
use crate::{Pipeline, data::Source};
use proptest::prelude::*;
use std::sync::LazyLock;

static PIPELINE: LazyLock<Pipeline> = LazyLock::new(|| Pipeline::open("models/retail".as_ref(), None).unwrap());

const LONG: &str = "买的手机壳半个月了，物流一直停在杭州中转站没动过，客服每次都说在催，催了三次也没有结果，\
    这已经是我第三次投诉，再不处理我就打12315！";

fn read(text: &str) -> Reading {
    Segmenter::new().read(text).unwrap()
}

/// Texts of the development rows: what customers write, masks and emoji included.
fn real_texts(every: usize) -> Vec<String> {
    let rows = Source::of("datasets/retail/dev.jsonl").rows().unwrap();
    rows.step_by(every).map(|row| row.unwrap().row.unwrap().text).collect()
}

fn words(reading: &Reading) -> Vec<String> {
    reading.words().map(str::to_owned).collect()
}

/// The words of a reading without those of one unit.
fn other_words(reading: &Reading, unit: &Unit) -> Vec<String> {
    let kept = reading.words().enumerate().filter(|(place, _)| !unit.words.contains(place));
    kept.map(|(_, word)| word.to_owned()).collect()
}

#[test]
fn deleting_a_word_changes_that_word_only() {
    let (mut tried, mut changed) = (0, Vec::new());
    for text in real_texts(10) {
        let reading = read(&text);
        for unit in unit::units(&reading) {
            let rest = reread(&Segmenter::new(), &without(&text, [&unit.span])).unwrap();
            tried += 1;
            if words(&rest) != other_words(&reading, &unit) && rest != Reading::wordless() {
                changed.push((reading.text.masked(), unit.shown(&reading)));
            }
        }
    }
    assert!(tried > 800, "{tried}");
    // Masks and emotes look at their neighbours: where one of those goes, what the rest means may change.
    assert!(changed.len() * 100 <= tried, "{} of {tried}: {changed:?}", changed.len());
}

#[test]
fn without_and_only_are_two_halves() {
    let text = "快递三天没动静";
    let spans = [6..12, 12..15];
    assert_eq!(without(text, &spans), "快递  动静");
    assert_eq!(only(text, &spans), "三天没");
    assert_eq!(only(text, [&spans[1], &(0..6)]), "快递 没");
    assert_eq!((without(text, []), only(text, [])), (text.to_owned(), String::new()));
}

proptest! {
    #[test]
    fn units_slice_the_original_in_order(
        text in "([退款快遞没到客服１３80㎏㈱ａB😡👍é\u{301}！，。\n \u{200b}\\[\\]捂脸]|电话13800138000|不接电话){1,24}"
    ) {
        let Ok(reading) = Segmenter::new().read(&text) else { return Ok(()) };
        let mut end = 0;
        for unit in unit::units(&reading) {
            prop_assert!(unit.span.start >= end && unit.span.end > unit.span.start);
            prop_assert!(text.get(unit.span.clone()).is_some());
            prop_assert!(!unit.words.is_empty() && unit.words.end <= reading.words.len());
            let shown = unit.shown(&reading);
            prop_assert!(shown == text[unit.span.clone()] || reading.text.masks().iter().any(|m| m.kind.placeholder() == shown));
            end = unit.span.end;
            let rest = without(&text, [&unit.span]);
            let around = (&text[..unit.span.start], &text[unit.span.end..]);
            prop_assert_eq!(rest, format!("{} {}", around.0, around.1));
        }
    }
}

#[test]
fn of_a_long_text_some_words_are_tried_and_the_best_are_named() {
    let reading = read(LONG);
    let reasons = PIPELINE.explainer().explain(&reading, &HEADS).unwrap();
    assert!(reasons.units.len() > CANDIDATES);
    assert_eq!((reasons.candidates, reasons.calls), (CANDIDATES, 4));
    for of in &reasons.heads {
        assert!(of.words.len() <= WORDS && !of.words.is_empty());
        assert!(of.words.is_sorted_by(|a, b| a.1 >= b.1) && of.words.iter().all(|(_, drop)| *drop >= LEAST));
    }
    let again = PIPELINE.explainer().explain(&reading, &HEADS).unwrap();
    assert_eq!(reasons, again, "the same text has the same reasons");
    let category = &reasons.heads[0];
    let alone = PIPELINE.explainer().explain(&reading, &[Head::Category]).unwrap();
    assert_eq!((alone.heads.len(), alone.heads[0].probability), (1, category.probability));
}

#[test]
fn of_two_choices_of_words_the_one_that_explains_more_is_kept() {
    let left = |without: f32, only: f32| {
        [without, only].map(|probability| {
            let mut prediction = Prediction::default();
            prediction[Head::Priority] = vec![probability];
            prediction
        })
    };
    let mut of = HeadReasons {
        head: Head::Priority,
        label: 0,
        probability: 0.9,
        words: vec![],
        comprehensiveness: 0.0,
        sufficiency: 0.0,
    };
    of.keep_better(vec![(1, 0.4), (3, 0.2)], &left(0.5, 0.7));
    assert_eq!(of.words, [(1, 0.4), (3, 0.2)], "the first choice");
    of.keep_better(vec![(2, 0.1)], &left(0.4, 0.5));
    assert_eq!(of.words.len(), 2, "more goes with these words, but less stays with them alone");
    of.keep_better(vec![(2, 0.1)], &left(0.4, 0.8));
    assert_eq!(of.words, [(2, 0.1)]);
    assert!((of.comprehensiveness - 0.5).abs() < 1e-6 && (of.sufficiency - 0.1).abs() < 1e-6);
}

#[test]
fn the_numbers_are_what_the_pipeline_says_about_the_changed_texts() {
    let reading = read("退货签收了，369块钱还没退😡");
    let reasons = PIPELINE.explainer().explain(&reading, &HEADS).unwrap();
    assert_eq!(reasons.calls, 3, "few words need no proposal");
    let original = reading.text.original();
    let probability = |text: &str, of: &HeadReasons| {
        let changed = reread(&Segmenter::new(), text).unwrap();
        PIPELINE.predict(&[&changed]).unwrap()[0][of.head][of.label]
    };
    for of in &reasons.heads {
        let spans = || of.words.iter().map(|(unit, _)| &reasons.units[*unit].span);
        let close = |a: f32, b: f32| assert!((a - b).abs() < 1e-4, "{a} {b}");
        for (unit, drop) in &of.words {
            close(of.probability - drop, probability(&without(original, [&reasons.units[*unit].span]), of));
        }
        close(of.probability - of.sufficiency, probability(&only(original, spans()), of));
        close(of.probability - of.comprehensiveness, probability(&without(original, spans()), of));
    }
}

#[test]
fn where_no_word_is_left_the_models_are_asked_about_nothing() {
    let reading = read("垃圾😡");
    let reasons = PIPELINE.explainer().explain(&reading, &HEADS).unwrap();
    let nothing = &PIPELINE.predict(&[&Reading::wordless()]).unwrap()[0];
    let emotion = reasons.heads.iter().find(|of| of.head == Head::Emotion).unwrap();
    let (_, drop) = emotion.words.iter().find(|(unit, _)| reasons.units[*unit].shown(&reading) == "垃圾").unwrap();
    assert!(
        (emotion.probability - drop - nothing[Head::Emotion][emotion.label]).abs() < 1e-4,
        "only the emoji is left"
    );
}

#[test]
fn one_model_alone_explains_too() {
    for (which, calls) in [(Which::Linear, 3), (Which::Transformer, 4)] {
        let pipeline = Pipeline::open("models/retail".as_ref(), None).unwrap().with_models(which).unwrap();
        let reasons = pipeline.explainer().explain(&read(LONG), &[Head::Category]).unwrap();
        assert_eq!((reasons.calls, reasons.candidates), (calls, CANDIDATES));
        assert!(!reasons.heads[0].words.is_empty());
    }
}

#[test]
fn the_linear_order_begins_with_what_the_linear_model_goes_by() {
    let reading = read("昨天下午在店里买的电热毯，晚上睡觉的时候突然冒烟起火了");
    let explainer = PIPELINE.explainer();
    let units = unit::units(&reading);
    let safety = PIPELINE.taxonomy.category_index("product.safety").unwrap();
    let order = explainer.linear_order(&reading, &units, (Head::Category, safety)).unwrap();
    let first: Vec<String> = order[..3].iter().map(|&unit| units[unit].shown(&reading)).collect();
    assert!(first.iter().any(|word| word.contains("冒烟") || word.contains("起火")), "{first:?}");
    assert_eq!(order.len(), units.len());
}
