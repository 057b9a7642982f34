//! What stands behind a prediction: receipts that can be replayed, bands bought with an error budget.

use super::{backup::desk, fenzhen, stdout, told};
use fenzhen::desk::{
    intake::{Request, Submission},
    seal::{generate, write_new},
    work::Workers,
};
use std::fs;

const REQUESTS: &str = "{\"id\":\"a\",\"text\":\"快递三天没动静，客服一直不接电话\"}\n\
     {\"id\":\"b\",\"text\":\"新手机第二天就黑屏，要求退款\",\"order\":{\"amount\":3999}}\n";

#[test]
fn receipts_hold_no_text_and_replay_to_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (requests, receipts) = (path("requests.jsonl"), path("receipts.jsonl"));
    fs::write(&requests, REQUESTS).unwrap();
    let output = fenzhen(&["classify", "--jsonl", &requests, "--receipts", &receipts], b"");
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let text = fs::read_to_string(&receipts).unwrap();
    assert_eq!(text.lines().count(), 2);
    assert!(!text.contains("快递") && !text.contains("黑屏"), "{text}");

    let again = fenzhen(&["replay", &receipts, "--complaints", &requests], b"");
    assert_eq!(again.status.code(), Some(0), "{}", told(&again));
    assert!(stdout(&again).starts_with("2 of 2 decisions came out the same"), "{}", told(&again));
}

#[test]
fn a_replay_under_another_policy_says_what_changes() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (requests, receipts, policy) = (path("requests.jsonl"), path("receipts.jsonl"), path("policy.toml"));
    fs::write(&requests, REQUESTS).unwrap();
    fenzhen(&["classify", "--jsonl", &requests, "--receipts", &receipts], b"");
    let strict = fs::read_to_string("src/policy/retail.toml").unwrap();
    fs::write(
        &policy,
        strict
            .replace("version = \"", "version = \"9.")
            .replace("high = 28", "high = -40")
            .replace("medium = -6", "medium = -50"),
    )
    .unwrap();
    let output = fenzhen(&["replay", &receipts, "--complaints", &requests, "--policy", &policy], b"");
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    let text = stdout(&output);
    assert!(text.contains("version of the policy"), "{text}");
    assert!(text.lines().any(|line| line.starts_with("priority") && line.contains("high")), "{text}");
}

#[test]
fn a_desk_keeps_receipts_and_its_decisions_replay_to_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    write_new(&folder.path().join("seal.keys"), &generate("2026-11-26".parse().unwrap())).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let desk = desk(folder.path(), 0).await;
        let workers = Workers::start(&desk);
        let requests = ["快递三天没动静，客服一直不接电话", "新手机第二天就黑屏，要求退款，不退就打12315"]
            .map(|text| Request { submission: Submission::of(text), key: None });
        for accepted in desk.accept(&requests).await.unwrap() {
            let shown = serde_json::to_value(desk.decided(&accepted.unwrap().id).await.unwrap()).unwrap();
            assert_eq!(shown["decision"]["receipt"], serde_json::Value::Null);
        }
        workers.finish().await;
        desk.store().clone().close().await;
    });
    let again = fenzhen(&["replay", "--desk", "--data", data], b"");
    assert_eq!(again.status.code(), Some(0), "{}", told(&again));
    assert!(stdout(&again).starts_with("2 of 2 decisions came out the same"), "{}", told(&again));
    let later = fenzhen(&["replay", "--desk", "--data", data, "--since", "2100-01-01"], b"");
    assert!(stdout(&later).starts_with("0 of 0"), "{}", told(&later));

    let policy = folder.path().join("policy.toml");
    let strict = fs::read_to_string("src/policy/retail.toml").unwrap();
    fs::write(&policy, strict.replace("version = \"", "version = \"9.").replace("medium = -6", "medium = -50"))
        .unwrap();
    let other = fenzhen(&["replay", "--desk", "--data", data, "--policy", policy.to_str().unwrap(), "--json"], b"");
    assert_eq!(other.status.code(), Some(1), "{}", told(&other));
    assert!(stdout(&other).contains("version of the policy") && !stdout(&other).contains("黑屏"), "{}", told(&other));
}

#[test]
fn a_receipt_whose_complaint_is_missing_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (requests, receipts, others) = (path("requests.jsonl"), path("receipts.jsonl"), path("others.jsonl"));
    fs::write(&requests, REQUESTS).unwrap();
    fs::write(&others, REQUESTS.lines().next().unwrap()).unwrap();
    fenzhen(&["classify", "--jsonl", &requests, "--receipts", &receipts], b"");
    let output = fenzhen(&["replay", &receipts, "--complaints", &others], b"");
    assert_eq!(output.status.code(), Some(1));
    assert!(told(&output).contains("1 of 2 receipts have no complaint"), "{}", told(&output));
}

#[test]
fn an_error_budget_becomes_bands_and_a_bundle_takes_them() {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir("models/retail").unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    let labelled = fs::read_to_string("datasets/retail/dev.jsonl").unwrap();
    let few: Vec<&str> = labelled.lines().take(300).collect();
    let keep = tempfile::tempdir().unwrap();
    let rows = keep.path().join("rows.jsonl");
    fs::write(&rows, few.join("\n")).unwrap();
    let (bundle, rows) = (folder.path().to_str().unwrap(), rows.to_str().unwrap());
    let calibrate = ["calibrate", "--bundle", bundle, "--data", rows, "--max-error", "0.2", "--head", "department"];
    let output = fenzhen(&calibrate, b"");
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let text = stdout(&output);
    assert!(text.contains("[bands]\ndepartment = { auto = 0."), "{text}");
    assert!(text.contains("random halvings"), "{text}");

    let written = fenzhen(&[&calibrate[..], &["--write", "--json"]].concat(), b"");
    assert_eq!(written.status.code(), Some(0), "{}", told(&written));
    let found: serde_json::Value = serde_json::from_str(&stdout(&written)).unwrap();
    let bands = &found["department"]["bands"];
    assert!(bands["error"].as_f64().unwrap() <= 0.2 && bands["coverage"].as_f64().unwrap() > 0.0, "{bands}");
    let verified = fenzhen(&["bundle", "verify", bundle], b"");
    assert_eq!(verified.status.code(), Some(0), "{}", told(&verified));
    // The card goes with the new version.
    let version =
        stdout(&verified).split_whitespace().find_map(|word| word.strip_prefix("retail@").map(str::to_owned)).unwrap();
    let card = fs::read_to_string(folder.path().join("README.md")).unwrap();
    assert!(card.starts_with(&format!("# retail@{}", version.trim_end_matches(':'))), "{version}: {card:.80}");
    let decision = fenzhen(&["classify", "--json", "--bundle", bundle, "快递三天没动静"], b"");
    let decision: serde_json::Value = serde_json::from_str(&stdout(&decision)).unwrap();
    let candidates = decision["department"]["candidates"].as_array().unwrap();
    assert_eq!(candidates[0], decision["department"]["label"]);
}

#[test]
fn a_budget_that_is_no_share_and_an_unknown_head_are_refused() {
    let wrong = told(&fenzhen(&["calibrate", "--max-error", "5"], b""));
    assert!(wrong.starts_with("exit 2") && wrong.contains("--max-error"), "{wrong}");
    let head = told(&fenzhen(&["calibrate", "--head", "flags", "--data", "datasets/retail/dev.jsonl"], b""));
    assert!(head.starts_with("exit 2") && head.contains("choose from category, department"), "{head}");
}

#[test]
fn foreign_texts_are_measured_against_the_complaints_of_a_file() {
    let labelled = fs::read_to_string("datasets/retail/dev.jsonl").unwrap();
    let few: Vec<&str> = labelled.lines().take(120).collect();
    let keep = tempfile::tempdir().unwrap();
    let rows = keep.path().join("rows.jsonl");
    fs::write(&rows, few.join("\n")).unwrap();
    let evaluate =
        ["evaluate", "--data", rows.to_str().unwrap(), "--model", "both", "--outliers", "datasets/outliers/dev.jsonl"];
    let output = fenzhen(&[&evaluate[..], &["--json", "--resamples", "0"]].concat(), b"");
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let found: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let foreign = &found["sets"][0]["foreign"];
    let kinds = foreign["kinds"].as_array().unwrap();
    let kind = |name: &str| kinds.iter().find(|kind| kind["name"] == name).unwrap();
    assert!(kind("all")["auroc"].as_f64().unwrap() > 0.93, "{foreign:#}");
    assert_eq!(kind("advertisement")["texts"], 50);
    assert!(foreign["refused"].as_f64().unwrap() < 0.1, "{foreign:#}");
    let [without, with] = ["without", "with"].map(|which| foreign[which]["wrong"].as_f64().unwrap());
    assert!(with <= without, "{foreign:#}");

    // A list of files: what is not there is told, and a text that stands among the labelled rows counts there.
    let at = |name: &str| keep.path().join(name).to_str().unwrap().to_owned();
    let row = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap();
    let own = few.iter().filter(|line| row(line)["category"] == "other.empty").count() as u64;
    let first = row(few[0]);
    fs::write(
        at("posts.csv"),
        format!(
            "text,mood\n今天天气真好，去公园放风筝,happy\n气死我了,angry\n\"{}\",happy\n",
            first["text"].as_str().unwrap()
        ),
    )
    .unwrap();
    let list = format!(
        "foreign = [\n{{ path = \"{}\", columns = {{ source = \"mood\" }}, values.source = {{ angry = \"\" }} }},\n\
         {{ path = \"/no/such/file.csv\", optional = true }},\n]\n",
        at("posts.csv")
    );
    fs::write(at("list.toml"), list).unwrap();
    let list = at("list.toml");
    let listed = [&evaluate[..5], &["--outliers", &list, "--json", "--resamples", "0"]].concat();
    let output = fenzhen(&listed, b"");
    let remarks = told(&output);
    assert!(
        remarks.contains("/no/such/file.csv (optional) is not there") && remarks.contains("1 texts stand among"),
        "{remarks}"
    );
    let found: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(found["sets"][0]["foreign"]["kinds"][0]["texts"].as_u64(), Some(1 + own), "{found:#}");

    // The linear model has no vectors to tell by.
    let alone = [&evaluate[..3], &["--model", "linear", "--outliers", "datasets/outliers/dev.jsonl"]].concat();
    let wrong = told(&fenzhen(&alone, b""));
    assert!(wrong.starts_with("exit 2") && wrong.contains("calibrate --scope"), "{wrong}");
}
