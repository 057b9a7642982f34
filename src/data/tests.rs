//! Files in, rows and targets out.

use super::*;
use crate::{classify::Head, taxonomy::Taxonomy};
use encoding_rs::GB18030;
use proptest::prelude::*;
use std::{io::Write, path::PathBuf};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Folder(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

fn load(name: &str, text: &str, recipe: &str) -> crate::Result<Vec<Row>> {
    let folder = Folder::new();
    let path = folder.file(name, text.as_bytes());
    let source: Source = toml::from_str(&format!("path = {:?}\n{recipe}", path.to_str().unwrap())).unwrap();
    source.load()
}

fn told(name: &str, text: &str, recipe: &str) -> String {
    load(name, text, recipe).unwrap_err().to_string()
}

#[test]
fn the_shipped_rows_load_and_every_label_is_known() {
    let taxonomy = Taxonomy::retail();
    for (name, count) in [("train", 20286), ("calibration", 400), ("dev", 778)] {
        let rows = Source::of(format!("{}/datasets/retail/{name}.jsonl", env!("CARGO_MANIFEST_DIR"))).load().unwrap();
        assert_eq!(rows.len(), count);
        for row in &rows {
            let targets = Targets::of(row, &taxonomy).unwrap();
            for head in Head::ALL {
                assert!(targets.get(head).is_some(), "{:?} teaches nothing about {}", row.id, head.name());
            }
        }
    }
}

#[test]
fn only_rows_of_some_sources_are_read() {
    let rows = [r#"{"text": "甲", "source": "first"}"#, r#"{"text": "乙", "source": "second"}"#, r#"{"text": "丙"}"#]
        .join("\n");
    let texts =
        |recipe: &str| load("rows.jsonl", &rows, recipe).unwrap().into_iter().map(|row| row.text).collect::<Vec<_>>();
    assert_eq!(texts(""), ["甲", "乙", "丙"]);
    assert_eq!(texts("only = [\"second\"]"), ["乙"]);
    assert_eq!(texts("only = [\"\", \"first\"]"), ["甲", "丙"]);
    let fault = |recipe: &str| told("rows.jsonl", &rows, recipe);
    assert!(fault("only = [\"third\"]").contains("\"third\", which no row has"));
    assert!(fault("only = []").contains("leave it away"));
    assert!(fault("only = [\"first\"]\ncolumns = { text = \"text\" }").contains("does not say which column"));
    let folder = Folder::new();
    let path = folder.file("rows.jsonl", rows.as_bytes());
    let source = Source { only: Some(vec!["first".into()]), ..Source::of(path) };
    let read = source.load_texts().unwrap();
    assert_eq!(read.iter().map(|row| row.text.as_str()).collect::<Vec<_>>(), ["甲"]);
}

#[test]
fn columns_and_values_are_renamed() {
    let rows = load(
        "reviews.csv",
        "review,label,category\n水果很新鲜,positive,水果\n快递太慢,negative,水果\n一般,none,水果\n",
        "columns = { text = \"review\", sentiment = \"label\" }\nvalues.sentiment = { positive = 1.0, negative = -1, none = \"\" }",
    )
    .unwrap();
    let read: Vec<_> = rows.iter().map(|r| (r.text.as_str(), r.sentiment, r.category.as_deref())).collect();
    assert_eq!(read, [("水果很新鲜", Some(1.0), None), ("快递太慢", Some(-1.0), None), ("一般", None, None)]);
    let rows = load(
        "posts.jsonl",
        "{\"content\": \"气死我了\", \"label\": \"angry\", \"likes\": 3, \"tags\": [\"退\", \"x\"]}\n",
        "columns = { text = \"content\", emotion = \"label\", flags = \"tags\" }\nvalues.emotion = { angry = \"anger\" }\nvalues.flags = { \"退\" = \"refund\", x = \"\" }",
    )
    .unwrap();
    assert_eq!(rows[0].emotion.as_deref(), Some("anger"));
    assert_eq!(rows[0].flags, Some(vec!["refund".to_owned()]));
}

#[test]
fn columns_of_a_table_that_no_field_has_are_passed_over_and_fields_of_an_object_are_not() {
    let rows = load("a.csv", "text,category,店铺\n快递慢,delivery.late,一店\n", "").unwrap();
    assert_eq!(rows[0].category.as_deref(), Some("delivery.late"));
    let message = told("a.jsonl", "{\"text\": \"好\"}\n\n{\"text\": \"快递慢\", \"shop\": 1}\n", "");
    assert!(message.contains("a.jsonl, line 3: unknown field \"shop\""), "{message}");
}

#[test]
fn a_broken_row_names_file_and_line_and_not_the_words() {
    for (name, text, expected) in [
        ("a.jsonl", "{\"text\": \"好\"}\n{\"text\": \"老人打不通", "a.jsonl, line 2: not JSON"),
        ("a.jsonl", "{\"id\": \"老人\"}\n", "a.jsonl, line 1: the field text is missing"),
        ("a.jsonl", "{\"text\": \"好\", \"intensity\": \"老人打不通\"}\n", "line 1: intensity must be a number"),
        ("a.csv", "text,id\n好,1\n老人打不通,2,3\n", "a.csv, line 3: the row has 3 columns, the header has 2"),
        ("a.csv", "text,id\n\"老人打不通,2\n", "a.csv, line 2: a quote is opened and not closed"),
        ("a.csv", "内容,id\n老人打不通,2\n", "no column \"text\" for the field text; it has \"内容\", \"id\""),
        ("a.csv", "", "it is empty"),
    ] {
        let message = told(name, text, "");
        assert!(message.contains(expected), "{message}");
        assert!(!message.contains("老人"), "{message}");
    }
    assert!(told("a.csv", "text\n好\n", "columns = { txt = \"text\" }").contains("a row has no field \"txt\""));
    assert!(told("a.csv", "text\n好\n", "columns = { emotion = \"mood\" }").contains("no column \"mood\""));
}

#[test]
fn an_optional_file_may_be_missing_and_another_may_not() {
    let source = Source { optional: true, ..Source::of("/no/such/rows.jsonl") };
    assert_eq!(source.load().unwrap(), []);
    assert_eq!(Source::of("/no/such/rows.jsonl").load().unwrap_err().code(), "file");
}

#[test]
fn a_part_beyond_another_has_none_of_its_rows() {
    let folder = Folder::new();
    let text: String = (0..200).map(|i| format!("{{\"text\": \"第{i}个包裹还没到\"}}\n")).collect();
    let path = folder.file("a.jsonl", text.as_bytes());
    let part = |share: Option<f32>, beyond: Option<f32>| Source { share, beyond, ..Source::of(&path) }.load();
    let (first, second) = (part(Some(0.3), None).unwrap(), part(Some(0.6), Some(0.3)).unwrap());
    let rest = part(None, Some(0.6)).unwrap();
    assert!(first.len() > 40 && second.len() > 40 && rest.len() > 50);
    assert_eq!(first.len() + second.len() + rest.len(), 200);
    assert!(second.iter().chain(&rest).all(|row| !first.contains(row)) && rest.iter().all(|row| !second.contains(row)));
    assert_eq!(part(Some(0.2), Some(0.3)).unwrap_err().code(), "invalid_data");
}

#[test]
fn a_packed_gb18030_table_reads_like_the_plain_one() {
    let text = "text,category,flags\n\"快递慢，\n客服不理\",delivery.late,refund|repeat\n蛋糕塌了🎂,product.quality,\n";
    let folder = Folder::new();
    let (gb, _, _) = GB18030.encode(text);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&gb).unwrap();
    let plain = Source::of(folder.file("a.csv", text.as_bytes())).load().unwrap();
    let packed = Source::of(folder.file("b.csv.gz", &packed.finish().unwrap())).load().unwrap();
    assert_eq!(plain, packed);
    assert_eq!(plain[1].flags, Some(vec![]));
}

#[test]
fn the_hash_is_that_of_sha256sum() {
    let folder = Folder::new();
    let source = Source::of(folder.file("a.csv", b"abc"));
    assert_eq!(source.hash().unwrap(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

#[test]
fn an_unknown_label_names_field_and_label() {
    let taxonomy = Taxonomy::retail();
    let of = |row: Row| Targets::of(&row, &taxonomy);
    let message = of(Row { category: Some("delivery.slow".into()), ..Default::default() }).unwrap_err();
    assert!(message.contains("category") && message.contains("\"delivery.slow\""), "{message}");
    let message = of(Row { flags: Some(vec!["老人打不通电话".repeat(9)]), ..Default::default() }).unwrap_err();
    assert!(message.contains("flags") && !message.contains("老人"), "{message}");
    assert!(of(Row { intensity: Some(4), ..Default::default() }).unwrap_err().contains("0 to 3"));
    assert!(of(Row { sentiment: Some(f32::NAN), ..Default::default() }).is_err());
    assert!(of(Row::default()).unwrap().is_empty());
}

#[test]
fn sentiment_comes_from_the_row_or_from_the_emotion() {
    let mut taxonomy = Taxonomy::retail();
    taxonomy.sentiment = true;
    let anger = Row { emotion: Some("anger".into()), intensity: Some(3), ..Default::default() };
    let Some(Target::Value(derived)) = Targets::of(&anger, &taxonomy).unwrap().get(Head::Sentiment).cloned() else {
        panic!("emotion and intensity give a sentiment")
    };
    assert!(derived < -0.5);
    let told = Row { sentiment: Some(0.25), ..anger.clone() };
    assert_eq!(Targets::of(&told, &taxonomy).unwrap().get(Head::Sentiment), Some(&Target::Value(0.25)));
    taxonomy.sentiment = false;
    assert_eq!(Targets::of(&anger, &taxonomy).unwrap().get(Head::Sentiment), None);
}

#[test]
fn labels_of_a_head_that_is_off_are_passed_over() {
    let mut taxonomy = Taxonomy::retail();
    taxonomy.emotions.clear();
    let row = Row { emotion: Some("whatever".into()), department: Some("quality".into()), ..Default::default() };
    let targets = Targets::of(&row, &taxonomy).unwrap();
    assert_eq!(targets.get(Head::Emotion), None);
    assert_eq!(targets.label(Head::Department), labels(&taxonomy, Head::Department).position(|id| id == "quality"));
}

proptest! {
    #[test]
    fn rows_written_as_jsonl_are_read_back(texts in proptest::collection::vec("\\PC{0,20}", 1..6), level in 0u8..4) {
        let rows: Vec<Row> = texts
            .into_iter()
            .enumerate()
            .map(|(i, text)| Row {
                id: Some(i.to_string()),
                text,
                intensity: Some(level),
                flags: Some(vec!["refund".into()]),
                sentiment: Some(-0.5),
                ..Default::default()
            })
            .collect();
        let lines: String = rows.iter().map(|row| serde_json::to_string(row).unwrap() + "\n").collect();
        prop_assert_eq!(load("a.jsonl", &lines, "").unwrap(), rows);
    }

    #[test]
    fn a_table_survives_gb18030(texts in proptest::collection::vec("[一-龥，。！,\"\n😀a-z]{1,12}", 2..8)) {
        let mut table = csv::Writer::from_writer(Vec::new());
        table.write_record(["text", "id"]).unwrap();
        for (i, text) in texts.iter().enumerate() {
            table.write_record([text.as_str(), &i.to_string()]).unwrap();
        }
        // Enough Chinese that the encoding can be told.
        table.write_record(["这是一条用来确认编码的普通投诉，客服一直没有回复我的问题，已经等了三天了。", "x"]).unwrap();
        let table = String::from_utf8(table.into_inner().unwrap()).unwrap();
        let folder = Folder::new();
        let rows = Source::of(folder.file("a.csv", &GB18030.encode(&table).0)).load().unwrap();
        prop_assert_eq!(rows.iter().take(texts.len()).map(|r| r.text.clone()).collect::<Vec<_>>(), texts);
    }
}
