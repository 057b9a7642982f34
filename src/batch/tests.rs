//! Files through the scoring, with a decision that is easy to tell apart in place of the model's.

use super::*;
use crate::decision::{Action, Band, Choice, Priority, Reason, Verdict, Versions};
use encoding_rs::GB18030;
use proptest::prelude::*;
use serde_json::Value;
use std::path::PathBuf;

/// A decision whose `masked_text` is the text and whose points are its length.
fn decision(complaint: &Complaint) -> Decision {
    let name = |label: &str| Choice {
        label: label.into(),
        name: vec!["配送问题".into(), "延迟送达".into()],
        probability: 0.93333,
        band: Band::Auto,
        alternatives: Vec::new(),
        candidates: None,
    };
    Decision {
        id: complaint.id.clone().unwrap_or_default(),
        category: Some(name("a.b")),
        secondary: Vec::new(),
        department: Some(name("d")),
        priority: Some(Priority {
            level: "p".into(),
            name: "中".into(),
            points: complaint.text.chars().count() as i32,
            reasons: vec![Reason {
                signal: "repeat".into(), evidence: Some("=第三次".into()), span: None, points: 15
            }],
        }),
        emotion: None,
        sentiment: Some(-0.92),
        flags: Vec::new(),
        decision: Verdict { action: Action::Suggest, reason: String::new() },
        out_of_scope: None,
        foreign: false,
        masked_text: complaint.text.clone(),
        explanation: None,
        receipt: None,
        versions: Versions { engine: "".into(), bundle: "".into(), taxonomy: "".into(), policy: "".into() },
    }
}

fn decide(complaints: &[Complaint]) -> Vec<Result<Decision>> {
    assert!(complaints.len() <= input::ROWS);
    complaints.iter().map(|c| if c.text.trim().is_empty() { Err(Error::EmptyText) } else { Ok(decision(c)) }).collect()
}

const ADDED: [Column; 6] =
    [Column::Category, Column::Points, Column::Reasons, Column::Sentiment, Column::MaskedText, Column::Error];

fn options() -> Options {
    Options { added: ADDED.to_vec(), ..Default::default() }
}

struct Run {
    folder: tempfile::TempDir,
    result: Result<Summary>,
    to: PathBuf,
}

fn run(name: &str, bytes: &[u8], to: &str, options: &Options) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let from = folder.path().join(name);
    std::fs::write(&from, bytes).unwrap();
    let to = folder.path().join(to);
    let result = score(&from, &to, options, decide, |_| {});
    Run { folder, result, to }
}

fn table(path: &Path) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(path).unwrap();
    let text = text.strip_prefix('\u{feff}').expect("Excel needs the mark");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[test]
fn a_table_comes_back_with_its_columns_and_the_predictions() {
    let (gb, _, _) =
        GB18030.encode("订单号,投诉内容,备注\n2026112500000000001,\"快递慢，\n客服不理\",=1+1\n007,要退款,\n");
    let run = run("a.csv", &gb, "b.csv", &options());
    let summary = run.result.unwrap();
    assert_eq!(
        (summary.rows, summary.failed, summary.encoding, summary.text_column.as_str()),
        (2, 0, "gb18030", "投诉内容")
    );
    assert_eq!(
        table(&run.to),
        [
            ["订单号", "投诉内容", "备注", "category", "points", "reasons", "sentiment", "masked_text", "error"],
            [
                "2026112500000000001",
                "快递慢，\n客服不理",
                "'=1+1",
                "a.b",
                "9",
                "repeat:=第三次",
                "-0.92",
                "快递慢，\n客服不理",
                ""
            ],
            ["007", "要退款", "", "a.b", "3", "repeat:=第三次", "-0.92", "要退款", ""],
        ]
    );
    assert_eq!(std::fs::read_dir(run.folder.path()).unwrap().count(), 2, "no temporary file is left");
}

#[test]
fn broken_rows_are_listed_and_lose_nothing_else() {
    let mut bytes = "text,id\n第一条,1\n第二,条,2\n\"第三条,3\n第四条,4\n,5\n".as_bytes().to_vec();
    bytes.extend_from_slice(b"\xff\xfe,6\n");
    bytes.extend_from_slice("第七条,7\n".as_bytes());
    let run = run("a.csv", &bytes, "b.csv", &options());
    let summary = run.result.unwrap();
    let failures: Vec<_> = summary.failures.iter().map(|f| (f.line, f.code)).collect();
    assert_eq!(failures, [(3, "invalid_row"), (4, "invalid_row"), (6, "empty_text"), (7, "invalid_row")]);
    let rows = table(&run.to);
    assert_eq!(rows.len(), 8);
    let scored: Vec<_> =
        rows[1..].iter().filter(|row| row.last().unwrap().is_empty()).map(|row| row[0].as_str()).collect();
    assert_eq!(scored, ["第一条", "第四条", "第七条"]);
    assert_eq!(rows[2][..2], ["第二", "条,2"]);
    assert_eq!(rows[3][0], "\"第三条,3");
    assert_eq!(rows[5].last().unwrap(), "empty_text: the complaint text is empty");
}

#[test]
fn jsonl_keeps_every_field_and_steps_around_taken_names() {
    let lines = "{\"text\": \"快递慢\", \"category\": \"old\", \"order\": {\"id\": \"9007199254740993\"}}\n不是对象\n{\"text\": 5}\n{\"category\": 1}\n";
    let run = run("a.jsonl", lines.as_bytes(), "b.jsonl", &options());
    assert_eq!(run.result.unwrap().failed, 3);
    let rows: Vec<Value> =
        std::fs::read_to_string(&run.to).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows[0]["category"], "old");
    assert_eq!(rows[0]["predicted_category"], "a.b");
    assert_eq!(rows[0]["order"]["id"], "9007199254740993");
    assert_eq!(rows[0]["points"], 3);
    assert_eq!(rows[1]["raw"], "不是对象");
    assert!(rows[1]["error"].as_str().unwrap().starts_with("invalid_row: not JSON"));
    assert_eq!(rows[2]["error"], "invalid_row: the field \"text\" is not a text");
    assert_eq!(rows[3]["error"], "invalid_row: the field \"text\" is missing");
}

#[test]
fn the_input_is_never_overwritten_and_a_failed_run_leaves_no_file() {
    let text = "text\n快递慢\n".as_bytes();
    let same = run("a.csv", text, "a.csv", &options());
    assert!(same.result.unwrap_err().to_string().contains("overwrite the input"));
    assert_eq!(std::fs::read(&same.to).unwrap(), text);
    let other = run("a.csv", text, "b.jsonl", &options());
    assert!(other.result.unwrap_err().to_string().contains("name it .csv"));
    assert!(!other.to.exists());
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("a.csv"), folder.path().join("b.csv"));
    std::fs::write(&from, text).unwrap();
    std::fs::write(&to, "before").unwrap();
    let failed = score(&from, &to, &options(), |_| Vec::new(), |_| {});
    assert_eq!(failed.unwrap_err().code(), "internal");
    assert_eq!(std::fs::read_to_string(&to).unwrap(), "before");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[cfg(unix)]
#[test]
fn a_link_keeps_pointing_at_its_file_and_a_folder_is_no_output() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    std::fs::write(place("a.csv"), "text\n快递慢\n").unwrap();
    std::fs::write(place("real.csv"), "before").unwrap();
    std::os::unix::fs::symlink(place("real.csv"), place("link.csv")).unwrap();
    score(&place("a.csv"), &place("link.csv"), &options(), decide, |_| {}).unwrap();
    assert!(place("link.csv").is_symlink());
    assert_eq!(table(&place("real.csv")).len(), 2);
    std::fs::create_dir(place("folder.csv")).unwrap();
    let socket = std::os::unix::net::UnixListener::bind(place("socket.csv")).unwrap();
    for name in ["folder.csv", "socket.csv"] {
        let refused = score(&place("a.csv"), &place(name), &options(), decide, |_| {});
        assert!(refused.unwrap_err().to_string().contains("must be a file"));
        assert!(!place(name).is_file(), "{name} is still what it was");
    }
    drop(socket);
}

#[test]
fn a_long_file_travels_in_chunks_and_in_order() {
    let text: String = "text,n\n".to_owned() + &(0..1000).map(|i| format!("快递{i},{i}\n")).collect::<String>();
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("a.csv"), folder.path().join("b.csv"));
    std::fs::write(&from, &text).unwrap();
    let mut seen = Vec::new();
    let summary = score(&from, &to, &options(), decide, |progress| seen.push(progress)).unwrap();
    assert_eq!(summary.rows, 1000);
    assert_eq!(seen.iter().map(|p| p.rows).collect::<Vec<_>>(), [256, 512, 768, 1000]);
    assert_eq!(seen[3].read, text.len() as u64);
    assert!(table(&to)[1..].iter().enumerate().all(|(i, row)| row[1] == i.to_string() && row[6] == format!("快递{i}")));
}

#[test]
fn an_empty_file_and_one_with_a_header_only() {
    assert_eq!(run("a.csv", b"", "b.csv", &options()).result.unwrap_err().code(), "invalid_data");
    let run = run("a.csv", b"text,id\n", "b.csv", &options());
    assert_eq!(run.result.unwrap().rows, 0);
    assert_eq!(table(&run.to).len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn the_cells_of_the_input_come_back_as_they_were(
        rows in proptest::collection::vec(("[快递慢退款,\"\n]{1,9}", "[0-9]{0,20}", "[-=+@a-z一-九0-9.]{0,5}"), 1..9)
    ) {
        let mut input = csv::Writer::from_writer(Vec::new());
        input.write_record(["text", "no", "note"]).unwrap();
        for (text, number, note) in &rows {
            input.write_record([text, number, note]).unwrap();
        }
        let run = run("a.csv", &input.into_inner().unwrap(), "b.csv", &Options { verbatim: true, ..options() });
        run.result.unwrap();
        let out = table(&run.to);
        prop_assert_eq!(out.len(), rows.len() + 1);
        for (row, (text, number, note)) in out[1..].iter().zip(&rows) {
            prop_assert_eq!((&row[0], &row[1], &row[2]), (text, number, note));
        }
    }
}
