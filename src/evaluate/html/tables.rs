//! The tables of the page. Their texts are numbers, label names and headings; nothing of a complaint gets here.

use super::text::{both, escaped, percent};
use crate::{
    evaluate::{
        Evaluation, Question,
        confusion::{ClassScores, Confusion},
        curve::Curve,
        report::{metrics, plain},
        words::metric_in_chinese,
    },
    taxonomy::{Language, Name},
};
use std::fmt::Write;

/// A table with a caption; `head` and `body` are rows already.
fn table(kind: &str, (zh, en): (&str, &str), head: &str, body: &str) -> String {
    format!(
        r#"<div class="wide" tabindex="0" role="region" aria-label="{} · {}"><table class="{kind}"><caption>{}</caption><thead>{head}</thead><tbody>{body}</tbody></table></div>"#,
        escaped(zh),
        escaped(en),
        both(zh, en)
    )
}

fn heading(cells: &[String]) -> String {
    let cells: String = cells.iter().map(|cell| format!(r#"<th scope="col">{cell}</th>"#)).collect();
    format!("<tr>{cells}</tr>")
}

fn cells(values: impl IntoIterator<Item = String>) -> String {
    values.into_iter().map(|value| format!("<td>{value}</td>")).collect()
}

/// A label as people call it, its id beside it.
pub(super) fn named(id: &str, name: Option<&Name>) -> String {
    let id_again = |name: &Name| name.zh == id && name.en == id;
    match name {
        Some(name) if !id_again(name) => {
            format!("{} <code>{}</code>", both(&name.zh, &name.en), escaped(id))
        }
        _ => escaped(id),
    }
}

/// Every metric of every question, one column a model.
pub(super) fn summary(models: &[((&str, &str), &Evaluation)]) -> String {
    let mut body = String::new();
    for question in Question::ALL {
        let columns: Vec<_> =
            models.iter().map(|(_, evaluation)| evaluation.scores.get(&question).map(metrics)).collect();
        let Some((rows, names)) = columns.iter().flatten().max_by_key(|(_, list)| list.len()) else { continue };
        // A group of rows a question, as the heading before them says.
        body += if body.is_empty() { "" } else { "</tbody><tbody>" };
        for (place, (metric, _)) in names.iter().enumerate() {
            body += "<tr>";
            if place == 0 {
                let title = both(question.title(Language::Zh), question.title(Language::En));
                let _ = write!(
                    body,
                    r#"<th scope="rowgroup" rowspan="{}">{title} <small>n = {rows}</small></th>"#,
                    names.len()
                );
            }
            let _ = write!(body, r#"<th scope="row">{}</th>"#, both(metric_in_chinese(metric), metric));
            body += &cells(columns.iter().map(|column| {
                let value = column.as_ref().and_then(|(_, list)| list.iter().find(|(name, _)| name == metric));
                value.map_or("–".into(), |(_, value)| escaped(value))
            }));
            body += "</tr>";
        }
    }
    let head: Vec<String> = [both("问题", "Question"), both("指标", "Metric")]
        .into_iter()
        .chain(models.iter().map(|((zh, en), _)| both(zh, en)))
        .collect();
    table("summary", ("指标，方括号内为 95 % 区间", "Metrics, 95 % intervals in brackets"), &heading(&head), &body)
}

/// Right labels down, predicted labels across, darker where more rows of a label went; labels that never occur are left out.
pub(super) fn confusion(confusion: &Confusion, names: &[Name]) -> String {
    let occurring: Vec<usize> = (0..confusion.labels.len())
        .filter(|&label| confusion.support(label) + confusion.predicted(label) > 0)
        .collect();
    let known = |label: usize| names.get(label).map_or(("", ""), |name| (name.zh.as_str(), name.en.as_str()));
    let told = |label: usize| {
        let (zh, en) = known(label);
        escaped(&format!("{zh} · {en} ({})", confusion.labels[label]))
    };
    let mut head = format!(r#"<tr><th scope="col">{}</th>"#, both("正确 \\ 预测", "right \\ predicted"));
    for (place, &label) in occurring.iter().enumerate() {
        let _ = write!(head, r#"<th scope="col" title="{}">{}</th>"#, told(label), place + 1);
    }
    head += &format!(r#"<th scope="col">{}</th></tr>"#, both("行数", "rows"));
    let mut body = String::new();
    for (place, &gold) in occurring.iter().enumerate() {
        let support = confusion.support(gold);
        let name = named(&confusion.labels[gold], names.get(gold));
        let _ = write!(body, r#"<tr><th scope="row">{} {name}</th>"#, place + 1);
        for &predicted in &occurring {
            let count = confusion.counts[gold][predicted];
            let share = f64::from(count) / f64::from(support.max(1));
            // Any count at all is to be seen.
            let heat = if count == 0 { 0 } else { ((share * 10.0).round() as u32).max(1) };
            let right = if gold == predicted { " right" } else { "" };
            let shown = if count == 0 { "·".to_owned() } else { count.to_string() };
            let _ = write!(body, r#"<td class="h{heat}{right}">{shown}</td>"#);
        }
        let _ = write!(body, "<td>{support}</td></tr>");
    }
    let caption = ("混淆矩阵：行是正确标签，列是预测标签", "Confusion: right labels down, predicted labels across");
    table("confusion", caption, &head, &body)
}

/// Precision, recall and F1 of every label that occurs.
pub(super) fn classes(classes: &[ClassScores], names: &[Name]) -> String {
    let head = [
        both("标签", "Label"),
        both("精确率", "Precision"),
        both("召回率", "Recall"),
        "F1".into(),
        both("行数", "Rows"),
        both("预测为它", "Predicted"),
    ];
    let mut body = String::new();
    for (place, class) in classes.iter().enumerate().filter(|(_, class)| class.support + class.predicted > 0) {
        let numbers = [plain(class.precision), plain(class.recall), plain(class.f1)];
        let counts = [class.support.to_string(), class.predicted.to_string()];
        let name = named(&class.label, names.get(place));
        let _ = write!(body, r#"<tr><th scope="row">{name}</th>{}</tr>"#, cells(numbers.into_iter().chain(counts)));
    }
    table("classes", ("各标签", "Label by label"), &heading(&head), &body)
}

/// What answering only from some probability on would let through, and how much of it is wrong.
pub(super) fn thresholds(models: &[((&str, &str), &Curve)]) -> String {
    let mut head = vec![both("概率不低于", "Probability from")];
    for ((zh, en), _) in models {
        head.push(both(&format!("{zh}：作答"), &format!("{en}: answered")));
        head.push(both(&format!("{zh}：其中错误"), &format!("{en}: of them wrong")));
    }
    let rows = models.first().map_or(&[][..], |(_, curve)| &curve.thresholds);
    let mut body = String::new();
    for (place, cut) in rows.iter().enumerate() {
        let values = models.iter().filter_map(|(_, curve)| curve.thresholds.get(place)).flat_map(|cut| {
            let error = if cut.coverage > 0.0 { percent(cut.error) } else { "–".into() };
            [percent(cut.coverage), error]
        });
        let _ = write!(body, r#"<tr><th scope="row">{:.2}</th>{}</tr>"#, cut.threshold, cells(values));
    }
    table("thresholds", ("各概率门槛下的作答比例与错误率", "Coverage and error at thresholds"), &heading(&head), &body)
}

/// The commonest mistakes by label pair.
pub(super) fn mistakes(confusion: &Confusion, names: &[Name], most: usize) -> String {
    let head =
        [both("正确", "Right"), both("预测", "Predicted"), both("行数", "Rows"), both("占该标签", "Of that label")];
    let place = |id: &str| confusion.labels.iter().position(|label| label == id);
    let name = |id: &str| named(id, place(id).and_then(|place| names.get(place)));
    let mut body = String::new();
    for (right, predicted, rows) in confusion.mistakes(most) {
        let support = place(right).map_or(0, |label| confusion.support(label)).max(1);
        let share = percent(f64::from(rows) / f64::from(support));
        body += &format!("<tr>{}</tr>", cells([name(right), name(predicted), rows.to_string(), share]));
    }
    if body.is_empty() {
        body = format!(r#"<tr><td colspan="4">{}</td></tr>"#, both("没有错误", "none"));
    }
    table("mistakes", ("最常见的错误", "Commonest mistakes"), &heading(&head), &body)
}
