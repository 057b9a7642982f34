use super::*;
use crate::{
    desk::assign::{
        examples,
        route::{Field, RoutingTable, Vocabulary},
    },
    taxonomy::Taxonomy,
};
use std::path::Path;

/// The labels of a preset's taxonomy, with the signals of the retail policy beside the retail labels.
pub(in crate::desk::assign) fn vocabulary(taxonomy: &str) -> Vocabulary {
    if taxonomy == "citizen-7dept" {
        let text = include_str!("../../../../datasets/taxonomies/citizen-7dept.toml");
        return Vocabulary::of(&Taxonomy::parse(text, Path::new("citizen-7dept.toml")).unwrap());
    }
    let policy: toml::Table = toml::from_str(include_str!("../../../policy/retail.toml")).unwrap();
    let text = |value: &toml::Value| value.as_str().unwrap().to_owned();
    let signals =
        policy["signals"].as_array().unwrap().iter().map(|signal| {
            (text(&signal["id"]), Name { zh: text(&signal["name"]["zh"]), en: text(&signal["name"]["en"]) })
        });
    Vocabulary::of(&Taxonomy::retail()).with(Field::Signals, signals)
}

#[test]
fn every_preset_passes_its_examples_and_every_rule_has_one() {
    for preset in Preset::all() {
        let table = RoutingTable::parse(preset.document, Path::new(preset.id), &vocabulary(preset.taxonomy)).unwrap();
        assert_eq!(table.warnings, [""; 0], "{}", preset.id);
        let examples = examples::read(preset.examples, Path::new(preset.id), &table).unwrap();
        let report = examples::check(&table, &examples);
        let told: Vec<String> = report
            .mismatches
            .iter()
            .map(|m| format!("{} {}: {} {:?}", m.line, m.example, m.reason.zh, m.missed))
            .collect();
        assert!(report.is_passed(), "{}: {told:#?}", preset.id);
        assert_eq!(report.unreached, [], "{}", preset.id);
        assert!(report.examples >= 20, "{}", preset.id);
    }
}

#[test]
fn presets_are_found_by_id() {
    assert_eq!(Preset::find("hotline").unwrap().name.zh, "城市服务热线");
    assert_eq!(Preset::find("bank"), None);
}
