//! The measurements as text for a terminal.

use super::{
    Evaluation, Question, Scores,
    calibrate::Gain,
    confusion::{ClassScores, Confusion},
    interval::Interval,
    reliability::Reliability,
};
use unicode_width::UnicodeWidthStr;

/// One line a question and metric, one column a model; intervals hold 95 of 100.
pub fn summary(models: &[(&str, &Evaluation)]) -> String {
    let mut lines = vec![vec!["question".to_owned(), "rows".to_owned(), "metric".to_owned()]];
    lines[0].extend(models.iter().map(|(name, _)| (*name).to_owned()));
    for question in Question::ALL {
        let metrics: Vec<(usize, Vec<(&str, String)>)> = models
            .iter()
            .map(|(_, evaluation)| evaluation.scores.get(&question).map_or((0, Vec::new()), metrics))
            .collect();
        let Some((rows, names)) = metrics.iter().max_by_key(|(_, list)| list.len()) else { continue };
        for (place, (metric, _)) in names.iter().enumerate() {
            let first = place == 0;
            let mut line = vec![
                if first { question.name().to_owned() } else { String::new() },
                if first { rows.to_string() } else { String::new() },
                (*metric).to_owned(),
            ];
            for (_, list) in &metrics {
                line.push(list.iter().find(|(name, _)| name == metric).map_or("–".into(), |(_, value)| value.clone()));
            }
            lines.push(line);
        }
    }
    aligned(&lines, 3)
}

/// How many rows were measured, and every metric by name with its value as text.
pub(super) fn metrics(scores: &Scores) -> (usize, Vec<(&'static str, String)>) {
    match scores {
        Scores::OneOf(s) => {
            let mut list = vec![("accuracy", ranged(&s.accuracy)), ("macro F1", ranged(&s.macro_f1))];
            list.push(("weighted F1", plain(s.weighted_f1)));
            list.extend(s.urgent_recall.map(|recall| ("recall of most urgent", ranged(&recall))));
            list.extend(s.quadratic_kappa.map(|kappa| ("quadratic kappa", plain(kappa))));
            list.extend(s.mean_error.map(|error| ("mean error", plain(error))));
            if let Some(p) = &s.probabilities {
                if s.classes.len() > 3 {
                    list.push(("top 3", plain(p.top3)));
                }
                list.extend([
                    ("ECE", plain(p.reliability.ece)),
                    ("ECE by chance", plain(p.reliability.chance)),
                    ("ECE, adaptive", plain(p.reliability.adaptive_ece)),
                    ("NLL", plain(p.nll)),
                    ("Brier", plain(p.brier)),
                ]);
                if !p.curve.is_empty() {
                    list.push(("AURC", plain(p.curve.area)));
                }
            }
            (s.rows, list)
        }
        Scores::AnyOf(s) => {
            let list = vec![
                ("micro F1", ranged(&s.micro_f1)),
                ("macro F1", ranged(&s.macro_f1)),
                ("average precision", plain(s.average_precision)),
                ("all labels right", plain(s.exact)),
                ("ECE", plain(s.reliability.ece)),
            ];
            (s.rows, list)
        }
        Scores::Scalar(s) => {
            let list = vec![
                ("sign accuracy", ranged(&s.sign_accuracy)),
                ("mean error", ranged(&s.mean_error)),
                ("correlation", plain(s.correlation)),
            ];
            (s.rows, list)
        }
    }
}

pub(super) fn plain(number: f64) -> String {
    format!("{number:.3}")
}

fn ranged(interval: &Interval) -> String {
    format!("{:.3} [{:.3}, {:.3}]", interval.value, interval.low, interval.high)
}

/// The labels with the lowest F1 that occur at all, at most `most`.
pub fn worst_classes(classes: &[ClassScores], most: usize) -> String {
    let mut worst: Vec<&ClassScores> = classes.iter().filter(|class| class.support > 0).collect();
    worst.sort_by(|a, b| a.f1.total_cmp(&b.f1));
    let mut lines = vec![["label", "precision", "recall", "F1", "rows"].map(str::to_owned).to_vec()];
    lines.extend(worst.iter().take(most).map(|class| {
        vec![
            class.label.clone(),
            plain(class.precision),
            plain(class.recall),
            plain(class.f1),
            class.support.to_string(),
        ]
    }));
    aligned(&lines, 1)
}

/// Right labels down, predicted labels across.
pub fn confusion(confusion: &Confusion) -> String {
    let mut lines = vec![vec!["right \\ predicted".to_owned()]];
    lines[0].extend(confusion.labels.iter().cloned());
    for (label, row) in confusion.labels.iter().zip(&confusion.counts) {
        let cell = |count: &u32| if *count == 0 { "·".to_owned() } else { count.to_string() };
        lines.push([label.clone()].into_iter().chain(row.iter().map(cell)).collect());
    }
    aligned(&lines, 1)
}

/// The commonest mistakes, one a line.
pub fn mistakes(confusion: &Confusion, most: usize) -> String {
    let mut lines = vec![["right", "predicted", "rows"].map(str::to_owned).to_vec()];
    let line = |(right, predicted, rows): (&str, &str, u32)| vec![right.into(), predicted.into(), rows.to_string()];
    lines.extend(confusion.mistakes(most).into_iter().map(line));
    aligned(&lines, 2)
}

/// What was said and what was right, bin by bin, before calibration and after; bins without rows are left out.
pub fn reliability(before: Option<&Reliability>, after: &Reliability) -> String {
    let mut lines = vec![["probability", "rows", "said", "right"].map(str::to_owned).to_vec()];
    if before.is_some() {
        lines[0].extend(["rows before", "said before", "right before"].map(str::to_owned));
    }
    for (place, bin) in after.bins.iter().enumerate() {
        let old = before.and_then(|reliability| reliability.bins.get(place));
        if bin.rows == 0 && old.is_none_or(|bin| bin.rows == 0) {
            continue;
        }
        let mut line = vec![format!("{:.2}–{:.2}", bin.low, bin.high)];
        for bin in [Some(bin), old].into_iter().flatten() {
            line.push(bin.rows.to_string());
            let shown = |number: f64| if bin.rows == 0 { "–".to_owned() } else { plain(number) };
            line.extend([shown(bin.said), shown(bin.right)]);
        }
        lines.push(line);
    }
    aligned(&lines, 1)
}

/// ECE and negative log-likelihood of every question that has probabilities, one pair of columns a calibration.
pub fn calibration(columns: &[(&str, &Evaluation)]) -> String {
    let numbers = |scores: &Scores| match scores {
        Scores::OneOf(scores) => scores.probabilities.as_ref().map(|p| (p.reliability.ece, p.nll)),
        Scores::AnyOf(scores) => Some((scores.reliability.ece, scores.nll)),
        Scores::Scalar(_) => None,
    };
    let mut lines = vec![vec!["question".to_owned()]];
    lines[0].extend(columns.iter().flat_map(|(name, _)| [format!("ECE {name}"), format!("NLL {name}")]));
    for question in Question::ALL {
        let cells: Vec<Option<(f64, f64)>> =
            columns.iter().map(|(_, evaluation)| evaluation.scores.get(&question).and_then(numbers)).collect();
        if cells.iter().any(Option::is_some) {
            let shown =
                |cell: &Option<(f64, f64)>| cell.map_or(["–".into(), "–".into()], |(a, b)| [plain(a), plain(b)]);
            lines.push([question.name().to_owned()].into_iter().chain(cells.iter().flat_map(shown)).collect());
        }
    }
    aligned(&lines, 1)
}

/// What was fitted for every head, and what it gained on the rows it was fitted on.
pub fn gains(gains: &[Gain]) -> String {
    let names = ["head", "rows", "temperature", "NLL before", "NLL after", "ECE before", "ECE after"];
    let mut lines = vec![names.map(str::to_owned).to_vec()];
    lines.extend(gains.iter().map(|gain| {
        let mut line = vec![gain.head.name().to_owned(), gain.rows.to_string(), plain(f64::from(gain.temperature))];
        line.extend([gain.nll.0, gain.nll.1, gain.ece.0, gain.ece.1].map(plain));
        line
    }));
    aligned(&lines, 1)
}

/// Columns padded to one width; the first `left` begin at the left, the rest end at the right.
pub(super) fn aligned(lines: &[Vec<String>], left: usize) -> String {
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.width()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for line in lines {
        let mut row = String::new();
        for (column, cell) in line.iter().enumerate() {
            let pad = " ".repeat(widths[column] - cell.width());
            let gap = if column > 0 { "  " } else { "" };
            row += &if column < left { format!("{gap}{cell}{pad}") } else { format!("{gap}{pad}{cell}") };
        }
        text += row.trim_end();
        text.push('\n');
    }
    text
}
