//! Which labels are probably wrong: what confident learning doubts, and texts that are nearly the same under different
//! labels. A person decides: the findings go out as a [`sheet`], and [`apply()`] takes the verdicts back.

mod apply;
pub mod confident;
pub mod folds;
pub mod sheet;
#[cfg(test)]
mod tests;

pub use apply::{Applied, Refusal, apply};

use super::{Entries, Place, label_ids, near::likeness};
use crate::{
    Error, Result,
    classify::{Answer, Head, HeadValues, linear::LinearRecipe},
    taxonomy::Taxonomy,
};
use confident::confident;
use serde::Serialize;
use std::collections::BTreeMap;

/// How an audit is made.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    pub folds: usize,
    pub heads: Vec<Head>,
    pub recipe: LinearRecipe,
    /// Another seed gives other folds.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            folds: 5,
            heads: vec![Head::Category, Head::Department, Head::Priority, Head::Emotion],
            recipe: quick(),
            seed: 7,
        }
    }
}

/// The shipped linear recipe without the choice of features, which halves the time and costs nothing but memory.
pub fn quick() -> LinearRecipe {
    let recipe = LinearRecipe::default();
    LinearRecipe { keep_features: recipe.max_features, ..recipe }
}

/// Refuses heads that cannot be audited: those without exactly one label a row, and those that the taxonomy lacks.
///
/// # Errors
/// [`Error::InvalidRequest`] names the head.
pub fn check_heads(heads: &[Head], taxonomy: &Taxonomy) -> Result<()> {
    for head in heads {
        let refuse = |reason: String| Error::InvalidRequest { what: format!("head {}", head.name()), reason };
        if head.answer() != Answer::OneOf {
            return Err(refuse("only heads with one label a row can be taken".into()));
        }
        if head.width(taxonomy) == 0 {
            return Err(refuse(format!("the taxonomy {} does not have it", taxonomy.id)));
        }
    }
    Ok(())
}

/// Why a label is doubted.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Reason {
    /// A model that learnt the other rows is confident of another label.
    Model,
    /// The same text stands elsewhere with another label.
    SameText { other: Place },
    /// Nearly the same text stands elsewhere with another label.
    NearText { other: Place, similarity: f32 },
}

/// A label that is probably wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suspect {
    /// Index among the rows.
    #[serde(skip)]
    pub row: usize,
    pub at: Place,
    pub id: Option<String>,
    pub head: Head,
    pub given: String,
    pub suggested: String,
    /// Probability of the given label, by a model that did not see the row.
    pub given_probability: f32,
    pub suggested_probability: f32,
    pub reasons: Vec<Reason>,
}

impl Suspect {
    /// Equal texts under two labels come first, for one of the two is wrong; then by how much likelier the other label is.
    fn order(&self) -> (bool, f32) {
        let same = self.reasons.iter().any(|reason| matches!(reason, Reason::SameText { .. }));
        (!same, self.given_probability - self.suggested_probability)
    }
}

/// Two classes that run into each other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Overlap {
    pub first: String,
    pub second: String,
    /// Estimated rows labelled with the first that belong to the second.
    pub first_as_second: f64,
    /// And the other way round.
    pub second_as_first: f64,
}

/// One head in numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeadAudit {
    pub head: Head,
    /// Rows with a label that were answered.
    pub rows: usize,
    /// Share of them whose likeliest label is the given one.
    pub agreement: f64,
    /// Labels that confident learning doubts.
    pub doubted: usize,
    /// Estimated wrong labels: the mass of the joint off its diagonal, in rows.
    pub estimated_wrong: f64,
    /// The worst first; pairs without any mass are left out.
    pub overlaps: Vec<Overlap>,
}

/// Everything that an audit found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Audit {
    pub taxonomy: String,
    pub rows: usize,
    /// Rows without words or without a label.
    pub skipped: usize,
    pub folds: usize,
    pub heads: Vec<HeadAudit>,
    /// The most doubtful first; one for a row and a head.
    pub suspects: Vec<Suspect>,
}

/// Audits rows. `done` is told after every fold.
///
/// # Errors
/// [`Error::InvalidRequest`] for heads and folds that make no sense; as [`crate::classify::linear::LinearModel::fit`].
pub fn audit(entries: &Entries, taxonomy: &Taxonomy, settings: &Settings, done: &dyn Fn(usize)) -> Result<Audit> {
    check_heads(&settings.heads, taxonomy)?;
    let folds = folds::folds(&entries.rows, settings.folds, settings.seed)
        .map_err(|reason| Error::InvalidRequest { what: "folds".into(), reason })?;
    let probabilities = folds::out_of_fold(entries, &folds, taxonomy, &settings.recipe, done)?;
    let mut heads = Vec::new();
    let mut suspects: BTreeMap<(Head, usize), Suspect> = BTreeMap::new();
    for &head in &settings.heads {
        heads.push(doubts(entries, taxonomy, head, &probabilities, &mut suspects));
    }
    contradictions(entries, taxonomy, &settings.heads, &probabilities, &mut suspects);
    let mut suspects: Vec<Suspect> = suspects.into_values().collect();
    suspects.sort_by(|a, b| {
        let (a, b) = (a.order(), b.order());
        a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
    });
    Ok(Audit {
        taxonomy: format!("{}@{}", taxonomy.id, taxonomy.version),
        rows: entries.rows.len(),
        skipped: entries.skipped,
        folds: settings.folds,
        heads,
        suspects,
    })
}

fn suspect(entries: &Entries, head: Head, ids: &[String], row: usize, pair: (usize, usize), p: &HeadValues) -> Suspect {
    let probability = |label: usize| p[head].get(label).copied().unwrap_or(0.0);
    Suspect {
        row,
        at: entries.places[row].clone(),
        id: entries.rows[row].id.clone(),
        head,
        given: ids[pair.0].clone(),
        suggested: ids[pair.1].clone(),
        given_probability: probability(pair.0),
        suggested_probability: probability(pair.1),
        reasons: Vec::new(),
    }
}

/// What the probabilities say about a head.
fn doubts(
    entries: &Entries,
    taxonomy: &Taxonomy,
    head: Head,
    probabilities: &[HeadValues],
    suspects: &mut BTreeMap<(Head, usize), Suspect>,
) -> HeadAudit {
    let ids = label_ids(taxonomy, head);
    // A head that no row of the other folds had a label for was not answered.
    let rows: Vec<(usize, usize)> = (0..entries.rows.len())
        .filter(|&row| !probabilities[row][head].is_empty())
        .filter_map(|row| entries.targets[row].label(head).map(|label| (row, label)))
        .collect();
    let given: Vec<usize> = rows.iter().map(|row| row.1).collect();
    let answers: Vec<&[f32]> = rows.iter().map(|row| probabilities[row.0][head].as_slice()).collect();
    let found = confident(&given, &answers, ids.len());
    for doubt in &found.doubts {
        let (row, label) = rows[doubt.row];
        let mut one = suspect(entries, head, &ids, row, (label, doubt.suggested), &probabilities[row]);
        one.reasons.push(Reason::Model);
        suspects.insert((head, row), one);
    }
    let agreed = rows.iter().filter(|(row, label)| probabilities[*row].best(head).is_some_and(|b| b.0 == *label));
    let mass = |from: usize, to: usize| found.joint[from][to] * rows.len() as f64;
    let pairs = (0..ids.len()).flat_map(|first| (first + 1..ids.len()).map(move |second| (first, second)));
    let mut overlaps: Vec<Overlap> = pairs
        .map(|(first, second)| Overlap {
            first: ids[first].clone(),
            second: ids[second].clone(),
            first_as_second: mass(first, second),
            second_as_first: mass(second, first),
        })
        .filter(|overlap| overlap.first_as_second + overlap.second_as_first > 0.0)
        .collect();
    overlaps
        .sort_by(|a, b| (b.first_as_second + b.second_as_first).total_cmp(&(a.first_as_second + a.second_as_first)));
    HeadAudit {
        head,
        rows: rows.len(),
        agreement: agreed.count() as f64 / rows.len().max(1) as f64,
        doubted: found.doubts.len(),
        estimated_wrong: overlaps.iter().map(|o| o.first_as_second + o.second_as_first).sum(),
        overlaps,
    }
}

/// Like texts under unlike labels: of the two, the label that the model finds less likely is doubted.
fn contradictions(
    entries: &Entries,
    taxonomy: &Taxonomy,
    heads: &[Head],
    probabilities: &[HeadValues],
    suspects: &mut BTreeMap<(Head, usize), Suspect>,
) {
    let texts: Vec<&str> = entries.rows.iter().map(|row| row.text.as_str()).collect();
    let found = likeness(&texts);
    // Every row of a group against its first: who differs from the first is told once.
    let same = found.equal.iter().flat_map(|group| group[1..].iter().map(|&other| (group[0], other, None)));
    let near = found.near.iter().map(|pair| (pair.first, pair.second, Some(pair.similarity)));
    for (first, second, similarity) in same.chain(near) {
        for &head in heads {
            let labels = (entries.targets[first].label(head), entries.targets[second].label(head));
            let (Some(a), Some(b)) = labels else { continue };
            if a == b {
                continue;
            }
            let credit = |row: usize, label: usize, other: usize| {
                let p = &probabilities[row][head];
                p.get(label).zip(p.get(other)).map_or(0.0, |(label, other)| label - other)
            };
            // The later row where both are as likely: the first was there before.
            let (row, other, pair) = match credit(first, a, b) < credit(second, b, a) {
                true => (first, second, (a, b)),
                false => (second, first, (b, a)),
            };
            let other = entries.places[other].clone();
            let reason = match similarity {
                None => Reason::SameText { other },
                Some(similarity) => Reason::NearText { other, similarity },
            };
            let ids = label_ids(taxonomy, head);
            let one = || suspect(entries, head, &ids, row, pair, &probabilities[row]);
            let reasons = &mut suspects.entry((head, row)).or_insert_with(one).reasons;
            if reasons.len() < 3 {
                reasons.push(reason);
            }
        }
    }
}
