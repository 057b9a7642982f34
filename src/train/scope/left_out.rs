//! How well each kind of foreign text is told by what the other kinds teach: what to expect of a kind that nobody thought of.

use crate::{
    evaluate::foreign::{auroc, passing},
    scope::{Foreign, fit},
};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// How well a kind of foreign text is told by what was learnt from the other kinds alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeftOut {
    pub kind: String,
    pub texts: usize,
    /// The chance that one of them looks more foreign than a complaint that nothing was fitted on.
    pub auroc: f64,
    /// Share of them that pass where 95 % of those complaints do.
    pub passing: f64,
    /// Share of them that the policy's threshold sends to a person.
    #[serde(default)]
    pub caught: f64,
}

/// For each kind: learns from all others, and measures how well it is told from complaints. Nothing where all are of one kind:
/// without it there is nothing to learn from.
pub fn left_out(complaints: &[Vec<f32>], foreign: &[Foreign], unseen: &[Vec<f32>], threshold: f32) -> Vec<LeftOut> {
    let mut kinds: Vec<&str> = foreign.iter().map(|text| text.kind.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    if kinds.len() < 2 {
        return Vec::new();
    }
    let measure = |kind: &str| {
        let (held, others): (Vec<Foreign>, Vec<Foreign>) = foreign.iter().cloned().partition(|text| text.kind == kind);
        let scope = fit(complaints, &others, unseen, &[]);
        let inside: Vec<f32> = unseen.iter().map(|pooled| scope.score(pooled)).collect();
        let outside: Vec<f32> = held.iter().map(|text| scope.score(&text.pooled)).collect();
        let caught = outside.iter().filter(|score| **score > threshold).count() as f64 / outside.len() as f64;
        let (auroc, passing) = (auroc(&inside, &outside), passing(&inside, &outside, 0.95));
        LeftOut { kind: kind.to_owned(), texts: held.len(), auroc, passing, caught }
    };
    kinds.into_par_iter().map(measure).collect()
}

/// A table: a line a kind; nothing where there is none.
pub fn table(kinds: &[LeftOut]) -> Vec<Vec<String>> {
    let heading = ["kind, left out of the learning", "texts", "AUROC", "pass at 95 %", "to a person"];
    let line = |kind: &LeftOut| {
        let numbers = [kind.auroc, kind.passing, kind.caught].map(|number| format!("{number:.3}"));
        [kind.kind.clone(), kind.texts.to_string()].into_iter().chain(numbers).collect()
    };
    match kinds {
        [] => Vec::new(),
        kinds => std::iter::once(heading.map(str::to_owned).to_vec()).chain(kinds.iter().map(line)).collect(),
    }
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
        let found = left_out(&learnt, &foreign, &unseen, 0.98);
        let names: Vec<&str> = found.iter().map(|kind| kind.kind.as_str()).collect();
        assert_eq!(names, ["advertisement", "headline", "odd"]);
        assert!(found.iter().all(|kind| kind.texts == 30), "{found:?}");
        assert!(found[2].auroc < 0.5 && found[2].passing > 0.9 && found[2].caught < 0.1, "{found:?}");
        let without_odd = left_out(&learnt, &foreign[..60], &unseen, 0.98);
        assert!(without_odd.iter().all(|kind| kind.auroc > 0.6), "{without_odd:?}");
        assert_eq!(table(&found).len(), 4);
        // At the lowest threshold all of them lie above it that lean further than one complaint.
        assert!(left_out(&learnt, &foreign, &unseen, 0.0)[0].caught > 0.9);
    }

    #[test]
    fn one_kind_alone_is_not_left_out() {
        let (learnt, unseen) = (around([0.0; 4], 30, 1), around([0.0; 4], 20, 2));
        let texts = around([3.0; 4], 10, 3).into_iter().map(|pooled| Foreign { kind: "headline".into(), pooled });
        assert_eq!(left_out(&learnt, &texts.collect::<Vec<_>>(), &unseen, 0.98), []);
        assert!(table(&[]).is_empty());
    }
}
