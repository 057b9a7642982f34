//! Rules of the desk: those that are built in, and how a person's own are checked.

use super::{fenzhen, stdout, told};
use std::fs;

#[test]
fn all_presets_are_listed_by_kind() {
    insta::assert_snapshot!(stdout(&fenzhen(&["policy", "preset"], b"")));
    let calendars = stdout(&fenzhen(&["policy", "preset", "--kind", "calendar"], b""));
    assert_eq!(calendars.lines().count(), 2, "{calendars}");
}

#[test]
fn a_name_of_several_kinds_asks_which_and_a_preset_for_other_labels_says_so() {
    let ask = |arguments: &[&str]| fenzhen(&[&["policy", "preset"], arguments].concat(), b"");
    insta::assert_snapshot!(["retail", "plain", "nonsense"].map(|name| told(&ask(&[name]))).join("\n"));
    let regulator = ask(&["regulator"]);
    assert!(stdout(&regulator).contains("45 working days") && regulator.stderr.is_empty(), "{}", told(&regulator));
    let hotline = ask(&["hotline"]);
    let note = String::from_utf8_lossy(&hotline.stderr).into_owned();
    assert!(note.contains("--taxonomy datasets/taxonomies/citizen-7dept.toml"), "{note}");
    assert!(stdout(&hotline).starts_with("# Routing for a city hotline"));
    let examples = ask(&["finance", "--examples"]);
    assert_eq!(examples.status.code(), Some(2), "{}", told(&examples));
}

/// A folder of rules that serves, of presets.
fn house() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (kind, name) in [
        ("routing", "chain"),
        ("deadlines", "finance"),
        ("calendar", "always"),
        ("incidents", "plain"),
        ("tickets", "retail"),
        ("relate", "default"),
    ] {
        let text = fenzhen(&["policy", "preset", name, "--kind", kind], b"").stdout;
        fs::write(folder.path().join(format!("{kind}.toml")), text).unwrap();
    }
    folder
}

#[test]
fn every_file_of_a_folder_is_told_with_its_line() {
    let folder = house();
    let at = folder.path().to_str().unwrap();
    let without_place = |text: String| text.replace(at, "DIR");
    let sound = fenzhen(&["policy", "check", "--rules", at], b"");
    assert_eq!(sound.status.code(), Some(0), "{}", told(&sound));
    let change = |name: &str, from: &str, to: &str| {
        let path = folder.path().join(name);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{name}");
        fs::write(path, text.replacen(from, to, 1)).unwrap();
    };
    change("deadlines.toml", "left_percent = 20", "left_percent = 200");
    change("tickets.toml", "\"high\"", "\"highest\"");
    fs::write(folder.path().join("holidays.toml"), "[[years]]\nyear = 2027\noff = [2027-02-30]\n").unwrap();
    fs::write(folder.path().join("mail.toml"), "[smtp]\nhost = \"smtp.example.com\"\nport = \"tls\"\n").unwrap();
    fs::write(folder.path().join("deadline.toml"), "").unwrap();
    let faults = fenzhen(&["policy", "check", "--rules", at, "--lang", "en"], b"");
    insta::assert_snapshot!(without_place(told(&faults)));
    let json = fenzhen(&["policy", "check", "--rules", at, "--json", "--quiet"], b"");
    let report: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    let files = report["files"].as_array().unwrap();
    assert_eq!(files.iter().filter(|file| file["sound"] == false).count(), 5, "{report}");
    assert!(json.stderr.is_empty());
    let empty = tempfile::tempdir().unwrap();
    let nothing = fenzhen(&["policy", "check", "--rules", empty.path().to_str().unwrap()], b"");
    assert_eq!(nothing.status.code(), Some(1), "{}", told(&nothing));
}

#[test]
fn a_file_is_what_its_name_or_the_flag_says() {
    let folder = house();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    assert!(fenzhen(&["policy", "check", &path("deadlines.toml")], b"").status.success());
    fs::rename(path("deadlines.toml"), path("draft.toml")).unwrap();
    assert!(fenzhen(&["policy", "check", &path("draft.toml"), "--kind", "deadlines"], b"").status.success());
    let taken_for_routing = fenzhen(&["policy", "check", &path("draft.toml")], b"");
    assert_eq!(taken_for_routing.status.code(), Some(2), "{}", told(&taken_for_routing));
    let hotline = fenzhen(&["policy", "preset", "hotline"], b"").stdout;
    fs::write(path("routing.toml"), hotline).unwrap();
    let refused = fenzhen(&["policy", "check", &path("routing.toml")], b"");
    assert!(told(&refused).contains("--taxonomy FILE"), "{}", told(&refused));
    let taxonomy = ["--taxonomy", "datasets/taxonomies/citizen-7dept.toml"];
    let passed = fenzhen(&[&["policy", "check", &path("routing.toml")], &taxonomy[..]].concat(), b"");
    assert!(passed.status.success(), "{}", told(&passed));
}

/// The retail preset in a folder, as a person would begin.
fn preset() -> (tempfile::TempDir, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (rules, examples) = (path("routing.toml"), path("routing.csv"));
    fs::write(&rules, fenzhen(&["policy", "preset", "retail", "--kind", "routing"], b"").stdout).unwrap();
    fs::write(&examples, fenzhen(&["policy", "preset", "retail", "--examples"], b"").stdout).unwrap();
    (folder, rules, examples)
}

#[test]
fn a_preset_passes_its_own_examples() {
    let (_folder, rules, examples) = preset();
    let output = fenzhen(&["policy", "check", &rules, "--examples", &examples], b"");
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    assert_eq!(stdout(&output), "30 个示例，30 个符合\n");
    let plain = fenzhen(&["policy", "check", &rules], b"");
    assert!(plain.status.success() && stdout(&plain).contains("没有问题"), "{}", told(&plain));
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
