//! What is wrong with labelled rows before anybody learns from them.

use super::{
    Row, Source,
    labels::{Counts, LabelCount},
    near::{Pair, likeness},
    targets::target,
};
use crate::{Result, classify::Head, taxonomy::Taxonomy};
use serde::Serialize;
use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
};

/// The kinds of fault, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The line gives no row.
    Broken,
    /// There is no text.
    Empty,
    /// A label that the taxonomy does not have.
    UnknownLabel,
    /// The row has no label at all.
    Unlabelled,
    /// The same text with other labels.
    Contradiction,
    /// The same text in two files.
    Leak,
    /// Nearly the same text in two files.
    NearLeak,
    /// The same text twice in a file.
    Duplicate,
    /// Nearly the same text twice in a file.
    NearDuplicate,
    /// Two texts under one id.
    RepeatedId,
}

impl Fault {
    pub const ALL: [Fault; 10] = [
        Fault::Broken,
        Fault::Empty,
        Fault::UnknownLabel,
        Fault::Unlabelled,
        Fault::Contradiction,
        Fault::Leak,
        Fault::NearLeak,
        Fault::Duplicate,
        Fault::NearDuplicate,
        Fault::RepeatedId,
    ];

    /// What it is called on a terminal.
    pub fn name(self) -> &'static str {
        match self {
            Fault::Broken => "broken row",
            Fault::Empty => "empty text",
            Fault::UnknownLabel => "unknown label",
            Fault::Unlabelled => "no label",
            Fault::Contradiction => "contradiction",
            Fault::Leak => "leak",
            Fault::NearLeak => "near leak",
            Fault::Duplicate => "duplicate",
            Fault::NearDuplicate => "near duplicate",
            Fault::RepeatedId => "repeated id",
        }
    }
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    pub file: PathBuf,
    pub line: usize,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}

/// One fault: where, and what.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    pub fault: Fault,
    pub at: Place,
    /// The earlier row that this one repeats.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<Place>,
    /// In words; never the text of the row.
    pub detail: String,
}

/// One file in numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    pub file: PathBuf,
    pub rows: usize,
    /// Rows a label, for every head that has labels; labels without a row count 0.
    pub labels: BTreeMap<&'static str, Vec<LabelCount>>,
}

/// Everything that a check found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    pub taxonomy: String,
    pub files: Vec<Summary>,
    pub findings: Vec<Finding>,
}

impl Report {
    /// How many findings there are of each kind; kinds without any are left out.
    pub fn totals(&self) -> BTreeMap<Fault, usize> {
        let mut totals = BTreeMap::new();
        for finding in &self.findings {
            *totals.entry(finding.fault).or_insert(0) += 1;
        }
        totals
    }
}

/// Checks files against a taxonomy and against each other: every file is taken as a split of its own.
///
/// # Errors
/// Where a file cannot be opened or read at all; broken rows are findings.
pub fn check(sources: &[Source], taxonomy: &Taxonomy) -> Result<Report> {
    let mut findings = Vec::new();
    let mut files = Vec::new();
    let mut rows: Vec<(usize, usize, Row)> = Vec::new();
    for (file, source) in sources.iter().enumerate() {
        let mut counts = Counts::new(taxonomy);
        let before = rows.len();
        for numbered in source.rows()? {
            let numbered = numbered?;
            let at = || Place { file: source.path.clone(), line: numbered.line };
            let mut find = |fault, detail| findings.push(Finding { fault, at: at(), other: None, detail });
            let row = match numbered.row {
                Ok(row) => row,
                Err(reason) => {
                    find(Fault::Broken, reason);
                    continue;
                }
            };
            if row.text.trim().is_empty() {
                find(Fault::Empty, "the text is empty".into());
            }
            let mut labelled = false;
            let mut told = Vec::new();
            for head in Head::ALL.into_iter().filter(|h| h.width(taxonomy) > 0) {
                match target(&row, taxonomy, head) {
                    Ok(found) => labelled |= found.is_some(),
                    // An unknown emotion would come up again as a sentiment that cannot be derived.
                    Err(reason) if !told.contains(&reason) => {
                        labelled = true;
                        find(Fault::UnknownLabel, reason.clone());
                        told.push(reason);
                    }
                    Err(_) => {}
                }
            }
            if !labelled {
                find(Fault::Unlabelled, format!("no label of the taxonomy {}", taxonomy.id));
            }
            counts.add(&row);
            rows.push((file, numbered.line, row));
        }
        files.push(Summary { file: source.path.clone(), rows: rows.len() - before, labels: counts.labels });
    }
    let place = |i: usize| Place { file: sources[rows[i].0].path.clone(), line: rows[i].1 };
    compare(&rows, &place, &mut findings);
    repeated_ids(&rows, &place, &mut findings);
    findings.sort_by_key(|finding| finding.fault);
    Ok(Report { taxonomy: format!("{}@{}", taxonomy.id, taxonomy.version), files, findings })
}

fn compare(rows: &[(usize, usize, Row)], place: &dyn Fn(usize) -> Place, findings: &mut Vec<Finding>) {
    let texts: Vec<&str> = rows.iter().map(|(_, _, row)| row.text.as_str()).collect();
    let found = likeness(&texts);
    for group in &found.equal {
        let first = group[0];
        for &other in &group[1..] {
            let (fault, detail) = match rows[first].0 == rows[other].0 {
                true => (Fault::Duplicate, "the same text as"),
                false => (Fault::Leak, "the same text as"),
            };
            findings.push(Finding { fault, at: place(other), other: Some(place(first)), detail: detail.into() });
            let differing = differing(&rows[first].2, &rows[other].2);
            if !differing.is_empty() {
                let detail = format!("the same text, other labels ({}) than", differing.join(", "));
                let (at, other) = (place(other), Some(place(first)));
                findings.push(Finding { fault: Fault::Contradiction, at, other, detail });
            }
        }
    }
    // One finding a row: its likest row before, but a row of another file wins.
    let mut likest: BTreeMap<usize, Pair> = BTreeMap::new();
    let leaks = |pair: &Pair| rows[pair.first].0 != rows[pair.second].0;
    for pair in found.near {
        let best = likest.entry(pair.second).or_insert(pair);
        if (leaks(&pair), pair.similarity) > (leaks(best), best.similarity) {
            *best = pair;
        }
    }
    for pair in likest.into_values() {
        findings.push(Finding {
            fault: if leaks(&pair) { Fault::NearLeak } else { Fault::NearDuplicate },
            at: place(pair.second),
            other: Some(place(pair.first)),
            detail: format!("{:.0} % of the shingles of", pair.similarity * 100.0),
        });
    }
}

fn repeated_ids(rows: &[(usize, usize, Row)], place: &dyn Fn(usize) -> Place, findings: &mut Vec<Finding>) {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for (i, (_, _, row)) in rows.iter().enumerate() {
        let Some(id) = row.id.as_deref() else { continue };
        let first = *seen.entry(id).or_insert(i);
        if first != i && rows[first].2.text != row.text {
            let other = Some(place(first));
            findings.push(Finding { fault: Fault::RepeatedId, at: place(i), other, detail: "the same id as".into() });
        }
    }
}

/// The fields in which two rows disagree. A label that one of them lacks is no disagreement.
fn differing(a: &Row, b: &Row) -> Vec<&'static str> {
    fn differ<T: PartialEq>(a: &Option<T>, b: &Option<T>) -> bool {
        matches!((a, b), (Some(a), Some(b)) if a != b)
    }
    let sorted = |labels: &Option<Vec<String>>| {
        labels.clone().map(|mut labels| {
            labels.sort_unstable();
            labels
        })
    };
    let mut fields = Vec::new();
    let mut hold = |differ: bool, field| {
        if differ {
            fields.push(field);
        }
    };
    hold(differ(&a.category, &b.category), "category");
    hold(differ(&sorted(&a.secondary), &sorted(&b.secondary)), "secondary");
    hold(differ(&a.department, &b.department), "department");
    hold(differ(&a.priority, &b.priority), "priority");
    hold(differ(&a.emotion, &b.emotion), "emotion");
    hold(differ(&a.intensity, &b.intensity), "intensity");
    hold(differ(&sorted(&a.flags), &sorted(&b.flags)), "flags");
    hold(differ(&a.sentiment, &b.sentiment), "sentiment");
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(files: &[(&str, &str)]) -> (tempfile::TempDir, Report) {
        let folder = tempfile::tempdir().unwrap();
        let sources: Vec<Source> = files
            .iter()
            .map(|(name, text)| {
                let path = folder.path().join(name);
                std::fs::write(&path, text).unwrap();
                Source::of(path)
            })
            .collect();
        let report = check(&sources, &Taxonomy::retail()).unwrap();
        (folder, report)
    }

    fn told(report: &Report) -> Vec<(Fault, usize, Option<usize>)> {
        report.findings.iter().map(|f| (f.fault, f.at.line, f.other.as_ref().map(|o| o.line))).collect()
    }

    const LONG: &str = "上周三在网店买的电饭煲收到以后插电没有任何反应换了三个插座都一样要求退货退款并承担运费";

    #[test]
    fn every_kind_of_fault_is_found_where_it_is() {
        let train = format!(
            concat!(
                "{{\"id\": \"1\", \"text\": \"快递太慢了\", \"category\": \"delivery.late\"}}\n",
                "{{\"id\": \"2\", \"text\": \"\", \"category\": \"delivery.late\"}}\n",
                "{{\"id\": \"3\", \"text\": \"客服不理人\", \"category\": \"service.cold\"}}\n",
                "{{\"id\": \"4\", \"text\": \"包装破了\"}}\n",
                "{{\"id\": \"5\", \"text\": \"快递太慢了！\", \"category\": \"delivery.lost\"}}\n",
                "{{\"id\": \"6\", \"text\": \"{long}\", \"category\": \"product.malfunction\"}}\n",
                "{{\"id\": \"6\", \"text\": \"{long}急\", \"category\": \"product.malfunction\"}}\n",
                "没有引号\n",
            ),
            long = LONG
        );
        let dev = format!(
            "{{\"id\": \"7\", \"text\": \"快递，太慢了\", \"category\": \"delivery.late\"}}\n{{\"text\": \"{LONG}呀\", \"priority\": \"medium\"}}\n"
        );
        let (_folder, report) = report(&[("train.jsonl", &train), ("dev.jsonl", &dev)]);
        assert_eq!(
            told(&report),
            [
                (Fault::Broken, 8, None),
                (Fault::Empty, 2, None),
                (Fault::UnknownLabel, 3, None),
                (Fault::Unlabelled, 4, None),
                (Fault::Contradiction, 5, Some(1)),
                (Fault::Leak, 1, Some(1)),
                (Fault::NearLeak, 2, Some(6)),
                (Fault::Duplicate, 5, Some(1)),
                (Fault::NearDuplicate, 7, Some(6)),
                (Fault::RepeatedId, 7, Some(6)),
            ]
        );
        assert_eq!(report.files.iter().map(|f| f.rows).collect::<Vec<_>>(), [7, 2]);
        let counted =
            |file: usize, id: &str| report.files[file].labels["category"].iter().find(|c| c.label == id).unwrap().rows;
        assert_eq!((counted(0, "delivery.late"), counted(1, "delivery.late"), counted(1, "delivery.lost")), (2, 1, 0));
        let all = serde_json::to_string(&report).unwrap();
        assert!(!all.contains("快递") && !all.contains("电饭煲"), "a report holds no words of a customer");
    }

    #[test]
    fn an_emotion_that_nobody_knows_is_told_once() {
        let (_folder, report) = report(&[("a.jsonl", "{\"text\": \"好\", \"emotion\": \"fury\", \"intensity\": 2}\n")]);
        assert_eq!(told(&report), [(Fault::UnknownLabel, 1, None)]);
    }

    #[test]
    fn the_shipped_rows_have_no_leak_and_no_unknown_label() {
        let source = |name: &str| Source::of(format!("{}/datasets/retail/{name}.jsonl", env!("CARGO_MANIFEST_DIR")));
        let report = check(&[source("train"), source("dev")], &Taxonomy::retail()).unwrap();
        assert_eq!(report.findings, []);
    }
}
