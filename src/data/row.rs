//! One labelled message, and how its fields are filled from what a file holds.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One labelled message. Any label may be missing; the row then teaches only the heads it has labels for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secondary: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emotion: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intensity: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flags: Option<Vec<String>>,
    /// -1 to 1. Where absent and emotion and intensity are there, the taxonomy's valence gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentiment: Option<f32>,
    /// Rows of one group (a customer, a conversation) stay in one split.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// When it was written (RFC 3339 or a date), for splits by time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
}

/// What a list in one cell is separated by.
const LIST: [char; 6] = ['|', ';', ',', '、', '；', '，'];

impl Row {
    /// The names of all fields.
    pub const FIELDS: [&str; 14] = [
        "id",
        "source",
        "text",
        "channel",
        "category",
        "secondary",
        "department",
        "priority",
        "emotion",
        "intensity",
        "flags",
        "sentiment",
        "group",
        "time",
    ];

    /// Fills one field from a value of a file. Texts may stand for numbers and for lists (`refund|safety`); an empty value
    /// leaves an optional field empty.
    ///
    /// # Errors
    /// A sentence that names the field and what is wrong with it, without the value.
    pub fn set(&mut self, field: &str, value: Value) -> Result<(), String> {
        match field {
            "text" => self.text = text(field, value)?.unwrap_or_default(),
            "id" => self.id = label(field, value)?,
            "source" => self.source = label(field, value)?,
            "channel" => self.channel = label(field, value)?,
            "category" => self.category = label(field, value)?,
            "department" => self.department = label(field, value)?,
            "priority" => self.priority = label(field, value)?,
            "emotion" => self.emotion = label(field, value)?,
            "group" => self.group = label(field, value)?,
            "time" => self.time = label(field, value)?,
            "secondary" => self.secondary = labels(field, value)?,
            "flags" => self.flags = labels(field, value)?,
            "intensity" => {
                self.intensity = match number(field, value)? {
                    None => None,
                    Some(n) if n.fract() == 0.0 && (0.0..=255.0).contains(&n) => Some(n as u8),
                    Some(_) => return Err("intensity must be a whole number from 0 up".into()),
                }
            }
            "sentiment" => {
                self.sentiment = match number(field, value)? {
                    Some(n) if !(-1.0..=1.0).contains(&n) => return Err("sentiment must lie between -1 and 1".into()),
                    n => n.map(|n| n as f32),
                }
            }
            _ => {
                return Err(format!(
                    "unknown field {}; the fields of a row are {}",
                    shown(field),
                    Row::FIELDS.join(", ")
                ));
            }
        }
        Ok(())
    }

    /// A field that holds one label, as written in a file.
    ///
    /// # Errors
    /// A sentence where no field that holds one label has that name.
    pub fn field(&self, field: &str) -> Result<Option<String>, String> {
        Ok(match field {
            "id" => self.id.clone(),
            "source" => self.source.clone(),
            "channel" => self.channel.clone(),
            "category" => self.category.clone(),
            "department" => self.department.clone(),
            "priority" => self.priority.clone(),
            "emotion" => self.emotion.clone(),
            "intensity" => self.intensity.map(|level| level.to_string()),
            "group" => self.group.clone(),
            "time" => self.time.clone(),
            _ => return Err(format!("{} is not a field of a row that holds one label", shown(field))),
        })
    }

    /// The names of the fields that the row has.
    pub fn filled(&self) -> impl Iterator<Item = &'static str> {
        let has = [
            self.id.is_some(),
            self.source.is_some(),
            !self.text.trim().is_empty(),
            self.channel.is_some(),
            self.category.is_some(),
            self.secondary.is_some(),
            self.department.is_some(),
            self.priority.is_some(),
            self.emotion.is_some(),
            self.intensity.is_some(),
            self.flags.is_some(),
            self.sentiment.is_some(),
            self.group.is_some(),
            self.time.is_some(),
        ];
        Row::FIELDS.into_iter().zip(has).filter(|(_, has)| *has).map(|(field, _)| field)
    }
}

/// A label as a message may show it: whole where it is short; a long one may be a customer's words in the wrong column.
pub(super) fn shown(label: &str) -> String {
    match label.chars().count() {
        0..=40 => format!("{label:?}"),
        n => format!("of {n} characters"),
    }
}

fn text(field: &str, value: Value) -> Result<Option<String>, String> {
    match value {
        Value::Null => Ok(None),
        Value::String(s) => Ok(Some(s)),
        Value::Number(n) => Ok(Some(n.to_string())),
        Value::Bool(b) => Ok(Some(b.to_string())),
        Value::Array(_) => Err(format!("{field} must be a text, not a list")),
        Value::Object(_) => Err(format!("{field} must be a text, not an object")),
    }
}

fn label(field: &str, value: Value) -> Result<Option<String>, String> {
    Ok(text(field, value)?.map(|s| s.trim().to_owned()).filter(|s| !s.is_empty()))
}

fn labels(field: &str, value: Value) -> Result<Option<Vec<String>>, String> {
    match value {
        Value::Array(items) => {
            let mut out = Vec::with_capacity(items.len());
            for item in items {
                out.push(label(field, item)?.ok_or_else(|| format!("{field} holds an empty label"))?);
            }
            Ok(Some(out))
        }
        other => Ok(text(field, other)?
            .map(|s| s.split(LIST).map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect())),
    }
}

fn number(field: &str, value: Value) -> Result<Option<f64>, String> {
    let written = match value {
        Value::Number(n) => return Ok(n.as_f64()),
        other => match label(field, other)? {
            None => return Ok(None),
            Some(s) => s,
        },
    };
    written.parse().map(Some).map_err(|_| format!("{field} must be a number"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_cell_can_hold_a_list_or_a_number() {
        let mut row = Row::default();
        row.set("flags", json!("refund|safety、repeat")).unwrap();
        row.set("intensity", json!("2")).unwrap();
        row.set("sentiment", json!("-0.5")).unwrap();
        row.set("secondary", json!("")).unwrap();
        row.set("category", json!("  ")).unwrap();
        assert_eq!(row.flags.unwrap(), ["refund", "safety", "repeat"]);
        assert_eq!((row.intensity, row.sentiment), (Some(2), Some(-0.5)));
        assert_eq!(row.secondary, Some(vec![]));
        assert_eq!(row.category, None);
    }

    #[test]
    fn a_wrong_value_names_the_field_and_never_shows_the_text() {
        let words = "家里老人打不通电话，投诉也没有人理我，实在是没办法了才来这里写，请你们看一看吧，谢谢各位领导了";
        for field in ["intensity", "sentiment"] {
            let message = Row::default().set(field, json!(words)).unwrap_err();
            assert!(message.contains(field) && !message.contains("老人"), "{message}");
        }
        let message = Row::default().set(words, json!("x")).unwrap_err();
        assert!(message.contains("unknown field") && !message.contains("老人"), "{message}");
        assert!(Row::default().set("sentiment", json!(1.5)).is_err());
        assert!(Row::default().set("sentiment", json!("NaN")).is_err());
        assert!(Row::default().set("intensity", json!(1.5)).is_err());
        assert!(Row::default().set("text", json!(["一", "二"])).is_err());
    }

    #[test]
    fn every_field_can_be_set_and_no_other() {
        for field in Row::FIELDS {
            Row::default().set(field, json!("0")).unwrap();
        }
        let row = Row { text: "快递三天没动静".into(), ..Default::default() };
        let Value::Object(known) = serde_json::to_value(&row).unwrap() else { panic!("a row is an object") };
        assert!(known.keys().all(|k| Row::FIELDS.contains(&k.as_str())));
    }
}
