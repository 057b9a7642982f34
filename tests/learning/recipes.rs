//! The recipes that the project ships.

use fenzhen::{
    data::{Row, Targets},
    train::Recipe,
};
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

fn recipes() -> Vec<PathBuf> {
    let files = std::fs::read_dir("training").unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|e| e == "toml")).collect()
}

#[test]
fn every_recipe_reads_with_its_taxonomy() {
    assert!(recipes().len() >= 5);
    for path in recipes() {
        let recipe = Recipe::open(&path).unwrap();
        // A recipe that goes on from another one's training makes a bundle of the same name.
        let stem = path.file_stem().and_then(|s| s.to_str()).unwrap();
        assert!(stem == recipe.name || stem.starts_with(&format!("{}-", recipe.name)), "{stem} makes {}", recipe.name);
        recipe.taxonomy().unwrap();
    }
}

#[test]
fn what_a_recipe_translates_is_a_label_and_every_label_is_reached() {
    let mut translated = 0;
    for path in recipes() {
        let recipe = Recipe::open(&path).unwrap();
        let (taxonomy, _) = recipe.taxonomy().unwrap();
        let mut of_fields: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for source in recipe.data.train.iter().chain(&recipe.data.dev) {
            for (field, meanings) in &source.values {
                let reached = of_fields.entry(field).or_default();
                for meaning in meanings.values() {
                    let row: Row = serde_json::from_value(json!({ "text": "快递没到", field: meaning })).unwrap();
                    Targets::of(&row, &taxonomy)
                        .unwrap_or_else(|e| panic!("{}: {field} = {meaning}: {e}", path.display()));
                    reached.insert(meaning.to_string());
                    translated += 1;
                }
            }
        }
        // Rows that carry our own labels reach every label by themselves.
        if recipe.data.train.iter().any(|source| source.columns.is_empty() && source.values.is_empty()) {
            continue;
        }
        // Several sources may share a field, each with labels of its own.
        for (field, reached) in of_fields {
            let labels = match field {
                "category" => taxonomy.categories.len(),
                "department" => taxonomy.departments.len(),
                "emotion" => taxonomy.emotions.len(),
                _ => reached.len(),
            };
            assert_eq!(reached.len(), labels, "{}: {field}", path.display());
        }
    }
    assert!(translated > 0);
}
