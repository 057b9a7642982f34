//! `fenzhen bundle compare` with small bundles of a linear model, made here.

use super::*;
use crate::command::evaluate::tests::{Bench, TRAIN};
use clap::Parser;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    compare: Compare,
}

/// The training rows, four times over: 32 rows that the bundle of the bench answers rightly.
fn data(bench: &Bench) -> String {
    let line = |(text, category, priority): &(&str, &str, &str)| {
        serde_json::json!({ "text": text, "category": category, "priority": priority }).to_string() + "\n"
    };
    let rows: String = TRAIN.iter().map(line).collect();
    let path = bench.path("rows.jsonl");
    std::fs::write(&path, rows.repeat(4)).unwrap();
    path
}

fn compare(first: &str, second: &str, data: &str, more: &[&str]) -> Result<(String, ExitCode)> {
    let line = ["compare", first, second, "--quiet", "--resamples", "200", "--data", data];
    let line = line.iter().chain(more);
    Line::try_parse_from(line).unwrap_or_else(|e| panic!("{e}")).compare.compare()
}

fn same(code: ExitCode, expected: u8) -> bool {
    format!("{code:?}") == format!("{:?}", ExitCode::from(expected))
}

/// A bundle that learnt the wrong labels: each row's are those of the row two further on.
fn confused(bench: &Bench) -> String {
    let labels = TRAIN.iter().cycle().skip(2);
    let rows: Vec<_> = TRAIN.iter().zip(labels).map(|(row, other)| (row.0, other.1, other.2)).collect();
    bench.bundle("confused", &rows, Taxonomy::RETAIL);
    bench.path("confused")
}

#[test]
fn a_bundle_passes_against_itself() {
    let bench = Bench::new();
    let (bundle, data) = (bench.path("bundle"), data(&bench));
    let (json, code) = compare(&bundle, &bundle, &format!("{data}=rows"), &["--json"]).unwrap();
    assert!(same(code, 0), "{json}");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let set = &json["sets"][0];
    assert_eq!(
        (json["passed"].as_bool(), set["rows"].as_u64(), set["name"].as_str()),
        (Some(true), Some(32), Some("rows"))
    );
    let category = &set["questions"]["category"];
    assert_eq!(
        (category["difference"]["low"].as_f64(), category["difference"]["high"].as_f64()),
        (Some(0.0), Some(0.0))
    );
    assert!(set["rows_per_second"][0].as_f64().unwrap() > 0.0 && set["rows_per_second"][1].as_f64().unwrap() > 0.0);
    let (text, _) = compare(&bundle, &bundle, &data, &[]).unwrap();
    assert!(text.contains("通过") && text.contains("一级类别") && !text.contains("拒绝"), "{text}");
}

#[test]
fn a_bundle_that_lost_what_the_other_knew_is_refused_in_plain_words() {
    let bench = Bench::new();
    let (bundle, data) = (bench.path("bundle"), data(&bench));
    let worse = confused(&bench);
    let (text, code) = compare(&bundle, &worse, &format!("{data}=rows"), &["--gate", "class-rows=8"]).unwrap();
    assert!(same(code, 1), "{text}");
    for part in ["拒绝", "rows，二级类别：正确率下降", "最紧急一级的召回率", "召回率下降最多的标签", "other.praise"]
    {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    let (text, _) = compare(&bundle, &worse, &format!("{data}=rows"), &["--lang", "en"]).unwrap();
    assert!(text.contains("refused") && text.contains("rows, Category: accuracy fell by"), "{text}");
    // No text of a complaint in either.
    assert!(!text.contains("快递五天") && !text.contains("五星好评"));
    // The other way round it is a gain, and with all gates open a loss passes too.
    assert!(same(compare(&worse, &bundle, &data, &["--gate", "ece=off"]).unwrap().1, 0));
    let open = ["accuracy=off", "urgent=off", "ece=off", "class=off"].map(|gate| ["--gate", gate]).concat();
    assert!(same(compare(&bundle, &worse, &data, &open).unwrap().1, 0));
}

#[test]
fn rows_that_cannot_be_used_are_counted_and_end_with_one() {
    let bench = Bench::new();
    let bundle = bench.path("bundle");
    let (json, code) = compare(&bundle, &bundle, &bench.path("dev.jsonl"), &["--json"]).unwrap();
    assert!(same(code, 1), "{json}");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((json["passed"].as_bool(), json["sets"][0]["skipped"].as_u64()), (Some(true), Some(2)));
}

#[test]
fn what_cannot_be_compared_is_refused_with_the_reason() {
    let bench = Bench::new();
    let (bundle, data) = (bench.path("bundle"), data(&bench));
    let other = Taxonomy::RETAIL.replacen("version = \"1.0.0\"", "version = \"1.0.1\"", 1);
    bench.bundle("other", &TRAIN, &other);
    let error = compare(&bundle, &bench.path("other"), &data, &[]).unwrap_err();
    assert_eq!(error.code(), "invalid_request");
    assert!(error.to_string().contains("retail-v1@1.0.1, A's is retail-v1@1.0.0"), "{error}");
    bench.bundle("renamed", &TRAIN, &Taxonomy::RETAIL.replacen("品控部", "质量部", 1));
    let error = compare(&bundle, &bench.path("renamed"), &data, &[]).unwrap_err();
    assert!(error.to_string().contains("names or descriptions are others"), "{error}");
    let bare = bench.path("bare.jsonl");
    std::fs::write(&bare, "{\"text\": \"快递五天没动静\"}\n").unwrap();
    assert_eq!(compare(&bundle, &bundle, &bare, &[]).unwrap_err().code(), "invalid_data");
    assert_eq!(compare(&bundle, &bundle, &data, &["--gate", "beauty=1"]).unwrap_err().code(), "invalid_request");
    assert_eq!(compare(&bundle, &bench.path("nothing"), &data, &[]).unwrap_err().code(), "invalid_bundle");
}
