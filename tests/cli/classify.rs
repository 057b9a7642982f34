use super::{fenzhen, stdout, told};
use serde_json::Value;

const LATE: &str = "快递三天没动静，客服一直不接电话，第三次投诉了，电话13800138000";

/// Numbers depend on the bundle and, in the last digit, on the machine; words do not.
pub fn without_digits(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        let c = if c.is_ascii_digit() { '#' } else { c };
        if !(c == '#' && out.ends_with('#')) {
            out.push(c);
        }
    }
    out
}

#[test]
fn a_card_names_everything_in_chinese_and_masks_the_phone_number() {
    let output = fenzhen(&["classify", LATE], b"");
    let told = told(&output);
    assert_eq!(output.status.code(), Some(0), "{told}");
    for word in ["类别", "部门", "优先级", "情绪", "第三次", "脱敏文本", "[PHONE]"] {
        assert!(told.contains(word), "{word} is missing:\n{told}");
    }
    assert!(!told.contains("13800138000"), "{told}");
}

#[test]
fn the_english_card_has_no_chinese_but_the_customers_own() {
    let output = fenzhen(&["classify", "--lang", "en", "退款"], b"");
    let card = stdout(&output).replace("退款", "");
    assert!(card.is_ascii() || !card.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{card}");
}

#[test]
fn stdin_and_argument_give_the_same_decision() {
    let mut by_argument: Value = serde_json::from_str(&stdout(&fenzhen(&["classify", "--json", LATE], b""))).unwrap();
    let mut by_stdin: Value =
        serde_json::from_str(&stdout(&fenzhen(&["classify", "--json"], LATE.as_bytes()))).unwrap();
    for decision in [&mut by_argument, &mut by_stdin] {
        decision["id"] = Value::Null;
    }
    assert_eq!(by_argument, by_stdin);
}

#[test]
fn one_of_the_bundles_models_may_answer_alone() {
    let receipts = tempfile::NamedTempFile::new().unwrap();
    let path = receipts.path().to_str().unwrap();
    for model in ["linear", "transformer", "both"] {
        let output = fenzhen(&["classify", "--json", "--model", model, "--receipts", path, LATE], b"");
        assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    }
    let lines = std::fs::read_to_string(path).unwrap();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let models: Vec<&str> = lines.iter().map(|line| line["model"].as_str().unwrap()).collect();
    assert_eq!(models, ["linear", "transformer", "both"]);
    assert!(lines[0]["probabilities"] != lines[2]["probabilities"] && lines[0].get("out_of_scope").is_none());
    let output = fenzhen(&["classify", "--model", "best", LATE], b"");
    assert_eq!(output.status.code(), Some(2));
    assert!(told(&output).contains("choose both, transformer or linear"), "{}", told(&output));
}

#[test]
fn text_that_cannot_be_read_is_refused_with_a_code_and_a_way_out() {
    let mut all = String::new();
    let long = "慢".repeat(100_000);
    let texts: [(&str, &[u8]); 6] = [
        ("empty", b""),
        ("blank", "  \n\t　".as_bytes()),
        ("emoji", "😡😡😡！！！".as_bytes()),
        ("control characters", b"\x00\x01\x02\x1b"),
        ("not UTF-8", &[0xcd, 0xcb, 0xbf, 0xee]),
        ("too long", long.as_bytes()),
    ];
    for (name, text) in texts {
        all += &format!("== {name}\n{}", told(&fenzhen(&["classify"], text)));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn every_line_gets_an_answer_in_its_place_and_a_bad_one_harms_no_other() {
    let lines = [
        r#"{"id": "a", "text": "快递三天没动静"}"#,
        r#"{"id": "b", "txet": "写错了"}"#,
        r#"{"id": "c", "text": "衣服掉色，要求退货"}"#,
        r#"not json"#,
        r#"{"id": "e", "text": "   "}"#,
        r#"{"id": "f", "text": "谢谢师傅，装得很好"}"#,
    ];
    let output = fenzhen(&["classify", "--jsonl", "-"], lines.join("\n").as_bytes());
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    let answers: Vec<Value> = stdout(&output).lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let short: Vec<String> = answers
        .iter()
        .map(|a| match a["code"].as_str() {
            Some(code) => code.to_owned(),
            None => a["id"].as_str().unwrap().to_owned(),
        })
        .collect();
    assert_eq!(short, ["a", "unknown_field", "c", "not_json", "empty_text", "f"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("6 lines, 3 refused"));
}

#[test]
fn the_form_of_a_decision_stays() {
    let decision: Value = serde_json::from_str(&stdout(&fenzhen(&["classify", "--json", LATE], b""))).unwrap();
    let mut paths = Vec::new();
    walk("", &decision, &mut paths);
    paths.sort();
    paths.dedup();
    insta::assert_snapshot!(without_digits(&paths.join("\n")));
}

/// The paths and kinds of all values; names of labels count as one.
pub fn walk(path: &str, value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Object(fields) if path.ends_with("probabilities") => {
            assert!(fields.values().all(Value::is_number));
            out.push(format!("{path}.LABEL number"));
        }
        Value::Object(fields) => fields.iter().for_each(|(name, value)| walk(&format!("{path}.{name}"), value, out)),
        Value::Array(items) => items.iter().for_each(|item| walk(&format!("{path}[]"), item, out)),
        Value::String(_) => out.push(format!("{path} string")),
        Value::Number(_) => out.push(format!("{path} number")),
        Value::Bool(_) | Value::Null => out.push(format!("{path} other")),
    }
}
