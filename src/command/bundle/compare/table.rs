//! A comparison as text for a terminal.

use super::{Compared, Output};
use crate::{
    command::aligned::aligned,
    evaluate::{Question, compare::Change},
    taxonomy::Language,
};

/// Bundles, then a file at a time its questions, the labels that lost most, and the verdict.
pub(super) fn text(output: &Output, language: Language) -> String {
    let say = |zh: &'static str, en: &'static str| if language == Language::Zh { zh } else { en };
    let mut out = format!("A  {}\nB  {}\n", output.bundles[0], output.bundles[1]);
    for set in &output.sets {
        let [a, b] = set.rows_per_second;
        let rows = set.comparison.rows;
        out += &match language {
            Language::Zh => format!("\n{}：{rows} 行；每秒 A {a:.1} 行，B {b:.1} 行\n\n", set.name),
            Language::En => format!("\n{}: {rows} rows; A {a:.1} rows a second, B {b:.1}\n\n", set.name),
        };
        out += &questions(set, language);
        let fallen = fallen(set, output.gates.class_rows, language);
        if !fallen.is_empty() {
            out += &format!("\n{}\n\n", say("召回率下降最多的标签", "Labels whose recall falls most"));
            out += &aligned(&fallen);
        }
        if set.skipped > 0 {
            out += &match language {
                Language::Zh => format!("\n{} 行未能使用\n", set.skipped),
                Language::En => format!("\n{} rows could not be used\n", set.skipped),
            };
        }
    }
    out += &match output.passed {
        true => format!("\n{}\n", say("通过：B 没有违反任何一道门槛", "passed: B keeps every gate")),
        false => format!("\n{}\n", say("拒绝：B 未通过以下门槛", "refused: B does not keep these gates")),
    };
    for set in &output.sets {
        for told in &set.failures {
            out += &match language {
                Language::Zh => format!("  {}，{}\n", set.name, told.reason),
                Language::En => format!("  {}, {}\n", set.name, told.reason),
            };
        }
    }
    out
}

fn questions(set: &Compared, language: Language) -> String {
    let heading: [&str; 11] = match language {
        Language::Zh => {
            ["问题", "行数", "A", "B", "差（百分点）", "95 % 区间", "仅 A 对", "仅 B 对", "p", "ECE A → B", "NLL A → B"]
        }
        Language::En => [
            "question",
            "rows",
            "A",
            "B",
            "B − A, points",
            "95 % interval",
            "only A right",
            "only B right",
            "p",
            "ECE A → B",
            "NLL A → B",
        ],
    };
    let mut lines = vec![heading.map(str::to_owned).to_vec()];
    for question in Question::ALL {
        let Some(change) = set.comparison.questions.get(&question) else { continue };
        lines.push(line(question.title(language), change));
        if let Some(urgent) = &change.urgent {
            let title = if language == Language::Zh {
                "  最紧急一级的召回率"
            } else {
                "  recall of the most urgent level"
            };
            let mut cells = vec![title.to_owned(), urgent.rows.to_string()];
            cells.extend(urgent.recall.map(|recall| format!("{recall:.3}")));
            cells.extend(points(&urgent.difference));
            lines.push(cells);
        }
    }
    aligned(&lines)
}

fn line(title: &str, change: &Change) -> Vec<String> {
    let mut cells = vec![title.to_owned(), change.rows.to_string()];
    cells.extend(change.accuracy.map(|accuracy| format!("{accuracy:.3}")));
    cells.extend(points(&change.difference));
    let counts = change.counts;
    cells.extend([counts.only_first.to_string(), counts.only_second.to_string(), format!("{:.3}", counts.p)]);
    for pair in [change.ece, change.nll] {
        cells.push(pair.map_or("–".into(), |[a, b]| format!("{a:.3} → {b:.3}")));
    }
    cells
}

/// A difference in points, and its interval.
fn points(interval: &crate::evaluate::interval::Interval) -> [String; 2] {
    let [value, low, high] = [interval.value, interval.low, interval.high].map(|share| 100.0 * share);
    [format!("{value:+.1}"), format!("[{low:+.1}, {high:+.1}]")]
}

/// For each question the label that lost most.
fn fallen(set: &Compared, rows: u32, language: Language) -> Vec<Vec<String>> {
    let mut lines: Vec<Vec<String>> = Vec::new();
    for (question, change) in &set.comparison.questions {
        let Some(worst) = change.worst(rows) else { continue };
        let mut cells = vec![question.title(language).to_owned(), worst.label.clone(), worst.rows.to_string()];
        cells.extend(worst.recall.map(|recall| format!("{recall:.3}")));
        cells.push(format!("{:+.1}", 100.0 * worst.gain()));
        lines.push(cells);
    }
    if !lines.is_empty() {
        let heading = match language {
            Language::Zh => ["问题", "标签", "行数", "A", "B", "差（百分点）"],
            Language::En => ["question", "label", "rows", "A", "B", "B − A, points"],
        };
        lines.insert(0, heading.map(str::to_owned).to_vec());
    }
    lines
}
