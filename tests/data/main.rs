//! `fenzhen data` as a person runs it: exit code, stdout and stderr.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

/// Runs the command in a folder, so that the paths in its output are short and the same everywhere.
fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fenzhen")).current_dir(folder).args(arguments).output().unwrap()
}

fn told(output: &Output) -> String {
    format!(
        "exit {}\n--- stdout\n{}--- stderr\n{}",
        output.status.code().unwrap(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

const TAXONOMY: &str = r#"
id = "stall"
version = "1"
name = { zh = "摊位", en = "Stall" }

[[categories]]
id = "late"
name = { zh = "慢", en = "Late" }

[[categories]]
id = "bad"
name = { zh = "坏", en = "Bad" }
"#;

const TRAIN: &str = "编号,内容,类别
1,快递三天没动静，客服一直不接电话,late
2,西瓜切开是坏的，要求赔偿,bad
3,快递三天没动静客服一直不接电话！,bad
4,,late
5,等了一个小时还没做好,slow
6,\"老板说马上就好,late
7,蛋糕塌了，没法吃,bad
";
const DEV: &str = "编号,内容,类别
8,西瓜切开是坏的，要求赔偿。,bad
";

const COLUMNS: &str = "id=编号,text=内容,category=类别";

#[test]
fn faults_are_told_by_file_and_line() {
    let folder = folder(&[("stall.toml", TAXONOMY), ("train.csv", TRAIN), ("dev.csv", DEV)]);
    let arguments = ["data", "check", "train.csv", "dev.csv", "--taxonomy", "stall.toml", "--columns", COLUMNS];
    let output = run(folder.path(), &[&arguments[..], &["--strict"]].concat());
    let told = told(&output);
    assert!(!told.contains("西瓜") && !told.contains("老板"), "no words of a customer are shown");
    insta::assert_snapshot!(told);
    assert_eq!(run(folder.path(), &arguments).status.code(), Some(0), "only --strict ends with 1");
    let json = run(folder.path(), &[&arguments[..], &["--json"]].concat());
    let report: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(report["files"][0]["rows"], 6);
    assert!(report["findings"].as_array().unwrap().iter().any(|f| f["fault"] == "leak" && f["other"]["line"] == 3));
}

#[test]
fn the_shipped_rows_are_clean() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = run(root, &["data", "check", "datasets/retail/train.jsonl", "datasets/retail/dev.jsonl", "--strict"]);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
}

#[test]
fn a_split_is_written_once_and_leaks_nothing() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rows: String = fs::read_to_string(root.join("datasets/retail/dev.jsonl")).unwrap();
    let folder = folder(&[("all.jsonl", &rows)]);
    let arguments = ["data", "split", "all.jsonl", "-o", "parts", "--stratify", "priority"];
    let output = run(folder.path(), &arguments);
    insta::assert_snapshot!(told(&output));
    let parts = ["train", "dev", "test"].map(|part| format!("parts/{part}.jsonl"));
    let lines: usize =
        parts.iter().map(|part| fs::read_to_string(folder.path().join(part)).unwrap().lines().count()).sum();
    assert_eq!(lines, rows.lines().count());
    let check = run(folder.path(), &["data", "check", &parts[0], &parts[1], &parts[2], "--strict"]);
    assert_eq!(check.status.code(), Some(0), "{}", told(&check));
    let again = run(folder.path(), &arguments);
    assert_eq!(again.status.code(), Some(2));
    assert!(told(&again).contains("this part is there already"));
}

#[test]
fn shown_rows_are_masked() {
    let rows = "{\"text\": \"快递三天没动静，打我电话13812345678\", \"category\": \"late\"}\n{\"text\": \"？？\"}\n";
    let folder = folder(&[("stall.toml", TAXONOMY), ("a.jsonl", rows)]);
    let output = run(folder.path(), &["data", "inspect", "a.jsonl", "--taxonomy", "stall.toml", "--show", "2"]);
    let told = told(&output);
    assert!(!told.contains("13812345678"));
    insta::assert_snapshot!(told);
}

#[test]
fn what_cannot_run_ends_with_two_and_says_why() {
    let folder = folder(&[("a.csv", "编号,内容\n1,好\n"), ("book.xlsx", "PK\u{3}\u{4}")]);
    let runs = [
        vec!["data", "check", "none.csv"],
        vec!["data", "inspect", "a.csv"],
        vec!["data", "inspect", "book.xlsx"],
        vec!["data", "split", "a.csv", "-o", "p", "--columns", "text=内容", "--ratios", "a=0.5,a=0.5"],
        vec!["data", "split", "a.csv", "-o", "p", "--columns", "text=内容", "--stratify", "mood"],
        vec!["data", "split", "a.csv", "-o", "p", "--columns", "text=内容", "--by-time"],
    ];
    let told: String = runs.iter().map(|run_| told(&run(folder.path(), run_)) + "\n").collect();
    insta::assert_snapshot!(told);
}
