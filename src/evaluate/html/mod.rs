//! An evaluation as one HTML page that opens without a network: Chinese first, English at a click, charts drawn in place. It
//! holds numbers and names of labels, and no text of any complaint.

mod svg;
mod tables;
#[cfg(test)]
mod tests;
mod text;

pub use text::escaped;

use super::{Evaluation, Question, Scores, curve::Curve, reliability::Reliability};
use crate::{
    classify::Which,
    taxonomy::{Language, Taxonomy},
};
use svg::Series;
use text::{both, fill};

const PAGE: &str = include_str!("page.html");
const SET: &str = include_str!("set.html");
const QUESTION: &str = include_str!("question.html");
const STYLE: &str = include_str!("style.css");

/// How many pairs of labels the table of mistakes shows.
const MISTAKES: usize = 15;

/// What a page tells about, beside the numbers themselves.
pub struct Report<'a> {
    pub taxonomy: &'a Taxonomy,
    pub engine: &'a str,
    /// `name@version`.
    pub bundle: &'a str,
    /// `id@version`.
    pub policy: &'a str,
    /// The command line that measured.
    pub command: String,
    /// When it ended, as it shall be shown.
    pub time: String,
    pub seed: u64,
    pub resamples: usize,
    pub sets: Vec<MeasuredSet<'a>>,
}

/// What was measured on one file.
pub struct MeasuredSet<'a> {
    pub name: &'a str,
    pub path: String,
    /// Of the file, in hexadecimal.
    pub sha256: String,
    pub rows: usize,
    /// Rows that could not be used.
    pub skipped: usize,
    /// The first is the one that the details are of.
    pub models: Vec<(Which, &'a Evaluation)>,
    /// The first model before calibration.
    pub uncalibrated: Option<&'a Evaluation>,
}

/// The whole page.
pub fn page(report: &Report) -> String {
    let mut contents = String::new();
    let mut sets = String::new();
    for (place, set) in report.sets.iter().enumerate() {
        let id = format!("set{place}");
        contents += &format!(r##"<li><a href="#{id}">{}</a></li>"##, escaped(set.name));
        let questions: Vec<String> = Question::ALL
            .into_iter()
            .filter_map(|question| section(&format!("{id}-{}", question.name()), question, set, report.taxonomy))
            .collect();
        let models: Vec<_> = set.models.iter().map(|&(which, evaluation)| (called(which), evaluation)).collect();
        let main = set.models.first().map_or(String::new(), |&(which, _)| both(called(which).0, called(which).1));
        sets += &fill(
            SET,
            &[
                ("id", &id),
                ("name", &escaped(set.name)),
                ("rows", &set.rows.to_string()),
                ("skipped", &set.skipped.to_string()),
                ("main", &main),
                ("summary", &tables::summary(&models)),
                ("questions", &questions.concat()),
            ],
        );
    }
    let values = [
        ("bundle", escaped(report.bundle)),
        ("style", STYLE.to_owned()),
        ("facts", facts(report)),
        ("contents", contents),
        ("sets", sets),
    ];
    fill(PAGE, &values.each_ref().map(|(name, value)| (*name, value.as_str())))
}

/// What a model is called by people.
fn called(which: Which) -> (&'static str, &'static str) {
    match which {
        Which::Both => ("融合", "both"),
        Which::Transformer => ("神经网络", "transformer"),
        Which::Linear => ("线性模型", "linear"),
    }
}

fn facts(report: &Report) -> String {
    let taxonomy = report.taxonomy;
    let name = both(&taxonomy.name.zh, &taxonomy.name.en);
    let mut rows = vec![
        (both("模型包", "Bundle"), format!("<code>{}</code>", escaped(report.bundle))),
        (
            both("分类体系", "Taxonomy"),
            format!("{name} <code>{}</code>", escaped(&format!("{}@{}", taxonomy.id, taxonomy.version))),
        ),
        (both("策略", "Policy"), format!("<code>{}</code>", escaped(report.policy))),
    ];
    for set in &report.sets {
        let detail = format!(
            "{}: <code>{}</code>, {} {}, SHA-256 <code>{}</code>",
            escaped(set.name),
            escaped(&set.path),
            set.rows + set.skipped,
            both("行", "rows"),
            escaped(&set.sha256)
        );
        rows.push((both("数据", "Data"), detail));
    }
    rows.push((
        both("区间", "Intervals"),
        both(
            &format!("重抽 {} 次，种子 {}", report.resamples, report.seed),
            &format!("{} resamples, seed {}", report.resamples, report.seed),
        ),
    ));
    rows.push((both("命令", "Command"), format!("<code>{}</code>", escaped(&report.command))));
    rows.push((
        both("程序与时间", "Program and time"),
        escaped(&format!("fenzhen {}, {}", report.engine, report.time)),
    ));
    rows.iter().map(|(name, value)| format!(r#"<tr><th scope="row">{name}</th><td>{value}</td></tr>"#)).collect()
}

/// The details of one question; nothing where there are none beyond the summary.
fn section(id: &str, question: Question, set: &MeasuredSet, taxonomy: &Taxonomy) -> Option<String> {
    let (_, main) = set.models.first()?;
    let names = question.names(taxonomy);
    let title = (question.title(Language::Zh), question.title(Language::En));
    let scores = main.scores.get(&question)?;
    let [confusion, mistakes, classes] = match scores {
        Scores::OneOf(scores) => [
            tables::confusion(&scores.confusion, &names),
            tables::mistakes(&scores.confusion, &names, MISTAKES),
            tables::classes(&scores.classes, &names),
        ],
        Scores::AnyOf(scores) => [String::new(), String::new(), tables::classes(&scores.classes, &names)],
        Scores::Scalar(_) => return None,
    };
    let heading = both(title.0, title.1);
    let (charts, thresholds) = (charts(id, title, question, set), thresholds(question, set));
    Some(fill(
        QUESTION,
        &[
            ("id", id),
            ("title", &heading),
            ("charts", &charts),
            ("thresholds", &thresholds),
            ("confusion", &confusion),
            ("mistakes", &mistakes),
            ("classes", &classes),
        ],
    ))
}

/// Reliability of every model and of the first before calibration, and error over coverage of every model.
fn charts(id: &str, title: (&str, &str), question: Question, set: &MeasuredSet) -> String {
    let models = set.models.iter().map(|&(which, evaluation)| (called(which), evaluation));
    let before = set.uncalibrated.map(|evaluation| (("校准前", "before calibration"), evaluation));
    let said: Vec<_> = models
        .chain(before)
        .filter_map(|(name, evaluation)| Some(Series { name, data: reliability(evaluation.scores.get(&question)?)? }))
        .collect();
    let curves = curves(question, set);
    let mut charts = String::new();
    if !said.is_empty() {
        charts += &svg::reliability(&format!("{id}-reliability"), title, &said);
    }
    if !curves.is_empty() {
        let series: Vec<_> = curves.iter().map(|&(name, data)| Series { name, data }).collect();
        charts += &svg::risk(&format!("{id}-risk"), title, &series);
    }
    if charts.is_empty() { charts } else { format!(r#"<div class="charts">{charts}</div>"#) }
}

fn thresholds(question: Question, set: &MeasuredSet) -> String {
    let curves = curves(question, set);
    if curves.is_empty() { String::new() } else { tables::thresholds(&curves) }
}

fn reliability(scores: &Scores) -> Option<&Reliability> {
    match scores {
        Scores::OneOf(scores) => scores.probabilities.as_ref().map(|probabilities| &probabilities.reliability),
        Scores::AnyOf(scores) => Some(&scores.reliability),
        Scores::Scalar(_) => None,
    }
}

/// The curve of every model that has one for a question.
fn curves<'a>(question: Question, set: &MeasuredSet<'a>) -> Vec<((&'static str, &'static str), &'a Curve)> {
    let curve = |&(which, evaluation): &(Which, &'a Evaluation)| {
        let curve = &evaluation.one_of(question)?.probabilities.as_ref()?.curve;
        (!curve.is_empty()).then_some((called(which), curve))
    };
    set.models.iter().filter_map(curve).collect()
}
