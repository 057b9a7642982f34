use super::*;
use crate::data::{NEAR, Source};
use crate::{classify::Head, classify::Prediction, taxonomy::Taxonomy};

fn texts(name: &str, count: usize) -> Vec<String> {
    let path = format!("{}/datasets/retail/{name}.jsonl", env!("CARGO_MANIFEST_DIR"));
    Source::of(path).load().unwrap().into_iter().take(count).map(|row| row.text).collect()
}

/// An uncertainty that follows from the text, so that it does not matter where it stands.
fn doubt(text: &str) -> Doubt {
    Doubt { uncertainty: (key(text) % 1000) as f32 / 1000.0, heads: Vec::new() }
}

fn chosen(settings: Settings, labelled: &[String], pool: &[String]) -> Vec<Chosen<usize>> {
    let mut chooser = Chooser::new(settings);
    labelled.iter().for_each(|text| chooser.labelled(text));
    for (i, text) in pool.iter().enumerate() {
        if chooser.is_new(text) {
            chooser.offer(i, text, doubt(text));
        }
    }
    chooser.choose(&|_| ())
}

/// Real texts, each with a copy that differs in its marks and one that differs in a word.
fn with_copies() -> Vec<String> {
    let mut pool = texts("dev", 300);
    for i in 0..300 {
        pool.push(format!("{}！！", pool[i]));
        pool.push(format!("{}急", pool[i]));
    }
    pool
}

#[test]
fn no_near_copies_of_each_other_or_of_labelled_texts_are_chosen() {
    let pool = with_copies();
    let labelled: Vec<String> = pool[..100].iter().map(|text| format!("{text}，")).collect();
    let settings = Settings { count: 120, random: 0.25, seed: 7 };
    let found = chosen(settings, &labelled, &pool);
    assert_eq!(found.len(), 120);
    let shingles: Vec<Shingles> = found.iter().map(|one| Shingles::of(&pool[one.item])).collect();
    let labelled: Vec<Shingles> = labelled.iter().map(|text| Shingles::of(text)).collect();
    for (i, one) in shingles.iter().enumerate() {
        assert!(shingles[..i].iter().chain(&labelled).all(|other| other.similarity(one) < NEAR));
    }
    assert_eq!(found.iter().filter(|one| one.why == Why::Random).count(), 30);
}

#[test]
fn the_seed_decides_and_nothing_else() {
    let pool = with_copies();
    let settings = Settings { count: 40, random: 0.5, seed: 7 };
    let first = chosen(settings, &[], &pool);
    assert_eq!(first, chosen(settings, &[], &pool));
    let random = |found: &[Chosen<usize>]| -> Vec<usize> {
        found.iter().filter(|one| one.why == Why::Random).map(|one| one.item).collect()
    };
    assert_ne!(random(&first), random(&chosen(Settings { seed: 8, ..settings }, &[], &pool)));
}

#[test]
fn the_uncertain_are_preferred_and_a_poor_pool_gives_what_it_has() {
    let pool = texts("dev", 300);
    let found = chosen(Settings { count: 30, random: 0.0, seed: 7 }, &[], &pool);
    let mean = |all: &mut dyn Iterator<Item = f32>| {
        let (sum, count) = all.fold((0.0, 0), |(sum, count), u| (sum + u, count + 1));
        sum / count as f32
    };
    let of_found = mean(&mut found.iter().map(|one| one.doubt.uncertainty));
    let of_pool = mean(&mut pool.iter().map(|text| doubt(text).uncertainty));
    assert!(of_found > of_pool + 0.2, "{of_found} beside {of_pool}");
    // As many random ones as a sample of the pool is: their mean is near the pool's.
    let found = chosen(Settings { count: 60, random: 1.0, seed: 7 }, &[], &pool);
    assert!((mean(&mut found.iter().map(|one| one.doubt.uncertainty)) - of_pool).abs() < 0.12);
    let three = vec!["快递三天没动静".to_owned(), "快递三天没动静！".into(), "客服一直不接电话".into()];
    assert_eq!(chosen(Settings { count: 10, random: 0.5, seed: 7 }, &[], &three).len(), 2);
}

#[test]
fn doubt_goes_from_sure_to_anything() {
    let taxonomy = Taxonomy::retail();
    let width = Head::Department.width(&taxonomy);
    let mut prediction = Prediction::default();
    prediction[Head::Department] = vec![1.0 / width as f32; width];
    let ask = |prediction: &Prediction| Doubt::of(prediction, &[Head::Category, Head::Department], &taxonomy);
    assert!((ask(&prediction).uncertainty - 1.0).abs() < 1e-5 && ask(&prediction).heads.len() == 1);
    prediction[Head::Department] = vec![0.0; width];
    prediction[Head::Department][2] = 1.0;
    assert_eq!(ask(&prediction).uncertainty, 0.0);
    assert_eq!(ask(&prediction).heads[0].first, taxonomy.departments[2].id);
}
