//! What a decision looks like as columns.

use crate::{Decision, classify::Head, decision::Action};
use serde_json::{Value, json};

/// A column that scoring adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    Category,
    CategoryName,
    CategoryProbability,
    Secondary,
    Department,
    DepartmentName,
    Priority,
    PriorityName,
    Points,
    /// The signals behind the points, each with its words.
    Reasons,
    Emotion,
    Intensity,
    Sentiment,
    Flags,
    Action,
    OutOfScope,
    MaskedText,
    /// Why a row could not be scored.
    Error,
}

impl Column {
    /// The columns for a bundle that answers these heads, and tells foreign texts apart or not.
    pub fn of(heads: &[Head], tells_foreign: bool, masked_text: bool) -> Vec<Column> {
        let mut columns = Vec::new();
        for (head, added) in [
            (Head::Category, &[Column::Category, Column::CategoryName, Column::CategoryProbability][..]),
            (Head::Secondary, &[Column::Secondary]),
            (Head::Department, &[Column::Department, Column::DepartmentName]),
            (Head::Priority, &[Column::Priority, Column::PriorityName, Column::Points, Column::Reasons]),
            (Head::Emotion, &[Column::Emotion]),
            (Head::Intensity, &[Column::Intensity]),
            (Head::Sentiment, &[Column::Sentiment]),
            (Head::Flags, &[Column::Flags]),
        ] {
            if heads.contains(&head) {
                columns.extend_from_slice(added);
            }
        }
        columns.push(Column::Action);
        if tells_foreign {
            columns.push(Column::OutOfScope);
        }
        if masked_text {
            columns.push(Column::MaskedText);
        }
        columns.push(Column::Error);
        columns
    }

    pub fn name(self) -> &'static str {
        match self {
            Column::Category => "category",
            Column::CategoryName => "category_name",
            Column::CategoryProbability => "category_probability",
            Column::Secondary => "secondary",
            Column::Department => "department",
            Column::DepartmentName => "department_name",
            Column::Priority => "priority",
            Column::PriorityName => "priority_name",
            Column::Points => "points",
            Column::Reasons => "reasons",
            Column::Emotion => "emotion",
            Column::Intensity => "intensity",
            Column::Sentiment => "sentiment",
            Column::Flags => "flags",
            Column::Action => "action",
            Column::OutOfScope => "out_of_scope",
            Column::MaskedText => "masked_text",
            Column::Error => "error",
        }
    }

    /// The column's value in a decision; null where the decision has none.
    pub fn value(self, decision: &Decision) -> Value {
        let category = decision.category.as_ref();
        let department = decision.department.as_ref();
        let priority = decision.priority.as_ref();
        let emotion = decision.emotion.as_ref();
        match self {
            Column::Category => json!(category.map(|c| &c.label)),
            Column::CategoryName => json!(category.map(|c| c.name.join("/"))),
            Column::CategoryProbability => json!(category.map(|c| rounded(c.probability))),
            Column::Secondary => decision.secondary.iter().map(|c| json!(c.label)).collect(),
            Column::Department => json!(department.map(|d| &d.label)),
            Column::DepartmentName => json!(department.map(|d| d.name.join("/"))),
            Column::Priority => json!(priority.map(|p| &p.level)),
            Column::PriorityName => json!(priority.map(|p| &p.name)),
            Column::Points => json!(priority.map(|p| p.points)),
            Column::Reasons => priority
                .iter()
                .flat_map(|p| &p.reasons)
                .map(|reason| match &reason.evidence {
                    Some(words) => json!(format!("{}:{words}", reason.signal)),
                    None => json!(reason.signal),
                })
                .collect(),
            Column::Emotion => json!(emotion.map(|e| &e.label)),
            Column::Intensity => json!(emotion.map(|e| rounded(e.intensity))),
            Column::Sentiment => json!(decision.sentiment.map(rounded)),
            Column::Flags => decision.flags.iter().map(|c| json!(c.label)).collect(),
            Column::Action => json!(match decision.decision.action {
                Action::Dispatch => "dispatch",
                Action::Suggest => "suggest",
                Action::Review => "review",
            }),
            Column::OutOfScope => json!(decision.out_of_scope.map(rounded)),
            Column::MaskedText => json!(decision.masked_text),
            Column::Error => Value::Null,
        }
    }
}

/// Four places: enough to sort by, short enough to read.
fn rounded(value: f32) -> f64 {
    (f64::from(value) * 10_000.0).round() / 10_000.0
}

/// A value as a cell: lists with `|` between their members, nothing for null.
pub fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join("|"),
        other => other.to_string(),
    }
}
