use super::*;

const BASE: &str = "id = \"p\"\nversion = \"1\"\n[decide]\nheads = [\"department\"]\n[bands]\ndefault = { auto = 0.9, suggest = 0.6, margin = 0.1 }\n";

/// Six lines, then `rest`: the first line of `rest` is line 7.
fn parse(rest: &str) -> Result<Policy> {
    Policy::parse(&format!("{BASE}{rest}"), Path::new("p.toml"), &Taxonomy::retail())
}

fn fault(rest: &str) -> String {
    parse(rest).unwrap_err().to_string()
}

#[test]
fn the_retail_policy_fits_the_retail_taxonomy() {
    let taxonomy = Taxonomy::retail();
    let policy = Policy::default_for(&taxonomy);
    assert_eq!(policy.id, "retail");
    assert_eq!(policy.levels.len(), taxonomy.priorities.len() - 1);
    assert!(policy.signals.len() >= 15);
}

#[test]
fn any_other_taxonomy_gets_the_plain_policy() {
    let flat = Taxonomy::parse(
        "id = \"t\"\nversion = \"1\"\nname = { zh = \"测\", en = \"T\" }\nsentiment = true\n",
        Path::new("t.toml"),
    )
    .unwrap();
    let policy = Policy::default_for(&flat);
    assert_eq!(policy.id, "plain");
    assert!(policy.levels.is_empty() && policy.signals.is_empty());
}

#[test]
fn the_score_of_foreign_texts_has_a_threshold_that_a_policy_may_move() {
    assert_eq!(parse("").unwrap().out_of_scope(), OUT_OF_SCOPE);
    let moved = |share: &str| BASE.replace("heads = ", &format!("out_of_scope = {share}\nheads = "));
    let read = |text: &str| Policy::parse(text, Path::new("p.toml"), &Taxonomy::retail());
    assert_eq!(read(&moved("0.995")).unwrap().out_of_scope(), 0.995);
    let fault = read(&moved("1.5")).unwrap_err().to_string();
    assert!(fault.contains("line 4: out_of_scope lies between"), "{fault}");
}

#[test]
fn a_head_without_bands_takes_the_default() {
    let policy = parse("category = { auto = 0.8, suggest = 0.5, margin = 0.2 }\n").unwrap();
    assert_eq!(policy.thresholds(Head::Category).auto, 0.8);
    assert_eq!(policy.thresholds(Head::Department).auto, 0.9);
}

#[test]
fn an_unknown_key_names_its_line() {
    assert!(fault("[levels]\nhigh = 50\nmedium = 10\n[colour]\nred = 1\n").contains("line 10: unknown field `colour`"));
    let signal = "[[signals]]\nid = \"a\"\nname = { zh = \"甲\", en = \"A\" }\npoints = 1\nword = [\"x\"]\n";
    assert!(fault(signal).contains("line 11: unknown field `word`"), "{}", fault(signal));
}

#[test]
fn a_label_that_the_taxonomy_lacks_names_its_line() {
    assert!(fault("[model.flags]\nsafety = 1\nsafte = 1\n").contains("line 9: unknown flag `safte`"));
    assert!(fault("[levels]\nurgent = 5\n").contains("line 8: unknown priority `urgent`"));
    assert!(
        fault("[model]\nsettles = [\"low\"]\n").contains("line 8: unknown priority (the last begins nowhere) `low`")
    );
    assert!(fault("mood = { auto = 0.8, suggest = 0.5, margin = 0.2 }\n").contains("line 7: unknown head `mood`"));
}

#[test]
fn levels_must_fall_and_be_whole() {
    assert!(fault("[levels]\nhigh = 5\nmedium = 9\n").contains("line 9: `medium` must begin below"));
    assert!(fault("[levels]\nhigh = 5\n").contains("lacks `medium`"));
    assert!(fault("[levels]\nhigh = 5\nmedium = 2\nlow = 0\n").contains("line 10: the least urgent"));
}

#[test]
fn thresholds_must_be_in_order() {
    assert!(fault("category = { auto = 0.5, suggest = 0.8, margin = 0.2 }\n").contains("line 7: thresholds"));
}

#[test]
fn steps_must_rise() {
    let text = "[amount]\norder = [\n  { from = 1000, points = 1 },\n  { from = 900, points = 2 },\n]\n";
    assert!(fault(text).contains("line 10: steps must rise"), "{}", fault(text));
}

#[test]
fn a_broken_pattern_names_its_line() {
    let head = "[[signals]]\nid = \"a\"\nname = { zh = \"甲\", en = \"A\" }\npoints = 1\n";
    assert!(fault(&format!("{head}patterns = [\"(\"]\n")).contains("line 11: bad pattern"));
    assert!(fault(head).contains("line 8: signal `a` has neither words nor patterns"));
    assert!(fault(&format!("{head}words = [\"\"]\n")).contains("line 8: signal `a` has an empty word"));
    assert!(fault(&format!("{head}words = [\"x\"]\nneeds = [\"b\"]\n")).contains("line 12: no signal `b`"));
    assert!(fault(&format!("{head}words = [\"x\"]\nfloor = \"top\"\n")).contains("line 12: unknown priority `top`"));
    let twice = format!("{head}words = [\"x\"]\n{head}words = [\"y\"]\n");
    assert!(fault(&twice).contains("line 13: signal `a` stands here for the second time"));
}

#[test]
fn names_come_in_both_languages() {
    let taxonomy = Taxonomy::retail();
    let policy = Policy::default_for(&taxonomy);
    assert_eq!(policy.signal_name(&taxonomy, "amount", Language::Zh), "涉及金额");
    assert_eq!(policy.signal_name(&taxonomy, "never heard of", Language::Zh), "never heard of");
}
