//! `fenzhen evaluate` against a small bundle with a linear model, made here.

use super::*;
use crate::{
    bundle::{Manifest, file},
    classify::linear::{LinearModel, LinearRecipe},
    data::{Row, Targets},
    segment::Segmenter,
    taxonomy::Taxonomy,
};
use clap::Parser;

/// Text, category and priority.
pub const TRAIN: [(&str, &str, &str); 8] = [
    ("快递五天没动静，一直停在中转站", "delivery.late", "medium"),
    ("说好次日达，等了一个礼拜还没到", "delivery.late", "medium"),
    ("退款申请半个月了钱还没退回来", "aftersales.refund", "medium"),
    ("商家拒绝退款，说过了七天不给退", "aftersales.refund", "medium"),
    ("菜里吃出一截钢丝，嘴都划破了", "product.safety", "high"),
    ("充电器冒烟起火，差点把房子烧了", "product.safety", "high"),
    ("东西不错，发货也快，五星好评", "other.praise", "low"),
    ("师傅上门很准时，非常满意", "other.praise", "low"),
];

/// The third text has a phone number and a wrong label, so that it is a mistake whose text must be masked.
const DEV: &str = r#"{"id": "a", "text": "等了五天，快递还没动静", "category": "delivery.late", "priority": "medium"}
{"id": "b", "text": "吃出钢丝划破了嘴", "category": "product.safety", "priority": "high"}
{"id": "c", "text": "退款还没退回来，打我电话13812345678", "category": "other.praise", "priority": "medium"}
{"id": "d", "text": "？！", "category": "other.empty", "priority": "low"}
{"id": "e", "text": "非常满意，五星好评", "category": "no.such.label"}
"#;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    evaluate: Evaluate,
}

/// A folder with a bundle and a file of rows.
pub struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    pub fn new() -> Self {
        let bench = Bench { folder: tempfile::tempdir().unwrap() };
        bench.bundle("bundle", &TRAIN, Taxonomy::RETAIL);
        std::fs::write(bench.folder.path().join("dev.jsonl"), DEV).unwrap();
        bench
    }

    /// Fits a linear model to rows and writes it as a bundle.
    pub fn bundle(&self, name: &str, rows: &[(&str, &str, &str)], taxonomy_text: &str) {
        let bundle = self.folder.path().join(name);
        let taxonomy = Taxonomy::parse(taxonomy_text, &bundle).unwrap();
        let segmenter = Segmenter::new();
        let (readings, targets): (Vec<_>, Vec<_>) = rows
            .iter()
            .map(|&(text, category, priority)| {
                let (category, priority) = (Some(category.to_owned()), Some(priority.to_owned()));
                let row = Row { text: text.into(), category, priority, ..Default::default() };
                (segmenter.read(text).unwrap(), Targets::of(&row, &taxonomy).unwrap())
            })
            .unzip();
        let recipe = LinearRecipe { min_rows: 1, strength: 50.0, ..Default::default() };
        std::fs::create_dir(&bundle).unwrap();
        std::fs::write(bundle.join(file::TAXONOMY), taxonomy_text).unwrap();
        let model = LinearModel::fit(&readings, &targets, &taxonomy, &recipe).unwrap();
        model.save(&bundle.join(file::LINEAR)).unwrap();
        std::fs::write(bundle.join(file::CALIBRATION), r#"{"linear": {"temperatures": {"category": 0.5}}}"#).unwrap();
        Manifest::write(&bundle, name, "retail-v1@1", None).unwrap();
    }

    pub fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn measure(&self, arguments: &[&str]) -> Result<(String, ExitCode)> {
        let bundle = self.path("bundle");
        let line = ["evaluate", "--quiet", "--bundle", &bundle].into_iter().chain(arguments.iter().copied());
        Line::try_parse_from(line).unwrap_or_else(|e| panic!("{e}")).evaluate.measure()
    }
}

fn same(code: ExitCode, expected: u8) -> bool {
    format!("{code:?}") == format!("{:?}", ExitCode::from(expected))
}

#[test]
fn json_has_every_number_and_counts_what_was_left_out() {
    let bench = Bench::new();
    let data = format!("{}=small dev", bench.path("dev.jsonl"));
    let (json, code) = bench.measure(&["--data", &data, "--json"]).unwrap();
    assert!(same(code, 1), "rows were left out");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let set = &json["sets"][0];
    assert_eq!(
        (set["name"].as_str(), set["rows"].as_u64(), set["skipped"].as_u64()),
        (Some("small dev"), Some(3), Some(2))
    );
    let scores = &set["models"]["linear"]["scores"];
    assert!((scores["category"]["accuracy"]["value"].as_f64().unwrap() - 2.0 / 3.0).abs() < 1e-9);
    assert_eq!(scores["first_level"]["kind"], "one_of");
    assert!(scores["joint_priority"]["urgent_recall"]["value"].is_number());
    // A temperature below one makes the same answers surer.
    let said = |scores: &serde_json::Value| scores["category"]["probabilities"]["nll"].as_f64().unwrap();
    assert_ne!(said(scores), said(&set["uncalibrated"]["scores"]));
}

#[test]
fn the_report_reads_from_the_summary_to_the_mistakes() {
    let bench = Bench::new();
    let dev = bench.path("dev.jsonl");
    let (text, _) = bench.measure(&["--data", &format!("{dev}=dev"), "--calibration-split", &dev]).unwrap();
    let mut rest = text.as_str();
    for part in [
        "dev: 3 rows",
        "first_level",
        "joint_priority",
        "Confusion of first_level (linear)",
        "Weakest labels of category",
        "Commonest mistakes of category",
        "other.praise  aftersales.refund",
        "Reliability of category",
        "ECE recalibrated",
        "Temperatures fitted on the calibration split",
    ] {
        let place = rest.find(part).unwrap_or_else(|| panic!("{part} is missing in\n{text}"));
        rest = &rest[place..];
    }
}

#[test]
fn wrong_answers_and_tables_are_written_with_masked_texts() {
    let bench = Bench::new();
    let (dev, errors, tables) = (bench.path("dev.jsonl"), bench.path("wrong.jsonl"), bench.path("tables"));
    bench.measure(&["--data", &format!("{dev}=dev"), "--errors", &errors, "--csv", &tables]).unwrap();
    let written = std::fs::read_to_string(&errors).unwrap();
    assert!(!written.contains("13812345678") && written.contains("退款还没退回来"), "{written}");
    let wrong: Vec<serde_json::Value> = written.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(wrong.iter().any(|w| w["id"] == "c" && w["set"] == "dev" && w["question"] == "first_level"), "{written}");
    assert!(
        std::fs::read_to_string(format!("{tables}/dev-linear-confusion-category.csv"))
            .unwrap()
            .contains("delivery.late")
    );
}

#[test]
fn the_page_has_every_number_and_no_text_of_a_complaint() {
    let bench = Bench::new();
    let (dev, page) = (bench.path("dev.jsonl"), bench.path("report.html"));
    bench.measure(&["--data", &format!("{dev}=小<样>本"), "--html", &page, "--resamples", "50"]).unwrap();
    let html = std::fs::read_to_string(&page).unwrap();
    for text in DEV.lines().filter_map(|line| Some(serde_json::from_str::<Row>(line).ok()?.text)) {
        // Any five characters in a row would give a text away.
        let characters: Vec<char> = text.chars().collect();
        for run in characters.windows(5).map(|run| run.iter().collect::<String>()) {
            assert!(!html.contains(&run), "{run}");
        }
    }
    assert!(!html.contains("13812345678") && !html.contains("[PHONE]"));
    let digest = crate::bundle::hash(dev.as_ref()).unwrap();
    for part in ["小&lt;样&gt;本", "bundle@", "0.667 [", "延迟送达", "线性模型", "校准前", &digest] {
        assert!(html.contains(part), "{part} is missing");
    }
    assert!(!html.contains("<样>"));
    let nowhere = bench.path("no/such/folder/report.html");
    assert_eq!(bench.measure(&["--data", &dev, "--html", &nowhere]).unwrap_err().code(), "file");
}

#[test]
fn columns_and_values_of_a_table_get_their_meaning_from_flags() {
    let bench = Bench::new();
    let path = bench.path("reviews.csv");
    std::fs::write(&path, "review,level\n快递五天没动静,urgent\n非常满意,idle\n").unwrap();
    let flags = ["--columns", "text=review,priority=level", "--values", "priority.urgent=medium,priority.idle=low"];
    let (json, code) = bench.measure(&[&["--data", &path, "--json"], &flags[..]].concat()).unwrap();
    assert!(same(code, 0), "{json}");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["sets"][0]["models"]["linear"]["scores"]["priority"]["accuracy"]["value"], 1.0);
}

#[test]
fn what_cannot_be_measured_is_refused_before_any_work() {
    let bench = Bench::new();
    let dev = bench.path("dev.jsonl");
    let code = |arguments: &[&str]| bench.measure(arguments).unwrap_err().code();
    assert_eq!(code(&["--data", &dev, "--model", "transformer"]), "invalid_request");
    assert_eq!(code(&["--data", &bench.path("missing.jsonl")]), "file");
    assert_eq!(code(&["--data", &dev, "--data", &dev]), "invalid_request");
    assert_eq!(code(&["--data", &dev, "--values", "priority=low"]), "invalid_request");
    assert!(Line::try_parse_from(["evaluate", "--data", &dev, "--model", "oracle"]).is_err());
    assert!(Line::try_parse_from(["evaluate"]).is_err());
}

#[test]
fn a_file_is_called_by_its_folder_unless_it_has_a_name() {
    assert_eq!(named("retail/dev.jsonl=real"), ("retail/dev.jsonl".into(), "real".to_owned()));
    assert_eq!(named("data/retail/dev.jsonl").1, "retail/dev");
    assert_eq!(named("dev.jsonl").1, "dev");
}
