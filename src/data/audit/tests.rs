use super::*;
use crate::data::{Row, Source, entries};
use proptest::prelude::*;
use rand::{Rng, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use std::collections::HashSet;

const CLASSES: [&str; 4] = ["delivery.late", "product.malfunction", "service.attitude", "order.payment"];

fn small() -> LinearRecipe {
    LinearRecipe { char_grams: 2, word_grams: 1, ..quick() }
}

fn settings() -> Settings {
    Settings { heads: vec![Head::Category], recipe: small(), ..Settings::default() }
}

/// Shipped rows of four classes, 60 of each, and their categories alone.
fn shipped() -> Vec<Row> {
    let path = format!("{}/datasets/retail/train.jsonl", env!("CARGO_MANIFEST_DIR"));
    let rows = Source::of(path).load().unwrap();
    let of = |class: &str| {
        let of_class = rows.iter().filter(move |row| row.category.as_deref() == Some(class));
        let plain = |row: &Row| Row {
            id: row.id.clone(),
            text: row.text.clone(),
            category: row.category.clone(),
            ..Row::default()
        };
        of_class.take(60).map(plain).collect::<Vec<_>>()
    };
    CLASSES.iter().flat_map(|class| of(class)).collect()
}

fn write(folder: &std::path::Path, name: &str, rows: &[Row]) -> Source {
    let path = folder.join(name);
    let lines: String = rows.iter().map(|row| serde_json::to_string(row).unwrap() + "\n").collect();
    std::fs::write(&path, lines).unwrap();
    Source::of(path)
}

fn audited(rows: &[Row]) -> (tempfile::TempDir, Source, Entries, Audit) {
    let folder = tempfile::tempdir().unwrap();
    let source = write(folder.path(), "labels.jsonl", rows);
    let taxonomy = Taxonomy::retail();
    let entries = entries(std::slice::from_ref(&source), &taxonomy, &[Head::Category]).unwrap();
    let found = audit(&entries, &taxonomy, &settings(), &|_| ()).unwrap();
    (folder, source, entries, found)
}

/// Changes the labels of some rows and tells which, with what they were.
fn flipped(rows: &mut [Row], count: usize, seed: u64) -> Vec<(usize, String)> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.shuffle(&mut random);
    let flip = |&row: &usize| {
        let was = rows[row].category.clone().unwrap();
        let others: Vec<&str> = CLASSES.into_iter().filter(|class| *class != was).collect();
        rows[row].category = Some(others[random.random_range(0..others.len())].to_owned());
        (row, was)
    };
    order[..count].iter().map(flip).collect()
}

#[test]
fn planted_flips_are_found_named_and_put_right() {
    let mut rows = shipped();
    assert_eq!(rows.len(), 240);
    let planted = flipped(&mut rows, 24, 3);
    let (folder, source, entries, found) = audited(&rows);
    let wrong: HashSet<usize> = planted.iter().map(|(row, _)| *row).collect();
    let hits = found.suspects.iter().filter(|suspect| wrong.contains(&suspect.row)).count();
    let (recall, precision) = (hits as f64 / 24.0, hits as f64 / found.suspects.len() as f64);
    // Chance would give a precision of 0.1. Sixty rows a class teach little: some flips look like the class they went to.
    assert!(recall >= 0.6 && precision >= 0.6, "recall {recall:.2}, precision {precision:.2}");
    let top = found.suspects.iter().take(10).filter(|suspect| wrong.contains(&suspect.row)).count();
    assert!(top >= 8, "{top} of the first ten");
    let named = planted
        .iter()
        .filter(|(row, was)| found.suspects.iter().any(|suspect| suspect.row == *row && suspect.suggested == *was));
    assert!(named.count() >= 12);
    let head = &found.heads[0];
    assert!((12.0..60.0).contains(&head.estimated_wrong), "{}", head.estimated_wrong);

    // The reviewer agrees with all that were planted and leaves the others.
    let path = folder.path().join("audit.csv");
    sheet::write(&path, &found.suspects, &entries).unwrap();
    let mut verdicts = sheet::read(&path).unwrap();
    assert_eq!(verdicts.len(), found.suspects.len());
    assert!(verdicts.iter().all(|verdict| verdict.wanted == verdict.given));
    for (verdict, suspect) in verdicts.iter_mut().zip(&found.suspects) {
        assert_eq!((verdict.row, &verdict.id), (suspect.at.line, suspect.id.as_ref().unwrap()));
        if let Some((_, was)) = planted.iter().find(|(row, _)| *row == suspect.row) {
            verdict.wanted.clone_from(was);
        }
    }
    let (bytes, applied) = apply(&source, &verdicts, &Taxonomy::retail()).unwrap();
    assert_eq!((applied.changed, applied.kept, applied.refused.len()), (hits, found.suspects.len() - hits, 0));
    std::fs::write(&source.path, bytes).unwrap();
    let mended = source.load().unwrap();
    for (row, (before, after)) in rows.iter().zip(&mended).enumerate() {
        let was = planted.iter().find(|(planted, _)| *planted == row).map(|(_, was)| was.clone());
        let seen = found.suspects.iter().any(|suspect| suspect.row == row);
        let expected = was.filter(|_| seen).or(before.category.clone());
        assert_eq!(*after, Row { category: expected, ..before.clone() });
    }
}

#[test]
fn the_same_rows_give_the_same_findings() {
    let mut rows = shipped();
    flipped(&mut rows, 12, 5);
    assert_eq!(audited(&rows).3.suspects.len(), audited(&rows).3.suspects.len());
    let ranks = |found: &Audit| found.suspects.iter().map(|s| (s.row, s.given_probability)).collect::<Vec<_>>();
    assert_eq!(ranks(&audited(&rows).3), ranks(&audited(&rows).3));
}

#[test]
fn like_texts_under_unlike_labels_are_told_with_their_place() {
    let mut rows = shipped();
    let text = "上周三在你们网店买的电饭煲，收到以后插电没有任何反应，换了三个插座都一样，要求退货退款并承担运费";
    let row = |text: &str, category: &str| Row {
        text: text.to_owned(),
        category: Some(category.to_owned()),
        ..Row::default()
    };
    rows.push(row(text, "product.malfunction"));
    rows.push(row(&text.replace('，', " "), "service.attitude"));
    rows.push(row(&text.replace("周三", "周五"), "delivery.late"));
    let (_folder, _, _, found) = audited(&rows);
    let first = &found.suspects[0];
    assert_eq!((first.at.line, first.suggested.as_str()), (242, "product.malfunction"));
    assert!(first.reasons.iter().any(|r| matches!(r, Reason::SameText { other } if other.line == 241)));
    let near = found.suspects.iter().find(|suspect| suspect.at.line == 243).unwrap();
    assert!(near.reasons.iter().any(|r| matches!(r, Reason::NearText { similarity, .. } if *similarity >= 0.8)));
}

#[test]
fn every_other_byte_stays() {
    let folder = tempfile::tempdir().unwrap();
    let files: [(&str, Vec<u8>, Vec<u8>); 3] = [
        (
            "a.jsonl",
            "{ \"category\" : \"delivery.late\",\"text\":\"说是 \\\"delivery.late\\\" \\u5feb\", \"intensity\":2 }\r\n\n{\"text\":\"好\",\"category\":\"praise\"}"
                .into(),
            "{ \"category\" : \"delivery.lost\",\"text\":\"说是 \\\"delivery.late\\\" \\u5feb\", \"intensity\":2 }\r\n\n{\"text\":\"好\",\"category\":\"praise\"}"
                .into(),
        ),
        (
            "b.csv",
            "\u{feff}text,category,n\r\n\"快递,太慢\r\n\"\"delivery.late\"\"\",delivery.late,1\r\n好,praise,2\r\n".into(),
            "\u{feff}text,category,n\r\n\"快递,太慢\r\n\"\"delivery.late\"\"\",delivery.lost,1\r\n好,praise,2\r\n".into(),
        ),
        (
            "c.csv",
            encoding_rs::GB18030.encode("text;category\n快递三天没动静，客服一直不接电话;\"delivery.late\"\n").0.into_owned(),
            encoding_rs::GB18030.encode("text;category\n快递三天没动静，客服一直不接电话;\"delivery.lost\"\n").0.into_owned(),
        ),
    ];
    for (name, before, after) in files {
        let source = Source::of(folder.path().join(name));
        std::fs::write(&source.path, &before).unwrap();
        let line = if name == "a.jsonl" { 1 } else { 2 };
        let mut verdict = sheet::Verdict {
            line: 2,
            file: format!("/elsewhere/{name}"),
            row: line,
            id: String::new(),
            head: Head::Category,
            given: "delivery.late".into(),
            wanted: "delivery.lost".into(),
        };
        let taxonomy = Taxonomy::retail();
        let (bytes, applied) = apply(&source, std::slice::from_ref(&verdict), &taxonomy).unwrap();
        assert_eq!((bytes, applied.changed), (after, 1), "{name}");
        verdict.given = "praise".into();
        let (bytes, applied) = apply(&source, std::slice::from_ref(&verdict), &taxonomy).unwrap();
        assert_eq!((bytes, applied.changed, applied.refused.len()), (before.clone(), 0, 1), "{name}");
        assert!(applied.refused[0].reason.contains("another label"));
        verdict.wanted = "客户骂人".into();
        let (bytes, applied) = apply(&source, std::slice::from_ref(&verdict), &taxonomy).unwrap();
        assert!(bytes == before && applied.refused[0].reason.contains("nor a label"));
        verdict.file = "/elsewhere/other.csv".into();
        assert_eq!(apply(&source, &[verdict], &taxonomy).unwrap_err().code(), "invalid_data");
    }
}

#[test]
fn a_sheet_survives_a_spreadsheet_and_ids_stay_text() {
    let folder = tempfile::tempdir().unwrap();
    let row = Row {
        id: Some("5055e21".into()),
        text: "=快递太慢，电话13812345678".into(),
        category: Some("delivery.late".into()),
        ..Row::default()
    };
    let source = write(folder.path(), "labels.jsonl", &[row]);
    let entries = entries(&[source], &Taxonomy::retail(), &[Head::Category]).unwrap();
    let suspect = Suspect {
        row: 0,
        at: entries.places[0].clone(),
        id: entries.rows[0].id.clone(),
        head: Head::Category,
        given: "delivery.late".into(),
        suggested: "delivery.lost".into(),
        given_probability: 0.25,
        suggested_probability: 0.5,
        reasons: vec![Reason::Model],
    };
    let path = folder.path().join("audit.csv");
    sheet::write(&path, &[suspect], &entries).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with('\u{feff}') && text.contains("=\"\"5055e21\"\"") && text.contains("'=快递"));
    assert!(!text.contains("13812345678"), "texts are masked");
    // As Excel in China saves it, with a verdict.
    let saved = text.trim_start_matches('\u{feff}').trim_end().to_owned() + "suggested\r\n";
    std::fs::write(&path, encoding_rs::GB18030.encode(&saved).0).unwrap();
    let verdicts = sheet::read(&path).unwrap();
    assert_eq!((verdicts[0].id.as_str(), verdicts[0].wanted.as_str()), ("5055e21", "delivery.lost"));
}

#[test]
fn heads_and_folds_that_make_no_sense_are_refused() {
    let taxonomy = Taxonomy::retail();
    assert!(check_heads(&[Head::Flags], &taxonomy).is_err());
    assert!(folds::folds(&[], 1, 0).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn folds_keep_groups_and_copies_together_and_stay_when_rows_are_added(
        texts in proptest::collection::vec("[快慢退换货坏丢]{8,30}", 2..40),
        groups in proptest::collection::vec(0u8..6, 40),
        count in 2usize..7,
    ) {
        let row = |(i, text): (usize, &String)| Row {
            text: text.clone(),
            group: (groups[i] > 2).then(|| groups[i].to_string()),
            ..Row::default()
        };
        let mut rows: Vec<Row> = texts.iter().enumerate().map(row).collect();
        rows.extend(texts.iter().map(|text| Row { text: format!("{text}！"), ..Row::default() }));
        let found = folds::folds(&rows, count, 7).unwrap();
        prop_assert_eq!(&found, &folds::folds(&rows, count, 7).unwrap());
        prop_assert!(found.iter().all(|&fold| fold < count));
        for i in 0..texts.len() {
            prop_assert_eq!(found[i], found[i + texts.len()]);
            for j in 0..i {
                if rows[i].group.is_some() && rows[i].group == rows[j].group {
                    prop_assert_eq!(found[i], found[j]);
                }
            }
        }
        let mut more = rows.clone();
        more.push(Row { text: "物业停车场收费系统连续两个月多扣了我的钱".into(), ..Row::default() });
        prop_assert_eq!(&folds::folds(&more, count, 7).unwrap()[..rows.len()], &found[..]);
    }
}
