//! Teaches a bundle to tell foreign texts: what complaints look like to its transformer, and what other texts do.

use super::{Corpus, Example, ScopeRecipe, SourceRecord};
use crate::{
    Error, Result,
    classify::{Head, transformer::Transformer},
    data::Source,
    evaluate::foreign::{auroc, passing},
    scope::{Foreign, Scope, fit},
    segment::{Reading, Segmenter},
    taxonomy::Taxonomy,
};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// What is told of the learning, in `metrics.json` and on the card.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScopeMetrics {
    /// Complaints that were learnt from, and others whose shares the scores are.
    pub learnt: usize,
    pub unseen: usize,
    pub sources: Vec<SourceRecord>,
    /// Every kind, told by what all other kinds taught.
    pub left_out: Vec<LeftOut>,
}

/// How well a kind of foreign text is told by what was learnt from the other kinds alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeftOut {
    pub kind: String,
    pub texts: usize,
    /// The chance that one of them looks more foreign than a complaint that nothing was fitted on.
    pub auroc: f64,
    /// Share of them that pass where 95 % of those complaints do.
    pub passing: f64,
}

/// Learns from one half of the corpus' calibration part, holds scores against the other.
///
/// # Errors
/// [`Error::Recipe`] for a category that the taxonomy does not have, or where there are too few texts to learn from; files that
/// cannot be read.
pub fn learn(
    recipe: &ScopeRecipe,
    corpus: &Corpus,
    taxonomy: &Taxonomy,
    transformer: &Transformer,
) -> Result<(Scope, ScopeMetrics)> {
    let fault = |reason: String| Error::Recipe { path: "scope".into(), reason };
    let place = |id: &String| {
        let found = taxonomy.categories.iter().position(|category| category.label.id == *id);
        found.ok_or_else(|| fault(format!("outside names {id:?}, which is no category of {}", taxonomy.id)))
    };
    let outside: Vec<usize> = recipe.outside.iter().map(place).collect::<Result<_>>()?;
    let vectors = |rows: Vec<&Example>| {
        let inside = |row: &&&Example| row.targets.label(Head::Category).is_none_or(|label| !outside.contains(&label));
        pooled(transformer, &rows.iter().filter(inside).map(|row| &row.reading).collect::<Vec<_>>())
    };
    let (unseen, learnt) = corpus.calibration_halves();
    let (unseen, learnt) = (vectors(unseen)?, vectors(learnt)?);
    let segmenter = Segmenter::new();
    let (mut sources, mut foreign) = (Vec::new(), Vec::new());
    for source in &recipe.foreign {
        if source.optional && !source.path.exists() {
            continue;
        }
        let (record, texts) = read(source, &segmenter, transformer)?;
        sources.push(record);
        foreign.extend(texts);
    }
    if learnt.is_empty() || unseen.is_empty() || foreign.is_empty() {
        return Err(fault(format!(
            "{} and {} complaints of the calibration part and {} foreign texts: some of each are needed",
            learnt.len(),
            unseen.len(),
            foreign.len()
        )));
    }
    let scope = fit(&learnt, &foreign, &unseen, &recipe.outside);
    let left_out = left_out(&learnt, &foreign, &unseen);
    Ok((scope, ScopeMetrics { learnt: learnt.len(), unseen: unseen.len(), sources, left_out }))
}

fn read(source: &Source, segmenter: &Segmenter, transformer: &Transformer) -> Result<(SourceRecord, Vec<Foreign>)> {
    let path = source.path.display().to_string();
    let rows = source.load()?;
    // A text without a word is refused before any model sees it.
    let read: Vec<(String, Reading)> = rows
        .par_iter()
        .filter_map(|row| {
            let kind = row.source.clone().unwrap_or_else(|| path.clone());
            segmenter.read(&row.text).ok().map(|reading| (kind, reading))
        })
        .collect();
    let vectors = pooled(transformer, &read.iter().map(|(_, reading)| reading).collect::<Vec<_>>())?;
    let record = SourceRecord {
        part: "foreign".into(),
        sha256: source.hash()?,
        labels_sha256: source.labels_hash()?,
        rows: rows.len(),
        skipped: rows.len() - read.len(),
        path,
    };
    let texts = read.into_iter().zip(vectors).map(|((kind, _), pooled)| Foreign { kind, pooled });
    Ok((record, texts.collect()))
}

fn pooled(transformer: &Transformer, readings: &[&Reading]) -> Result<Vec<Vec<f32>>> {
    Ok(transformer.answers(readings)?.into_iter().map(|answered| answered.pooled).collect())
}

/// For each kind: learns from all others, and measures how well it is told from complaints.
pub fn left_out(complaints: &[Vec<f32>], foreign: &[Foreign], unseen: &[Vec<f32>]) -> Vec<LeftOut> {
    let mut kinds: Vec<&str> = foreign.iter().map(|text| text.kind.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let measure = |kind: &str| {
        let (held, others): (Vec<Foreign>, Vec<Foreign>) = foreign.iter().cloned().partition(|text| text.kind == kind);
        let scope = fit(complaints, &others, unseen, &[]);
        let inside: Vec<f32> = unseen.iter().map(|pooled| scope.score(pooled)).collect();
        let outside: Vec<f32> = held.iter().map(|text| scope.score(&text.pooled)).collect();
        let (auroc, passing) = (auroc(&inside, &outside), passing(&inside, &outside, 0.95));
        LeftOut { kind: kind.to_owned(), texts: held.len(), auroc, passing }
    };
    kinds.into_par_iter().map(measure).collect()
}

/// A table: a line a kind.
pub fn table(metrics: &ScopeMetrics) -> Vec<Vec<String>> {
    let heading = ["kind, left out of the learning", "texts", "AUROC", "pass at 95 %"].map(str::to_owned).to_vec();
    let line = |kind: &LeftOut| {
        let (auroc, passing) = (format!("{:.3}", kind.auroc), format!("{:.3}", kind.passing));
        vec![kind.kind.clone(), kind.texts.to_string(), auroc, passing]
    };
    std::iter::once(heading).chain(metrics.left_out.iter().map(line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};

    fn around(middle: [f32; 4], count: usize, seed: u64) -> Vec<Vec<f32>> {
        let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        (0..count).map(|_| middle.iter().map(|x| x + random.random_range(-1.0..1.0)).collect()).collect()
    }

    #[test]
    fn a_kind_is_told_by_what_the_others_taught() {
        let (learnt, unseen) = (around([0.0; 4], 300, 1), around([0.0; 4], 200, 2));
        // Two that lie on one side of the complaints, and one that lies on the other, of which those two teach nothing.
        let kinds = [("advertisement", [3.0, 2.0, 0.0, 0.0]), ("headline", [3.0, -2.0, 0.0, 0.0]), ("odd", [-3.0; 4])];
        let texts = |(kind, middle): (&str, [f32; 4])| -> Vec<Foreign> {
            around(middle, 30, 3).into_iter().map(|pooled| Foreign { kind: kind.into(), pooled }).collect()
        };
        let foreign: Vec<Foreign> = kinds.into_iter().flat_map(texts).collect();
        let found = left_out(&learnt, &foreign, &unseen);
        let names: Vec<&str> = found.iter().map(|kind| kind.kind.as_str()).collect();
        assert_eq!(names, ["advertisement", "headline", "odd"]);
        assert!(found.iter().all(|kind| kind.texts == 30), "{found:?}");
        assert!(found[2].auroc < 0.5 && found[2].passing > 0.9, "{found:?}");
        let without_odd = left_out(&learnt, &foreign[..60], &unseen);
        assert!(without_odd.iter().all(|kind| kind.auroc > 0.6), "{without_odd:?}");
    }
}
