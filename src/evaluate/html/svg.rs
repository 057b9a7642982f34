//! The charts, drawn as SVG that stands in the page itself.

use super::text::{both, escaped, percent};
use crate::evaluate::{curve::Curve, reliability::Reliability};
use std::fmt::Write;

/// The drawing and the field inside its axes, in units of the SVG.
const WIDTH: f64 = 400.0;
const HEIGHT: f64 = 320.0;
const LEFT: f64 = 54.0;
const TOP: f64 = 14.0;
const FIELD: (f64, f64) = (330.0, 250.0);

/// One model in a chart.
pub struct Series<'a, T> {
    /// In Chinese and English.
    pub name: (&'a str, &'a str),
    pub data: &'a T,
}

/// How often those said to be right with some probability were right: the nearer the dashed diagonal, the better. Dots grow with
/// the rows that they stand for. `id` is unique in the page.
pub fn reliability(id: &str, question: (&str, &str), series: &[Series<Reliability>]) -> String {
    let title = (format!("{}：可靠性图", question.0), format!("Reliability of {}", question.1));
    let mut lines = String::new();
    let (x, y) = (|share: f64| LEFT + FIELD.0 * share, |share: f64| TOP + FIELD.1 * (1.0 - share));
    let _ = write!(
        lines,
        r#"<line class="ideal" x1="{:.1}" y1="{:.1}" x2="{:.1}" y2="{:.1}"/>"#,
        x(0.0),
        y(0.0),
        x(1.0),
        y(1.0)
    );
    for (place, model) in series.iter().enumerate() {
        let bins: Vec<_> = model.data.bins.iter().filter(|bin| bin.rows > 0).collect();
        let total: u32 = bins.iter().map(|bin| bin.rows).sum();
        lines += &line(place, bins.iter().map(|bin| (x(bin.said), y(bin.right))));
        for bin in bins {
            let radius = 1.5 + 6.0 * (f64::from(bin.rows) / f64::from(total)).sqrt();
            let told = format!(
                "{}: {:.2}–{:.2}, n = {}, {} → {}",
                model.name.1,
                bin.low,
                bin.high,
                bin.rows,
                percent(bin.said),
                percent(bin.right)
            );
            lines += &dot(place, x(bin.said), y(bin.right), radius, &told);
        }
    }
    let told: Vec<String> = series.iter().map(|s| format!("{}: ECE {:.3}", s.name.1, s.data.ece)).collect();
    let axes = Axes { x: ("给出的概率", "probability said"), y: ("正确的比例", "share right"), top: 1.0 };
    chart(id, &title, &told.join("; "), &axes, &lines, &names(series))
}

/// How many of the surest answers are wrong, from the surest few (left) to all (right).
pub fn risk(id: &str, question: (&str, &str), series: &[Series<Curve>]) -> String {
    let title = (format!("{}：风险覆盖曲线", question.0), format!("Error over coverage of {}", question.1));
    let points = series.iter().flat_map(|model| &model.data.points);
    let highest = points.map(|point| point.error).fold(0.0, f64::max);
    // Tenths for the height, so that the five ticks are round numbers.
    let top = (highest * 10.0).ceil().clamp(1.0, 10.0) / 10.0;
    let (x, y) = (|share: f64| LEFT + FIELD.0 * share, |error: f64| TOP + FIELD.1 * (1.0 - error / top));
    let mut lines = String::new();
    for (place, model) in series.iter().enumerate() {
        lines += &line(place, model.data.points.iter().map(|point| (x(point.coverage), y(point.error))));
        for point in &model.data.points {
            let told = format!(
                "{}: p ≥ {:.3}, {} → {}",
                model.name.1,
                point.probability,
                percent(point.coverage),
                percent(point.error)
            );
            lines += &dot(place, x(point.coverage), y(point.error), 2.0, &told);
        }
    }
    let told: Vec<String> = series.iter().map(|s| format!("{}: AURC {:.3}", s.name.1, s.data.area)).collect();
    let axes =
        Axes { x: ("作答的比例", "share answered"), y: ("其中答错的比例", "share of them wrong"), top };
    chart(id, &title, &told.join("; "), &axes, &lines, &names(series))
}

/// What stands at the axes; y goes from 0 to `top`, x to 1.
struct Axes {
    x: (&'static str, &'static str),
    y: (&'static str, &'static str),
    top: f64,
}

fn names<'a, T>(series: &[Series<'a, T>]) -> Vec<(&'a str, &'a str)> {
    series.iter().map(|model| model.name).collect()
}

fn line(place: usize, points: impl Iterator<Item = (f64, f64)>) -> String {
    let points: Vec<String> = points.map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    format!(r#"<polyline class="line s{place}" points="{}"/>"#, points.join(" "))
}

fn dot(place: usize, x: f64, y: f64, radius: f64, told: &str) -> String {
    format!(
        r#"<circle class="dot s{place}" cx="{x:.1}" cy="{y:.1}" r="{radius:.1}"><title>{}</title></circle>"#,
        escaped(told)
    )
}

/// A text in both languages at one place, of which the page shows one.
fn label(place: &str, (zh, en): (&str, &str)) -> String {
    format!(
        r#"<text class="zh" lang="zh-CN" {place}>{}</text><text class="en" lang="en" {place}>{}</text>"#,
        escaped(zh),
        escaped(en)
    )
}

fn chart(id: &str, title: &(String, String), told: &str, axes: &Axes, lines: &str, names: &[(&str, &str)]) -> String {
    let (bottom, right) = (TOP + FIELD.1, LEFT + FIELD.0);
    let mut svg = format!(
        r#"<figure><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="{id}-title {id}-told"><title id="{id}-title">{} · {}</title><desc id="{id}-told">{}</desc>"#,
        escaped(&title.0),
        escaped(&title.1),
        escaped(told)
    );
    for step in 0..=5 {
        let share = f64::from(step) / 5.0;
        let (x, y) = (LEFT + FIELD.0 * share, TOP + FIELD.1 * (1.0 - share));
        let _ = write!(
            svg,
            r#"<line class="grid" x1="{x:.1}" y1="{TOP}" x2="{x:.1}" y2="{bottom}"/><line class="grid" x1="{LEFT}" y1="{y:.1}" x2="{right}" y2="{y:.1}"/><text class="tick" text-anchor="middle" x="{x:.1}" y="{:.1}">{:.0} %</text><text class="tick" text-anchor="end" x="{:.1}" y="{:.1}">{:.0} %</text>"#,
            bottom + 16.0,
            100.0 * share,
            LEFT - 6.0,
            y + 4.0,
            100.0 * share * axes.top,
        );
    }
    let (across, down) = (LEFT + FIELD.0 / 2.0, TOP + FIELD.1 / 2.0);
    svg += &label(&format!(r#"text-anchor="middle" x="{across:.1}" y="{:.1}""#, bottom + 38.0), axes.x);
    svg +=
        &label(&format!(r#"text-anchor="middle" x="14" y="{down:.1}" transform="rotate(-90 14 {down:.1})""#), axes.y);
    svg += lines;
    svg += "</svg><figcaption>";
    svg += &format!("<b>{}</b>", both(&title.0, &title.1));
    for (place, (zh, en)) in names.iter().enumerate() {
        let _ = write!(
            svg,
            r#"<span class="key"><svg viewBox="0 0 28 8" width="28" height="8" aria-hidden="true"><line class="line s{place}" x1="1" y1="4" x2="27" y2="4"/></svg>{}</span>"#,
            both(zh, en)
        );
    }
    svg + "</figcaption></figure>"
}
