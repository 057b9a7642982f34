//! Which column holds the words, and which hold what else is known of a complaint.

use super::input::{Content, Item};
use crate::{
    Complaint,
    complaint::{Customer, Order},
};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A header cell with more Chinese characters than this is a complaint, not a name.
const LONGEST_NAME: usize = 16;

/// What a file is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// What a decision needs.
    Decision,
    /// Also what only the desk keeps: who it is from, and how to reach them. An id is one that no other list has.
    Intake,
}

impl Wanted {
    /// Under which names files hold its fields.
    fn names(self) -> BTreeMap<String, Vec<String>> {
        let mut known: BTreeMap<String, BTreeMap<String, Vec<String>>> =
            toml::from_str(include_str!("columns.toml")).expect("the built-in table of names is valid");
        let mut names = known.remove("decision").unwrap_or_default();
        if self == Wanted::Intake {
            names.extend(known.remove("intake").unwrap_or_default());
        }
        names
    }
}

/// The column of every field that was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    pub text: String,
    /// Field of a complaint → column.
    pub others: BTreeMap<String, String>,
}

impl Columns {
    /// Goes by the names, else takes the column with the most Chinese in the first rows. `named` says what the user knows
    /// better: field → column.
    ///
    /// # Errors
    /// A sentence where no column holds text, or a named one is not there.
    pub fn find(
        header: &[String],
        first: &[Item],
        wanted: Wanted,
        named: &BTreeMap<String, String>,
    ) -> Result<Self, String> {
        let known = wanted.names();
        let listed = || header.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
        for (field, column) in named {
            if !known.contains_key(field) {
                let fields: Vec<_> = known.keys().map(String::as_str).collect();
                return Err(format!("a complaint has no field {field:?}; the fields are {}", fields.join(", ")));
            }
            if !header.contains(column) {
                return Err(format!("there is no column {column:?}; the columns are {}", listed()));
            }
        }
        let by_name = |field: &str| named.get(field).cloned().or_else(|| match_name(header, &known[field]));
        let text = match by_name("text") {
            Some(column) => column,
            None if header.iter().any(|name| han(name) > LONGEST_NAME) => {
                return Err(
                    "the first line looks like a complaint; put a line with the names of the columns above it, \
                            such as: text"
                        .into(),
                );
            }
            None => most_chinese(header, first).ok_or_else(|| {
                format!("no column holds Chinese text; name one with --text-column; the columns are {}", listed())
            })?,
        };
        let others = known
            .keys()
            .filter(|field| field.as_str() != "text")
            .filter_map(|field| Some((field.clone(), by_name(field)?)))
            .filter(|(_, column)| *column != text)
            .collect();
        Ok(Columns { text, others })
    }

    /// The complaint that a row holds.
    ///
    /// # Errors
    /// A sentence where the text is missing or no text.
    pub fn complaint(&self, header: &[String], content: &Content) -> Result<Complaint, String> {
        let other = |field| self.other(header, content, field);
        let text = self.words(header, content)?;
        let amount = self.amount(header, content);
        Ok(Complaint {
            id: other("id"),
            text,
            channel: other("channel"),
            customer: other("tier").map(|tier| Customer { tier: Some(tier), ..Default::default() }),
            order: amount.map(|amount| Order { amount: Some(amount), ..Default::default() }),
            product: other("product"),
            region: other("region"),
            received_at: other("received_at"),
            ..Complaint::default()
        })
    }
}

impl Columns {
    /// The customer's words in a row.
    ///
    /// # Errors
    /// A sentence where they are missing or no text.
    pub fn words(&self, header: &[String], content: &Content) -> Result<String, String> {
        match content {
            Content::Object(object, _) => match reach(object, &self.text) {
                Some(Value::String(text)) => Ok(text.clone()),
                Some(_) => Err(format!("the field {:?} is not a text", self.text)),
                None => Err(format!("the field {:?} is missing", self.text)),
            },
            _ => Ok(value(header, content, &self.text).unwrap_or_default()),
        }
    }

    /// What a row holds of another field, without the spaces around it; none where that is nothing.
    pub fn other(&self, header: &[String], content: &Content, field: &str) -> Option<String> {
        let value = value(header, content, self.others.get(field)?)?;
        Some(value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    /// The amount in yuan, however it is written.
    pub fn amount(&self, header: &[String], content: &Content) -> Option<f64> {
        self.other(header, content, "amount").and_then(|written| money(&written))
    }
}

fn match_name(header: &[String], names: &[String]) -> Option<String> {
    let same = |column: &&String, name: &str| column.trim().to_lowercase() == name;
    let begins = |column: &&String, name: &str| {
        // `投诉内容（必填）` is a text, `textile` and `内容编号` are not.
        let column = column.trim().to_lowercase();
        column.strip_prefix(name).is_some_and(|rest| rest.starts_with(['(', '（', ':', '：', '[', '【', ' ']))
    };
    let first = |matches: &dyn Fn(&&String, &str) -> bool| {
        names.iter().find_map(|name| header.iter().find(|column| matches(column, name))).cloned()
    };
    first(&same).or_else(|| first(&begins))
}

fn most_chinese(header: &[String], first: &[Item]) -> Option<String> {
    let count = |column: &String| -> usize {
        first.iter().filter_map(|item| value(header, &item.content, column)).map(|text| han(&text)).sum()
    };
    // The first column wins a tie: `max_by_key` keeps the last of equals.
    let best = header.iter().rev().max_by_key(|column| count(column))?;
    (count(best) > 0).then(|| best.clone())
}

fn han(text: &str) -> usize {
    text.chars().filter(|c| matches!(c, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{323af}')).count()
}

/// What a row holds under a name, as text.
fn value(header: &[String], content: &Content, column: &str) -> Option<String> {
    match content {
        Content::Cells(cells) => cells.get(header.iter().position(|name| name == column)?).cloned(),
        Content::Object(object, _) => match reach(object, column)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        },
        Content::Raw(_) => None,
    }
}

/// A value by its name, or by a path with dots.
fn reach<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.get(name).or_else(|| {
        let (outer, inner) = name.split_once('.')?;
        object.get(outer)?.as_object()?.get(inner)
    })
}

/// `￥1,299.00`, `1299元` as yuan.
fn money(written: &str) -> Option<f64> {
    let plain: String = written.chars().filter(|c| !matches!(c, '¥' | '￥' | ',' | '，' | '元' | ' ')).collect();
    plain.parse().ok().filter(|amount: &f64| amount.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(names: &[&str]) -> Vec<String> {
        names.iter().map(|n| n.to_string()).collect()
    }

    fn item(cells: &[&str]) -> Item {
        Item { line: 2, content: Content::Cells(header(cells)), fault: None }
    }

    fn text_column(names: &[&str], rows: &[&[&str]]) -> Result<String, String> {
        let rows: Vec<Item> = rows.iter().map(|cells| item(cells)).collect();
        Columns::find(&header(names), &rows, Wanted::Decision, &BTreeMap::new()).map(|columns| columns.text)
    }

    #[test]
    fn the_text_column_is_guessed_by_name_then_by_chinese() {
        assert_eq!(text_column(&["编号", "投诉内容", "text"], &[]).unwrap(), "text");
        assert_eq!(text_column(&["编号", "投诉内容（必填）"], &[]).unwrap(), "投诉内容（必填）");
        assert_eq!(text_column(&["a", "Complaint"], &[]).unwrap(), "Complaint");
        let rows: [&[&str]; 2] = [&["1", "张三", "快递三天没动静"], &["2", "李四", "客服不接电话"]];
        assert_eq!(text_column(&["c1", "c2", "c3"], &rows).unwrap(), "c3");
        assert!(text_column(&["a", "b"], &[&["1", "late"]]).unwrap_err().contains("--text-column"));
        let complaint = "快递三天没动静，客服一直不接电话，第三次投诉了，请尽快处理";
        assert!(text_column(&[complaint], &[]).unwrap_err().contains("the first line looks like a complaint"));
    }

    #[test]
    fn what_counts_the_rows_of_a_list_is_no_id_of_a_complaint() {
        let of = |name: &str, wanted| {
            let columns = Columns::find(&header(&[name, "内容"]), &[], wanted, &BTreeMap::new()).unwrap();
            columns.others.contains_key("id")
        };
        for name in ["编号", "序号", "单号", "序号（当日）"] {
            assert!(of(name, Wanted::Decision) && !of(name, Wanted::Intake), "{name}");
        }
        for name in ["工单号", "投诉编号", "id"] {
            assert!(of(name, Wanted::Decision) && of(name, Wanted::Intake), "{name}");
        }
        assert!(of("external_id", Wanted::Intake));
        let named = BTreeMap::from([("id".to_owned(), "编号".to_owned())]);
        let columns = Columns::find(&header(&["编号", "内容"]), &[], Wanted::Intake, &named).unwrap();
        assert_eq!(columns.others["id"], "编号", "unless somebody says that it is");
    }

    #[test]
    fn what_else_is_known_goes_into_the_complaint() {
        let header = header(&["工单号", "内容", "会员等级", "订单金额", "渠道"]);
        let row = item(&["20261125000000001", "蛋糕塌了", "金卡", "￥1,299.00", ""]);
        let columns = Columns::find(&header, &[], Wanted::Decision, &BTreeMap::new()).unwrap();
        let complaint = columns.complaint(&header, &row.content).unwrap();
        assert_eq!(complaint.id.as_deref(), Some("20261125000000001"));
        assert_eq!(complaint.text, "蛋糕塌了");
        assert_eq!(complaint.customer.unwrap().tier.as_deref(), Some("金卡"));
        assert_eq!(complaint.order.unwrap().amount, Some(1299.0));
        assert_eq!(complaint.channel, None);
    }

    #[test]
    fn objects_are_read_by_path() {
        let object = serde_json::json!({"text": "蛋糕塌了", "order": {"amount": 88.5}, "customer": {"tier": "vip"}});
        let Value::Object(object) = object else { unreachable!() };
        let content = Content::Object(object, String::new());
        let names = header(&["customer", "customer.tier", "order", "order.amount", "text"]);
        let columns = Columns::find(&names, &[], Wanted::Decision, &BTreeMap::new()).unwrap();
        let complaint = columns.complaint(&names, &content).unwrap();
        assert_eq!(
            (complaint.order.unwrap().amount, complaint.customer.unwrap().tier.unwrap().as_str()),
            (Some(88.5), "vip")
        );
    }

    #[test]
    fn a_column_that_the_user_names_must_be_there() {
        let named = |field: &str, column: &str| BTreeMap::from([(field.to_owned(), column.to_owned())]);
        let header = header(&["a", "内容"]);
        assert_eq!(Columns::find(&header, &[], Wanted::Decision, &named("text", "a")).unwrap().text, "a");
        assert!(
            Columns::find(&header, &[], Wanted::Decision, &named("text", "b")).unwrap_err().contains("no column \"b\"")
        );
        assert!(
            Columns::find(&header, &[], Wanted::Decision, &named("mood", "a"))
                .unwrap_err()
                .contains("no field \"mood\"")
        );
    }
}
