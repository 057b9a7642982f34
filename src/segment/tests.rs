//! Words tile the text, know their places, and are what a person would cut.

use super::*;
use proptest::prelude::*;
use std::collections::HashSet;

fn cut(text: &str) -> Vec<String> {
    Segmenter::new().read(text).unwrap().words().map(str::to_owned).collect()
}

#[test]
fn the_dictionary_is_large_and_has_no_word_twice() {
    let words: Vec<&str> = complaint_words().map(|(word, _)| word).collect();
    let mut seen = HashSet::new();
    let twice: Vec<&&str> = words.iter().filter(|w| !seen.insert(**w)).collect();
    assert!(twice.is_empty(), "{twice:?}");
    assert!(words.len() >= 400, "{} words", words.len());
    assert!(words.iter().all(|w| !w.contains(char::is_whitespace)));
}

#[test]
fn every_complaint_word_is_one_word_in_a_sentence() {
    let segmenter = Segmenter::new();
    let lost: Vec<&str> = complaint_words()
        .map(|(word, _)| word)
        .filter(|word| {
            let reading = segmenter.read(&format!("这次，{word}，请处理")).unwrap();
            !reading.words().any(|w| w == *word)
        })
        .collect();
    assert!(lost.is_empty(), "{lost:?}");
}

#[test]
fn complaint_terms_stay_whole() {
    assert_eq!(cut("商家缺斤少两，以次充好"), ["商家", "缺斤少两", ",", "以次充好"]);
    assert_eq!(cut("承诺假一赔十却只肯仅退款"), ["承诺", "假一赔十", "却", "只", "肯", "仅退款"]);
}

#[test]
fn the_service_desk_is_no_clothing() {
    assert_eq!(cut("客服装死"), ["客服", "装死"]);
}

#[test]
fn decimals_are_one_word() {
    assert_eq!(cut("长2.74米，版本2.8.1"), ["长", "2.74", "米", ",", "版本", "2", ".", "8", ".", "1"]);
}

#[test]
fn placeholders_are_one_word() {
    assert_eq!(cut("打13800138000没人接"), ["打", "[PHONE]", "没人接"]);
    assert_eq!(cut("[ID][CARD]都给了"), ["[ID]", "[CARD]", "都", "给", "了"]);
}

#[test]
fn words_carry_byte_and_character_offsets() {
    let reading = Segmenter::new().read("😡 退款 ABC12").unwrap();
    let clean = reading.text.as_str();
    assert_eq!(clean, "愤怒 退款 ABC12");
    let places: Vec<_> = reading.words.iter().map(|w| (w.bytes.clone(), w.chars.clone())).collect();
    assert_eq!(places[..2], [(0..6, 0..2), (7..13, 3..5)]);
    assert_eq!(&reading.text.original()[reading.text.original_range(0..6)], "😡");
}

#[test]
fn segmenters_are_shared_between_threads() {
    fn shared<T: Send + Sync + Clone>(_: &T) {}
    let segmenter = Segmenter::new();
    shared(&segmenter);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(segmenter.read("物流太慢了").unwrap().words().collect::<String>(), "物流太慢了"));
        }
    });
}

/// F1 of word places against the sentences cut by hand.
fn agreement(cut: impl Fn(&str) -> Vec<Range<usize>>) -> f64 {
    let (mut same, mut ours, mut theirs) = (0, 0, 0);
    for line in include_str!("hand-cut.txt").lines().filter(|l| !l.starts_with('#')) {
        let mut at = 0;
        let by_hand: HashSet<Range<usize>> = line
            .split(' ')
            .map(|word| {
                at += word.len();
                at - word.len()..at
            })
            .collect();
        let found: HashSet<Range<usize>> = cut(&line.replace(' ', "")).into_iter().collect();
        same += by_hand.intersection(&found).count();
        ours += found.len();
        theirs += by_hand.len();
    }
    2.0 * same as f64 / (ours + theirs) as f64
}

#[test]
fn words_are_those_that_a_person_cuts() {
    let segmenter = Segmenter::new();
    let ours = agreement(|text| segmenter.cut(text).into_iter().map(|w| w.bytes).collect());
    let jieba = general();
    let plain = agreement(|text| jieba.cut(text, USE_HMM).into_iter().map(|t| t.byte_start..t.byte_end).collect());
    let with_hmm =
        agreement(|text| segmenter.jieba.cut(text, true).into_iter().map(|t| t.byte_start..t.byte_end).collect());
    println!("ours {ours:.3}, with HMM {with_hmm:.3}, without our dictionary {plain:.3}");
    assert!(ours >= 0.92, "{ours:.3}");
    assert!(ours > plain + 0.05, "the dictionary must pay: {ours:.3} with, {plain:.3} without");
    assert!(ours > with_hmm, "the hidden Markov model would be better: {ours:.3} without, {with_hmm:.3} with");
}

proptest! {
    #[test]
    fn words_tile_the_text(text in "([退款客服投诉了的不A-c1-3 ,。😡]|\\PC|\\[PHONE\\]|缺斤少两){1,40}") {
        if let Ok(reading) = Segmenter::new().read(&text) {
            let clean = reading.text.as_str();
            let (mut byte, mut char) = (0, 0);
            for word in &reading.words {
                let gap = &clean[byte..word.bytes.start];
                prop_assert!(gap.chars().all(char::is_whitespace), "{gap:?}");
                prop_assert_eq!(word.chars.start, char + gap.chars().count());
                let text = &clean[word.bytes.clone()];
                prop_assert!(!text.is_empty() && !text.chars().all(char::is_whitespace));
                prop_assert_eq!(word.chars.len(), text.chars().count());
                (byte, char) = (word.bytes.end, word.chars.end);
            }
            prop_assert!(clean[byte..].chars().all(char::is_whitespace));
        }
    }
}
