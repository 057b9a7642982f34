use super::*;
use proptest::prelude::*;

const HEAD: &str = "id = \"t\"\nversion = \"1\"\nname = { zh = \"测试\", en = \"Test\" }\n";

/// A file of three lines of head, then `rest`: the first line of `rest` is line 4.
fn parse(rest: &str) -> Result<Taxonomy> {
    Taxonomy::parse(&format!("{HEAD}{rest}"), Path::new("t.toml"))
}

fn fault(rest: &str) -> String {
    parse(rest).unwrap_err().to_string()
}

fn entry(list: &str, id: &str, more: &str) -> String {
    format!("[[{list}]]\nid = \"{id}\"\nname = {{ zh = \"名\", en = \"Name\" }}\n{more}\n")
}

fn shipped(name: &str) -> Taxonomy {
    Taxonomy::open(&Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/taxonomies").join(name)).unwrap()
}

#[test]
fn retail_is_whole() {
    let retail = Taxonomy::retail();
    assert_eq!((retail.groups.len(), retail.categories.len(), retail.departments.len()), (7, 28, 9));
    assert_eq!((retail.priorities.len(), retail.emotions.len(), retail.flags.len()), (3, 7, 12));
    assert_eq!(retail.intensity_levels, 4);
    assert!(retail.secondary && retail.sentiment);
    assert!(retail.categories.iter().all(|c| c.group.is_some() && c.department.is_some()));
    assert!(retail.categories.iter().all(|c| c.label.description.is_some()));
}

#[test]
fn a_leaf_knows_its_group_and_its_department() {
    let retail = Taxonomy::retail();
    let lost = &retail.categories[retail.category_index("delivery.lost").unwrap()];
    assert_eq!(lost.group, retail.group_index("delivery"));
    assert_eq!(lost.department, retail.department_index("logistics"));
    assert_eq!(retail.category_index("delivery"), None);
}

#[test]
fn names_come_in_both_languages() {
    let retail = Taxonomy::retail();
    let index = retail.category_index("product.quality").unwrap();
    assert_eq!(retail.category_path(index, Language::Zh), ["商品问题", "质量问题"]);
    assert_eq!(retail.category_path(index, Language::En), ["Product", "Quality"]);
}

#[test]
fn seven_departments_work_by_a_file_alone() {
    let citizen = shipped("citizen-7dept.toml");
    assert_eq!(citizen.departments.len(), 7);
    assert_eq!(citizen.departments[citizen.department_index("transport").unwrap()].name.zh, "交通运输");
    assert!(citizen.categories.is_empty() && citizen.emotions.is_empty() && !citizen.sentiment);
}

#[test]
fn every_shipped_taxonomy_loads() {
    assert_eq!(shipped("weibo-emotion.toml").emotions.len(), 6);
    assert!(shipped("chnsenticorp.toml").sentiment);
    let shopping = shipped("shopping-10cat.toml");
    assert_eq!(shopping.categories.len(), 10);
    assert!(shopping.groups.is_empty() && shopping.categories.iter().all(|c| c.group.is_none()));
    assert_eq!(shopping.category_path(9, Language::Zh), ["酒店"]);
}

#[test]
fn a_group_passes_its_department_on() {
    let text = [
        entry("departments", "d", ""),
        entry("categories", "g", "department = \"d\""),
        entry("categories", "g.leaf", "parent = \"g\""),
        entry("categories", "alone", ""),
    ];
    let taxonomy = parse(&text.concat()).unwrap();
    assert_eq!(taxonomy.categories[0].department, Some(0));
    assert_eq!((taxonomy.categories[1].group, taxonomy.categories[1].department), (None, None));
    assert_eq!(taxonomy.group_probabilities(&[0.75, 0.25]), [0.75]);
}

#[test]
fn a_duplicate_names_its_line() {
    let text = entry("flags", "a", "") + &entry("flags", "a", "");
    assert_eq!(fault(&text), "t.toml: line 9: `a` stands here for the second time");
}

#[test]
fn an_unknown_parent_names_its_line() {
    assert!(fault(&entry("categories", "a", "parent = \"b\"")).contains("line 7: unknown parent `b`"));
}

#[test]
fn an_unknown_department_names_its_line() {
    assert!(fault(&entry("categories", "a", "department = \"b\"")).contains("line 7: unknown department `b`"));
}

#[test]
fn a_third_level_is_refused() {
    let text = entry("categories", "a", "")
        + &entry("categories", "b", "parent = \"a\"")
        + &entry("categories", "c", "parent = \"b\"");
    assert!(fault(&text).contains("line 11: `b` has children and a parent"), "{}", fault(&text));
}

#[test]
fn an_own_child_is_refused() {
    assert!(fault(&entry("categories", "a", "parent = \"a\"")).contains("line 7"));
}

#[test]
fn an_unknown_key_names_its_line() {
    assert!(fault("colour = 1\n").contains("line 4: unknown field `colour`"));
    assert!(fault(&entry("flags", "a", "colour = 1")).contains("line 7: unknown field `colour`"));
}

#[test]
fn an_empty_list_names_its_line() {
    assert!(fault("sentiment = true\nflags = []\n").contains("line 5: `flags` is empty"));
}

#[test]
fn bad_ids_are_refused() {
    for id in ["", "A", "品质", "a b", ".a", "a.", &"x".repeat(65)] {
        assert!(fault(&entry("flags", id, "")).contains("line 5: bad id"), "{id:?}");
    }
}

#[test]
fn a_taxonomy_of_nothing_is_refused() {
    assert!(fault("").contains("nothing to predict"));
}

#[test]
fn odd_numbers_are_refused() {
    assert!(fault(&entry("emotions", "a", "valence = 2.0")).contains("line 7: the valence"));
    assert!(fault("intensity_levels = 1\n").contains("line 4: intensity_levels"));
    assert!(fault("sentiment = true\nsecondary = true\n").contains("line 5: secondary"));
    assert!(fault("sentiment = \"yes\"\n").contains("line 4"));
}

#[test]
fn a_missing_name_is_refused() {
    let text = "[[flags]]\nid = \"a\"\nname = { zh = \"\", en = \"A\" }\n";
    assert!(fault(text).contains("line 6: a name or description is empty"));
}

#[test]
fn sentiment_grows_with_intensity_and_neutral_is_zero() {
    let retail = Taxonomy::retail();
    let anger = retail.emotion_index("anger").unwrap();
    let neutral = retail.emotion_index("neutral").unwrap();
    assert_eq!(retail.sentiment_of(anger, 3.0), -1.0);
    assert!(retail.sentiment_of(anger, 1.0) > retail.sentiment_of(anger, 2.0));
    assert_eq!(retail.sentiment_of(neutral, 3.0), 0.0);
    assert!(shipped("weibo-emotion.toml").sentiment_of(1, 0.0) > 0.9, "no intensity head: full valence");
}

proptest! {
    #[test]
    fn groups_sum_to_what_their_leaves_sum_to(leaves in proptest::collection::vec(0.0f32..1.0, 28)) {
        let sums = Taxonomy::retail().group_probabilities(&leaves);
        prop_assert!((sums.iter().sum::<f32>() - leaves.iter().sum::<f32>()).abs() < 1e-4);
    }

    #[test]
    fn no_file_panics(text in "\\PC{0,200}") {
        let _ = Taxonomy::parse(&text, Path::new("t.toml"));
    }
}
