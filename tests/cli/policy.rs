//! Routing rules and their example tickets.

use super::{fenzhen, stdout, told};
use std::fs;

/// The retail preset in a folder, as a person would begin.
fn preset() -> (tempfile::TempDir, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (rules, examples) = (path("routing.toml"), path("routing.csv"));
    fs::write(&rules, fenzhen(&["policy", "preset", "retail"], b"").stdout).unwrap();
    fs::write(&examples, fenzhen(&["policy", "preset", "retail", "--examples"], b"").stdout).unwrap();
    (folder, rules, examples)
}

#[test]
fn a_preset_passes_its_own_examples() {
    let (_folder, rules, examples) = preset();
    let output = fenzhen(&["policy", "check", &rules, "--examples", &examples], b"");
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    assert_eq!(stdout(&output), "30 个示例，30 个符合\n");
    let listed = stdout(&fenzhen(&["policy", "preset"], b""));
    assert_eq!(listed.lines().count(), 4, "{listed}");
}

#[test]
fn an_example_that_goes_elsewhere_is_told_with_the_rule_and_why() {
    let (_folder, rules, examples) = preset();
    let wrong = fs::read_to_string(&examples).unwrap().replacen("legal/injury,injury", "quality,-", 1);
    fs::write(&examples, wrong).unwrap();
    let output = fenzhen(&["policy", "check", &rules, "--examples", &examples, "--lang", "en"], b"");
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    let text = stdout(&output);
    assert!(text.starts_with("30 examples, 29 as expected\nline 2, 烫伤: expected"), "{text}");
    assert!(text.contains("rule \"injury\""), "{text}");
    let json = fenzhen(&["policy", "check", &rules, "--examples", &examples, "--json"], b"");
    let report: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(report["mismatches"][0]["route"]["rule"], "injury");
}

#[test]
fn a_rule_with_a_label_that_is_none_is_refused_with_its_line() {
    let (_folder, rules, examples) = preset();
    let text = fs::read_to_string(&rules).unwrap();
    fs::write(&rules, text.replacen("department = \"legal\"", "department = \"lawyers\"", 1)).unwrap();
    let output = fenzhen(&["policy", "check", &rules, "--examples", &examples], b"");
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    assert!(told(&output).contains("line ") && told(&output).contains("[invalid_policy]"), "{}", told(&output));
}
