//! What a new bundle must not lose against the one that it would replace.

use super::{
    Question,
    compare::{Change, Comparison},
    interval::Interval,
};
use crate::taxonomy::Language;
use serde::Serialize;

/// The limits; a gate that is absent stands open. Points are hundredths.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Gates {
    /// Points of accuracy that a question may lose where the interval of the difference lies wholly below zero.
    pub accuracy: Option<f64>,
    /// Points of recall that the most urgent level may lose, by the joint decision where there is one, else by the head.
    pub urgent: Option<f64>,
    /// How far the expected calibration error of a question may rise.
    pub ece: Option<f64>,
    /// Points of recall that one label may lose.
    pub class: Option<f64>,
    /// Labels with fewer rows are not held to that.
    pub class_rows: u32,
    /// The least share of the first bundle's rows a second.
    pub speed: Option<f64>,
}

impl Default for Gates {
    fn default() -> Self {
        Gates {
            accuracy: Some(1.0),
            urgent: Some(2.0),
            ece: Some(0.05),
            class: Some(15.0),
            class_rows: 20,
            speed: None,
        }
    }
}

/// A gate that did not hold.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "gate", rename_all = "snake_case")]
pub enum Failure {
    /// The second bundle does not answer at all.
    Unanswered {
        question: Question,
    },
    Accuracy {
        question: Question,
        difference: Interval,
        limit: f64,
    },
    Urgent {
        question: Question,
        rows: u32,
        recall: [f64; 2],
        limit: f64,
    },
    Ece {
        question: Question,
        ece: [f64; 2],
        limit: f64,
    },
    Class {
        question: Question,
        label: String,
        rows: u32,
        recall: [f64; 2],
        limit: f64,
    },
    Speed {
        rows_per_second: [f64; 2],
        limit: f64,
    },
}

/// What two floats may differ by and still be the same number written in two ways.
const ROUNDING: f64 = 1e-9;

impl Gates {
    /// `NAME=VALUE` of a command line: a limit, or `off`.
    ///
    /// # Errors
    /// A sentence about a name or value that means nothing.
    pub fn set(&mut self, argument: &str) -> Result<(), String> {
        let (name, value) = argument.split_once('=').ok_or("write NAME=VALUE, as in accuracy=0.5 or ece=off")?;
        let number = || match value.parse::<f64>() {
            Ok(number) if number.is_finite() && number >= 0.0 => Ok(number),
            _ => Err(format!("{name} needs a number from 0 on, not {value}")),
        };
        if name == "class-rows" {
            self.class_rows = value.parse().map_err(|_| format!("class-rows needs a whole number, not {value}"))?;
            return Ok(());
        }
        let gate = match name {
            "accuracy" => &mut self.accuracy,
            "urgent" => &mut self.urgent,
            "ece" => &mut self.ece,
            "class" => &mut self.class,
            "speed" => &mut self.speed,
            _ => return Err(format!("there is no gate {name}: accuracy, urgent, ece, class, class-rows or speed")),
        };
        *gate = if value == "off" { None } else { Some(number()?) };
        Ok(())
    }

    /// The gates that a comparison does not pass; `rows_per_second` of both, where it was measured.
    pub fn failures(&self, comparison: &Comparison, rows_per_second: Option<[f64; 2]>) -> Vec<Failure> {
        let mut failures: Vec<Failure> =
            comparison.unanswered.iter().map(|&question| Failure::Unanswered { question }).collect();
        for (&question, change) in &comparison.questions {
            failures.extend(self.question(question, change));
        }
        let urgent = |question: Question| Some((question, comparison.questions.get(&question)?.urgent?));
        if let (Some(limit), Some((question, urgent))) =
            (self.urgent, urgent(Question::JointPriority).or_else(|| urgent(Question::Priority)))
            && urgent.difference.value < -limit / 100.0 - ROUNDING
        {
            failures.push(Failure::Urgent { question, rows: urgent.rows, recall: urgent.recall, limit });
        }
        if let (Some(limit), Some(rows_per_second)) = (self.speed, rows_per_second)
            && rows_per_second[1] < rows_per_second[0] * limit
        {
            failures.push(Failure::Speed { rows_per_second, limit });
        }
        failures
    }

    fn question(&self, question: Question, change: &Change) -> Vec<Failure> {
        let mut failures = Vec::new();
        let difference = change.difference;
        if let Some(limit) = self.accuracy
            && difference.value < -limit / 100.0 - ROUNDING
            && difference.high < 0.0
        {
            failures.push(Failure::Accuracy { question, difference, limit });
        }
        if let (Some(limit), Some(ece)) = (self.ece, change.ece)
            && ece[1] > ece[0] + limit + ROUNDING
        {
            failures.push(Failure::Ece { question, ece, limit });
        }
        if let Some(limit) = self.class {
            let held = change.classes.iter().filter(|class| class.rows >= self.class_rows);
            failures.extend(held.filter(|class| class.gain() < -limit / 100.0 - ROUNDING).map(|class| {
                Failure::Class { question, label: class.label.clone(), rows: class.rows, recall: class.recall, limit }
            }));
        }
        failures
    }
}

impl Failure {
    /// The failure as a sentence.
    pub fn tell(&self, language: Language) -> String {
        let say = |zh: String, en: String| if language == Language::Zh { zh } else { en };
        let title = |question: &Question| question.title(language);
        let percent = |share: f64| format!("{:.1} %", 100.0 * share);
        match self {
            Failure::Unanswered { question } => {
                let name = title(question);
                say(format!("{name}：B 没有回答 A 能回答的问题"), format!("{name}: A answers it and B does not"))
            }
            Failure::Accuracy { question, difference, limit } => {
                let (name, lost) = (title(question), -100.0 * difference.value);
                let (low, high) = (100.0 * difference.low, 100.0 * difference.high);
                say(
                    format!(
                        "{name}：正确率下降 {lost:.1} 个百分点（差值的 95 % 区间 {low:.1} 至 {high:.1}），上限为 {limit}"
                    ),
                    format!(
                        "{name}: accuracy fell by {lost:.1} points (95 % interval of the difference {low:.1} to {high:.1}); \
                         {limit} are allowed"
                    ),
                )
            }
            Failure::Urgent { question, rows, recall: [a, b], limit } => {
                let (name, a, b) = (title(question), percent(*a), percent(*b));
                say(
                    format!("{name}：最紧急一级的召回率从 {a} 降到 {b}（{rows} 行），上限为 {limit} 个百分点"),
                    format!(
                        "{name}: recall of the most urgent level fell from {a} to {b} ({rows} rows); {limit} points are \
                         allowed"
                    ),
                )
            }
            Failure::Ece { question, ece: [a, b], limit } => {
                let name = title(question);
                say(
                    format!("{name}：校准误差从 {a:.3} 升到 {b:.3}，最多可升 {limit}"),
                    format!("{name}: the calibration error rose from {a:.3} to {b:.3}; {limit} are allowed"),
                )
            }
            Failure::Class { question, label, rows, recall: [a, b], limit } => {
                let (name, a, b) = (title(question), percent(*a), percent(*b));
                say(
                    format!("{name}：{label} 的召回率从 {a} 降到 {b}（{rows} 行），上限为 {limit} 个百分点"),
                    format!("{name}: recall of {label} fell from {a} to {b} ({rows} rows); {limit} points are allowed"),
                )
            }
            Failure::Speed { rows_per_second: [a, b], limit } => say(
                format!("速度：B 每秒 {b:.1} 行，A 每秒 {a:.1} 行；至少应为 A 的 {limit} 倍"),
                format!("speed: B answers {b:.1} rows a second, A {a:.1}; at least {limit} times A's are asked for"),
            ),
        }
    }
}
