use crate::{
    Error, Result,
    classify::{Head, Prediction},
    segment::{Reading, Segmenter},
};
use std::ops::Range;

/// What deleting does to the probability of a label.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effect {
    /// The drop when the words are deleted.
    pub comprehensiveness: f32,
    /// The drop when everything else is deleted.
    pub sufficiency: f32,
}

impl Effect {
    /// From the probability of the whole text and the predictions without the words and with nothing else.
    pub(super) fn of(whole: f32, head: Head, label: usize, rests: &[Prediction]) -> Self {
        let drop = |rest: &Prediction| whole - rest[head][label];
        Effect { comprehensiveness: drop(&rests[0]), sufficiency: drop(&rests[1]) }
    }
}

/// A text without some stretches of it. A blank stays for each: jieba cuts what stands on its two sides apart, so the other
/// words stay as they were, and no run of characters is made that the customer never wrote.
pub(super) fn without<'a>(original: &str, spans: impl IntoIterator<Item = &'a Range<usize>>) -> String {
    let mut rest = String::with_capacity(original.len());
    let mut done = 0;
    for span in in_order(spans) {
        rest.push_str(&original[done..span.start]);
        rest.push(' ');
        done = span.end;
    }
    rest.push_str(&original[done..]);
    rest
}

/// Only some stretches of a text, with a blank where something is left out between two of them.
pub(super) fn only<'a>(original: &str, spans: impl IntoIterator<Item = &'a Range<usize>>) -> String {
    let mut kept = String::new();
    let mut done = 0;
    for span in in_order(spans) {
        if span.start > done && !kept.is_empty() {
            kept.push(' ');
        }
        kept.push_str(&original[span.clone()]);
        done = span.end;
    }
    kept
}

fn in_order<'a>(spans: impl IntoIterator<Item = &'a Range<usize>>) -> Vec<&'a Range<usize>> {
    let mut spans: Vec<&Range<usize>> = spans.into_iter().collect();
    spans.sort_by_key(|span| span.start);
    spans
}

/// Reads a changed text as every text is read. Where no word is left, the models are asked about a text of nothing: what
/// they say then is what they believe before they have read anything.
pub(super) fn reread(segmenter: &Segmenter, text: &str) -> Result<Reading> {
    match segmenter.read(text) {
        Err(Error::EmptyText | Error::TextWithoutWords) => Ok(Reading::wordless()),
        reading => reading,
    }
}
