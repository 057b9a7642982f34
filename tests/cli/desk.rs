//! What is done to a desk without its server: keys, tables, backups, new sealing keys.

use super::{fenzhen, stdout, told};
use fenzhen::desk::seal::{generate, write_new};

fn on(folder: &tempfile::TempDir, arguments: &[&str]) -> std::process::Output {
    let data = folder.path().join("data");
    fenzhen(&[arguments, &["--data", data.to_str().unwrap()]].concat(), b"")
}

#[test]
fn keys_are_made_listed_rotated_and_revoked() {
    let folder = tempfile::tempdir().unwrap();
    let key = stdout(&on(&folder, &["key", "create", "CRM", "--role", "integration", "--days", "30"]));
    assert!(key.starts_with("fz_") && key.trim().len() > 50, "{key}");
    let id = &key[..11];
    let listed = stdout(&on(&folder, &["key", "list"]));
    assert!(listed.contains(id) && listed.contains("integration") && listed.contains("good until"), "{listed}");
    assert!(!listed.contains(&key.trim()[12..]), "the secret is shown once");
    let new = stdout(&on(&folder, &["key", "rotate", id]));
    assert_ne!(new, key);
    assert_eq!(told(&on(&folder, &["key", "revoke", id])), "exit 0\n--- stdout\n--- stderr\n");
    let listed = stdout(&on(&folder, &["key", "list"]));
    assert!(listed.contains("revoked") && listed.lines().count() == 3, "{listed}");
    let unknown = told(&on(&folder, &["key", "revoke", "fz_00000000"]));
    assert!(unknown.starts_with("exit 2") && unknown.contains("no_such_key"), "{unknown}");
    let role = told(&on(&folder, &["key", "create", "X", "--role", "king"]));
    assert!(role.starts_with("exit 2") && role.contains("must be one of intake"), "{role}");
}

#[test]
fn a_backup_can_be_checked_and_is_never_written_over() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(stdout(&on(&folder, &["migrate"])), "1\t0001_desk\n2\t0002_receipt\n");
    let file = folder.path().join("copy.sqlite");
    let file = file.to_str().unwrap();
    let counted = "0 complaints, 0 tickets, 0 events, 0 attachments\n";
    assert_eq!(stdout(&on(&folder, &["backup", file])), counted);
    assert_eq!(stdout(&on(&folder, &["backup", "--verify", file])), counted);
    let again = told(&on(&folder, &["backup", file]));
    assert!(again.starts_with("exit 2") && again.contains("exists already"), "{again}");
    // Its copies would be the attachments themselves.
    let inside = folder.path().join("data/copy.sqlite");
    let refused = told(&on(&folder, &["backup", inside.to_str().unwrap()]));
    assert!(refused.starts_with("exit 2") && refused.contains("in another folder") && !inside.exists(), "{refused}");
    std::fs::write(file, "SQLite format 3, or not").unwrap();
    let broken = told(&on(&folder, &["backup", "--verify", file]));
    assert!(broken.starts_with("exit 2") && broken.contains("error:"), "{broken}");
}

#[test]
fn a_new_sealing_key_comes_before_the_old_ones() {
    let folder = tempfile::tempdir().unwrap();
    let missing = told(&on(&folder, &["reseal", "--new-key"]));
    assert!(missing.starts_with("exit 2") && missing.contains("seal.keys"), "{missing}");
    assert!(!folder.path().join("data").exists(), "a wrong folder gets no keys");
    std::fs::create_dir(folder.path().join("data")).unwrap();
    let file = folder.path().join("data/seal.keys");
    write_new(&file, &generate("2026-11-26".parse().unwrap())).unwrap();
    assert_eq!(stdout(&on(&folder, &["reseal"])), "0 of 0 values and files changed\n");
    let keys = || -> Vec<String> {
        let text = std::fs::read_to_string(&file).unwrap();
        text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
    };
    let before = keys();
    assert_eq!(stdout(&on(&folder, &["reseal", "--new-key"])), "0 of 0 values and files changed\n");
    assert_eq!(keys()[1..], before, "the old ones stay");
    assert_ne!(keys()[0], before[0]);
}
