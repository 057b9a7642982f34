use super::*;
use proptest::prelude::*;
use rand::{Rng, SeedableRng};

/// Vectors of four numbers around a middle.
fn around(middle: [f32; 4], count: usize, seed: u64) -> Vec<Vec<f32>> {
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| middle.iter().map(|x| x + random.random_range(-1.0..1.0)).collect()).collect()
}

fn foreign(kind: &str, middle: [f32; 4], seed: u64) -> Vec<Foreign> {
    around(middle, 30, seed).into_iter().map(|pooled| Foreign { kind: kind.into(), pooled }).collect()
}

fn two_kinds() -> Vec<Foreign> {
    [foreign("advertisement", [3.0, 2.0, 0.0, 0.0], 3), foreign("headline", [3.0, -2.0, 0.0, 0.0], 4)].concat()
}

#[test]
fn a_score_is_the_share_of_unseen_complaints_that_lean_less() {
    let (learnt, unseen) = (around([0.0; 4], 300, 1), around([0.0; 4], 200, 2));
    let scope = fit(&learnt, &two_kinds(), &unseen, &["other.empty".into()]);
    assert_eq!(scope.fault(Some(4)), None);
    // New complaints: at most about two in a hundred lie above 0.98.
    let new = around([0.0; 4], 2000, 5);
    let above = new.iter().filter(|pooled| scope.score(pooled) > 0.98).count();
    assert!(above < 100, "{above} of 2000");
    // New texts of a third kind that lies where the others lie.
    let third = foreign("English", [3.5, 0.0, 1.0, 0.0], 6);
    let told = third.iter().filter(|text| scope.score(&text.pooled) > 0.98).count();
    assert!(told > 25, "{told} of 30");
}

#[test]
fn the_same_texts_give_the_same_bits_and_survive_json() {
    let (learnt, unseen) = (around([0.0; 4], 100, 1), around([0.0; 4], 50, 2));
    let scope = fit(&learnt, &two_kinds(), &unseen, &[]);
    assert_eq!(scope, fit(&learnt, &two_kinds(), &unseen, &[]));
    let back: Scope = serde_json::from_str(&serde_json::to_string(&scope).unwrap()).unwrap();
    assert_eq!(scope, back);
}

#[test]
fn numbers_that_cannot_be_are_refused() {
    let scope = Scope { outside: vec![], weights: vec![1.0, 2.0], bias: 0.0, complaints: vec![0.0, 1.0] };
    assert_eq!(scope.fault(Some(2)), None);
    assert!(scope.fault(None).unwrap().contains("no transformer"));
    assert!(scope.fault(Some(3)).unwrap().contains("2 weights"));
    let broken = Scope { bias: f32::NAN, ..scope.clone() };
    assert!(broken.fault(Some(2)).unwrap().contains("not finite"));
    let fallen = Scope { complaints: vec![1.0, 0.0], ..scope };
    assert!(fallen.fault(Some(2)).unwrap().contains("do not rise"));
}

proptest! {
    #[test]
    fn a_score_lies_in_its_range_and_rises_with_the_leaning(x in -1e6f32..1e6, y in -1e6f32..1e6) {
        let scope = Scope { outside: vec![], weights: vec![1.0], bias: 0.0, complaints: vec![-5.0, 0.0, 0.0, 3.0] };
        let (a, b) = (scope.score(&[x.min(y)]), scope.score(&[x.max(y)]));
        prop_assert!((0.0..1.0).contains(&a) && a <= b && b < 1.0);
    }
}
