//! The page must be whole, safe whatever labels are called, and complete in both languages.

use super::*;
use crate::{
    classify::{Head, Prediction},
    data::{Row, Targets},
    evaluate::{Judged, interval::Bootstrap},
    taxonomy::Name,
};
use proptest::prelude::*;

const HOSTILE: &str = "</script><img src=x onerror='alert(1)'> & \"{{facts}}\"";

/// retail-v1 with names that would break a page that does not escape them.
fn hostile() -> Taxonomy {
    let mut taxonomy = Taxonomy::retail();
    let name = Name { zh: HOSTILE.into(), en: format!("en {HOSTILE}") };
    taxonomy.name = name.clone();
    taxonomy.groups[0].name = name.clone();
    taxonomy.categories[0].label.name = name.clone();
    taxonomy.departments[0].name = name.clone();
    taxonomy.flags[0].name = name;
    taxonomy
}

/// Forty rows of two categories, some answered wrongly; `sure` is the probability of what is answered.
fn evaluation(taxonomy: &Taxonomy, sure: f32) -> Evaluation {
    let rows: Vec<(Targets, Prediction)> = (0..40)
        .map(|i| {
            let row = Row {
                category: Some(taxonomy.categories[i % 2].label.id.clone()),
                department: Some(taxonomy.departments[i % 3].id.clone()),
                flags: Some(vec![taxonomy.flags[i % 2].id.clone()]),
                sentiment: Some(-0.5),
                ..Default::default()
            };
            let mut prediction = Prediction::default();
            let best = if i % 5 == 0 { 2 } else { i % 2 };
            let sure = sure - i as f32 / 200.0;
            for (head, best) in [(Head::Category, best), (Head::Department, i % 3)] {
                let width = head.width(taxonomy);
                prediction[head] =
                    (0..width).map(|k| if k == best { sure } else { (1.0 - sure) / (width - 1) as f32 }).collect();
            }
            prediction[Head::Flags] = (0..taxonomy.flags.len()).map(|k| if k == 0 { sure } else { 0.1 }).collect();
            prediction[Head::Sentiment] = vec![-0.4];
            (Targets::of(&row, taxonomy).unwrap(), prediction)
        })
        .collect();
    let judged: Vec<Judged> =
        rows.iter().map(|(gold, prediction)| Judged { gold, prediction, urgency: Some(0) }).collect();
    Evaluation::of(&judged, taxonomy, &crate::decide::Bands::default(), &Bootstrap { resamples: 50, seed: 1 })
}

fn report<'a>(taxonomy: &'a Taxonomy, first: &'a Evaluation, second: &'a Evaluation) -> Report<'a> {
    Report {
        taxonomy,
        engine: "1.2.3",
        bundle: "small@0123456789ab",
        policy: "retail@1",
        command: format!("fenzhen evaluate --data {HOSTILE}"),
        time: "2026-11-25 12:00 UTC".into(),
        seed: 7,
        resamples: 50,
        sets: vec![MeasuredSet {
            name: HOSTILE,
            path: HOSTILE.into(),
            sha256: "ab".repeat(32),
            rows: 40,
            skipped: 3,
            models: vec![(Which::Both, first), (Which::Linear, second)],
            uncalibrated: Some(second),
        }],
    }
}

/// Fails unless every tag is closed in its turn and every attribute is quoted; gives the attributes' names and values.
fn attributes(html: &str) -> Vec<(String, String)> {
    const VOID: [&str; 3] = ["meta", "input", "!doctype"];
    let (mut open, mut found) = (Vec::new(), Vec::new());
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        assert!(!before.contains('>') || open.last() == Some(&"style"), "a loose > in {before:?}");
        let (tag, after) = after.split_once('>').expect("a tag is closed");
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "</{name}> closes another");
            continue;
        }
        let (name, mut list) = tag.split_once(' ').unwrap_or((tag, ""));
        let name = name.trim_end_matches('/');
        while let Some((attribute, value)) = list.trim_start().split_once('=') {
            let (value, more) = value.strip_prefix('"').expect("a quote").split_once('"').expect("a second quote");
            found.push((attribute.trim().to_owned(), value.to_owned()));
            list = more;
        }
        assert!(["", "/", "html", "checked"].contains(&list.trim()), "{list:?} in {tag:?}");
        if !tag.ends_with('/') && !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert_eq!(open, Vec::<&str>::new());
    found
}

#[test]
fn the_page_is_whole_and_fetches_nothing() {
    let taxonomy = hostile();
    let (first, second) = (evaluation(&taxonomy, 0.95), evaluation(&taxonomy, 0.7));
    let html = page(&report(&taxonomy, &first, &second));
    let attributes = attributes(&html);
    let values = |name: &str| attributes.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_str()).collect::<Vec<_>>();
    let mut ids = values("id");
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "ids are unique");
    for id in values("aria-labelledby").iter().flat_map(|list| list.split(' ')).chain(values("for")) {
        assert!(ids.binary_search(&id).is_ok(), "{id} is nowhere");
    }
    for link in values("href") {
        assert!(link.strip_prefix('#').is_some_and(|id| ids.binary_search(&id).is_ok()), "{link}");
    }
    for name in ["src", "style", "onerror", "onclick", "action", "srcset", "data", "background"] {
        assert_eq!(values(name), Vec::<&str>::new(), "{name}");
    }
    assert!(!html.contains("http:") && !html.contains("https:") && !html.contains("url(") && !html.contains("@import"));
    assert!(!html.contains("<script") && !html.contains("<img") && !html.contains("<link"));
    assert!(html.contains("default-src 'none'"));
}

#[test]
fn names_are_escaped_and_what_looks_like_a_place_is_none() {
    let taxonomy = hostile();
    let first = evaluation(&taxonomy, 0.9);
    let html = page(&report(&taxonomy, &first, &first));
    assert!(!html.contains(HOSTILE));
    assert!(html.matches(&escaped(HOSTILE)).count() > 10);
    assert!(html.contains("{{facts}}"), "the place in a label's name is text");
}

#[test]
fn everything_is_there_in_both_languages() {
    let taxonomy = Taxonomy::retail();
    let (first, second) = (evaluation(&taxonomy, 0.95), evaluation(&taxonomy, 0.7));
    let html = page(&report(&taxonomy, &first, &second));
    assert!(!html.replace(&escaped(HOSTILE), "").contains("{{"), "a place without a value");
    let parts = [
        "small@0123456789ab",
        "retail@1",
        "重抽 50 次，种子 7",
        "50 resamples, seed 7",
        "2026-11-25 12:00 UTC",
        "fenzhen 1.2.3",
        "正确率",
        "accuracy",
        "混淆矩阵",
        "Confusion",
        "可靠性图",
        "Reliability of Category",
        "风险覆盖曲线",
        "Error over coverage",
        "各概率门槛下的作答比例与错误率",
        "Coverage and error at thresholds",
        "最常见的错误",
        "Commonest mistakes",
        "各标签",
        "Label by label",
        "融合",
        "linear",
        "校准前",
        "before calibration",
        "AURC",
    ];
    for part in parts {
        assert!(html.contains(part), "{part} is missing");
    }
    let spans = |kind: &str| html.matches(&format!(r#"class="{kind}""#)).count();
    assert_eq!(spans("zh"), spans("en"));
    // Both charts for each question with probabilities, only reliability for one with many answers, none for a level or number.
    let charts = |id: &str| html.matches(&format!(r#"id="set0-{id}-title""#)).count();
    for question in ["first_level", "category", "department"] {
        assert_eq!(
            (charts(&format!("{question}-reliability")), charts(&format!("{question}-risk"))),
            (1, 1),
            "{question}"
        );
    }
    assert_eq!((charts("flags-reliability"), charts("flags-risk")), (1, 0));
    assert!(!html.contains("set0-sentiment"));
    // A wrong answer shows as the pair of its labels with its rows: 8 of 40 go to the third category.
    let third = &taxonomy.categories[2].label;
    assert!(html.contains(&format!("{} <code>{}</code>", both(&third.name.zh, &third.name.en), third.id)));
}

#[test]
fn a_set_without_answers_gives_a_page_too() {
    let taxonomy = Taxonomy::retail();
    let nothing = Evaluation::default();
    attributes(&page(&report(&taxonomy, &nothing, &nothing)));
}

proptest! {
    #[test]
    fn escaped_text_ends_no_tag_and_no_attribute(text in "\\PC*|[<>&'\"/ a-z]{0,40}") {
        let safe = escaped(&text);
        prop_assert!(!safe.contains(['<', '>', '"', '\'']));
        let back = safe.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
        prop_assert_eq!(back.replace("&amp;", "&"), text);
    }

    #[test]
    fn values_are_never_read_as_places(value in "\\PC{0,20}") {
        prop_assert_eq!(text::fill("<{{a}}|{{b}}>", &[("a", &value), ("b", "{{a}}")]), format!("<{value}|{{{{a}}}}>"));
    }
}
