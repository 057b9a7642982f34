//! How well foreign texts (from outside what the taxonomy speaks of) are told from complaints, and what telling them saves.

use super::{
    one_of::mean,
    set::{Answers, Set},
};
use crate::{Pipeline, classify::Head, data::Target, decide, decision::Action};
use serde::{Deserialize, Serialize};

/// What was measured on foreign texts against the complaints of one file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Foreign {
    /// Complaints that were answered, those left out whose category says that they are foreign themselves.
    pub complaints: usize,
    /// Share of the complaints that go to a person because they look foreign.
    pub refused: f64,
    /// The foreign texts together, then by their `source` where they name several.
    pub kinds: Vec<Kind>,
    /// What is dispatched of complaints and foreign texts together, without the score and with it. Complaints without a label
    /// for a head that decides are left out: nobody knows whether their dispatch would be right.
    pub without: Accepted,
    pub with: Accepted,
}

/// How one kind of foreign text fares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kind {
    pub name: String,
    pub texts: usize,
    /// The chance that one of them looks more foreign than a complaint.
    pub auroc: f64,
    /// Share of them that pass where 95 % of the complaints do.
    pub passing: f64,
    /// Share of them that go to a person because they look foreign.
    pub caught: f64,
    /// Share of them that is dispatched, without the score and with it.
    pub dispatched: (f64, f64),
}

/// What no person looks at.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Accepted {
    /// Share of all texts of which it is known.
    pub share: f64,
    /// Share of it that is wrong: foreign, or a complaint whose deciding heads are not all right.
    pub wrong: f64,
}

/// One answered text, as far as this measurement looks.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    pub kind: String,
    /// How foreign it looks.
    pub score: f32,
    /// Whether the policy counts it as foreign.
    pub foreign: bool,
    /// Whether it would be dispatched if nothing were foreign.
    pub sure: bool,
    /// Whether a dispatch would be right; never of a foreign text, and unknown where a label is missing.
    pub right: Option<bool>,
}

/// Measures foreign texts against complaints. Nothing where either is missing.
pub fn measure(complaints: &[Told], foreign: &[Told]) -> Option<Foreign> {
    if complaints.is_empty() || foreign.is_empty() {
        return None;
    }
    let inside: Vec<f32> = complaints.iter().map(|text| text.score).collect();
    let share =
        |texts: &[&Told], holds: fn(&Told) -> bool| mean(texts.iter().map(|text| f64::from(u8::from(holds(text)))));
    let kind = |name: &str, texts: &[&Told]| {
        let outside: Vec<f32> = texts.iter().map(|text| text.score).collect();
        Kind {
            name: name.to_owned(),
            texts: texts.len(),
            auroc: auroc(&inside, &outside),
            passing: passing(&inside, &outside, 0.95),
            caught: share(texts, |text| text.foreign),
            dispatched: (share(texts, |text| text.sure), share(texts, |text| text.sure && !text.foreign)),
        }
    };
    let mut names: Vec<&str> = Vec::new();
    for text in foreign {
        if !names.contains(&text.kind.as_str()) {
            names.push(&text.kind);
        }
    }
    let mut kinds = vec![kind("all", &foreign.iter().collect::<Vec<_>>())];
    if names.len() > 1 {
        let of = |name: &&str| kind(name, &foreign.iter().filter(|text| text.kind == *name).collect::<Vec<_>>());
        kinds.extend(names.iter().map(of));
    }
    let everything: Vec<&Told> = complaints.iter().chain(foreign).filter(|text| text.right.is_some()).collect();
    let accepted = |lets: fn(&Told) -> bool| {
        let let_through: Vec<&Told> = everything.iter().copied().filter(|text| lets(text)).collect();
        Accepted { share: share(&everything, lets), wrong: share(&let_through, |text| text.right == Some(false)) }
    };
    Some(Foreign {
        complaints: complaints.len(),
        refused: share(&complaints.iter().collect::<Vec<_>>(), |text| text.foreign),
        kinds,
        without: accepted(|text| text.sure),
        with: accepted(|text| text.sure && !text.foreign),
    })
}

/// The complaints and the foreign texts among the rows of labelled sets. A row whose category is one of `outside` is foreign;
/// of sets that are foreign as a whole (`all`), every row is. Rows without a score are left out.
pub fn told(set: &Set, answers: &Answers, pipeline: &Pipeline, all: bool) -> (Vec<Told>, Vec<Told>) {
    let outside = pipeline.outside();
    let (mut complaints, mut foreign) = (Vec::new(), Vec::new());
    for ((row, gold), answer) in set.rows.iter().zip(&set.targets).zip(&answers.answers) {
        let Some((answer, score)) = answer.as_ref().and_then(|answer| Some((answer, answer.out_of_scope?))) else {
            continue;
        };
        let empty = row.category.as_ref().filter(|category| outside.contains(category));
        let heads = &pipeline.policy.decide.heads;
        // Of the heads that decide, those that the bundle answers.
        let right = |head: &Head| {
            let (best, _) = answer.prediction.best(*head)?;
            Some(match gold.get(*head) {
                Some(Target::Label(label)) => Some(*label == best),
                _ => None,
            })
        };
        let each: Option<Vec<bool>> = heads.iter().filter_map(right).collect();
        let is_foreign = all || empty.is_some();
        let told = Told {
            kind: match (all, empty) {
                (false, Some(category)) => format!("{}: {category}", set.name),
                _ => row.source.clone().unwrap_or_else(|| set.name.clone()),
            },
            score,
            foreign: decide::outside(&pipeline.policy, Some(score)),
            sure: answer.action == Action::Dispatch,
            right: if is_foreign { Some(false) } else { each.map(|heads| heads.into_iter().all(|right| right)) },
        };
        if is_foreign { foreign.push(told) } else { complaints.push(told) }
    }
    (complaints, foreign)
}

/// The chance that a text from outside scores higher than one from inside; ties count half. The area under the ROC curve by
/// ranks (Mann and Whitney 1947; Hanley and McNeil 1982). One half where either is empty.
///
/// ```
/// use fenzhen::evaluate::foreign::auroc;
/// assert_eq!(auroc(&[0.1, 0.2, 0.6], &[0.5, 0.9]), 5.0 / 6.0);
/// assert_eq!(auroc(&[0.5], &[0.5]), 0.5);
/// ```
pub fn auroc(inside: &[f32], outside: &[f32]) -> f64 {
    if inside.is_empty() || outside.is_empty() {
        return 0.5;
    }
    let mut inside = inside.to_vec();
    inside.sort_by(f32::total_cmp);
    let beaten = |score: &f32| {
        let below = inside.partition_point(|x| x < score);
        let tied = inside.partition_point(|x| x <= score) - below;
        below as f64 + tied as f64 / 2.0
    };
    outside.iter().map(beaten).sum::<f64>() / (inside.len() * outside.len()) as f64
}

/// The share of the outside texts that pass a threshold which `share` of the inside ones pass (at 0.95 the false positive
/// rate at 95 % true positive rate of Hendrycks and Gimpel 2017).
pub fn passing(inside: &[f32], outside: &[f32], share: f64) -> f64 {
    let mut inside = inside.to_vec();
    inside.sort_by(f32::total_cmp);
    let last = ((inside.len() as f64 * share).ceil() as usize).clamp(1, inside.len().max(1)) - 1;
    let threshold = inside.get(last).copied().unwrap_or(f32::INFINITY);
    mean(outside.iter().map(|score| f64::from(u8::from(*score <= threshold))))
}

/// A table: a line a kind.
pub fn table(foreign: &Foreign) -> Vec<Vec<String>> {
    let heading = ["foreign texts", "texts", "AUROC", "pass at 95 %", "caught", "dispatched without", "with"];
    let line = |kind: &Kind| {
        let numbers = [kind.auroc, kind.passing, kind.caught, kind.dispatched.0, kind.dispatched.1];
        let cells = numbers.iter().map(|number| format!("{number:.3}"));
        [kind.name.clone(), kind.texts.to_string()].into_iter().chain(cells).collect()
    };
    std::iter::once(heading.map(str::to_owned).to_vec()).chain(foreign.kinds.iter().map(line)).collect()
}

/// Everything for a terminal, but for the table.
pub fn sentence(foreign: &Foreign) -> String {
    let Foreign { complaints, refused, without, with, .. } = foreign;
    format!(
        "Of {complaints} complaints {:.1} % go to a person because they look foreign. Of all texts together {:.1} % are \
         dispatched without the score, {:.1} % of these wrong; with it {:.1} %, {:.1} % wrong.\n",
        100.0 * refused,
        100.0 * without.share,
        100.0 * without.wrong,
        100.0 * with.share,
        100.0 * with.wrong
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(kind: &str, score: f32, sure: bool, right: bool) -> Told {
        Told { kind: kind.into(), score, foreign: score > 0.9, sure, right: Some(right) }
    }

    #[test]
    fn a_mixed_set_is_measured() {
        let complaints: Vec<Told> = (0..20).map(|i| text("", i as f32 / 20.0, i < 10, i != 3)).collect();
        let foreign = [
            text("advertisement", 0.99, true, false),
            text("advertisement", 0.5, true, false),
            text("headline", 0.97, false, false),
        ];
        let found = measure(&complaints, &foreign).unwrap();
        assert!((found.refused - 0.05).abs() < 1e-9, "{found:?}");
        let names: Vec<&str> = found.kinds.iter().map(|kind| kind.name.as_str()).collect();
        assert_eq!(names, ["all", "advertisement", "headline"]);
        assert_eq!(found.kinds[1].dispatched, (1.0, 0.5));
        // 10 complaints, one of them wrong, and two advertisements, of which one is told.
        assert!((found.without.share - 12.0 / 23.0).abs() < 1e-9 && (found.without.wrong - 0.25).abs() < 1e-9);
        assert!((found.with.share - 11.0 / 23.0).abs() < 1e-9 && (found.with.wrong - 2.0 / 11.0).abs() < 1e-9);
        assert_eq!(measure(&[], &foreign), None);

        // A complaint of which nobody knows whether its dispatch would be right counts among complaints, not among dispatches.
        let unknown = Told { right: None, ..text("", 0.1, true, true) };
        let more = measure(&[complaints, vec![unknown]].concat(), &foreign).unwrap();
        assert_eq!((more.complaints, more.without, more.with), (21, found.without, found.with));
    }

    #[test]
    fn what_passes_is_counted_at_the_threshold_that_the_complaints_set() {
        let inside: Vec<f32> = (1..=100).map(|i| i as f32 / 100.0).collect();
        assert_eq!(passing(&inside, &[0.94, 0.95, 0.96, 2.0], 0.95), 0.5);
    }

    proptest! {
        #[test]
        fn the_area_is_that_of_all_pairs(
            inside in proptest::collection::vec(0u8..20, 1..30), outside in proptest::collection::vec(0u8..20, 1..30)
        ) {
            let [a, b] = [&inside, &outside].map(|x| x.iter().map(|&x| f32::from(x)).collect::<Vec<f32>>());
            let pairs = b.iter().flat_map(|x| a.iter().map(move |y| if x > y { 1.0 } else if x == y { 0.5 } else { 0.0 }));
            prop_assert!((auroc(&a, &b) - pairs.sum::<f64>() / (a.len() * b.len()) as f64).abs() < 1e-9);
            prop_assert!((auroc(&a, &b) + auroc(&b, &a) - 1.0).abs() < 1e-9);
        }
    }
}
