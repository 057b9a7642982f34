//! Complaints that were written down elsewhere and come in a file, once a day: what offices write is brought into the form of
//! a request, and held to the same rules.

use super::{Request, Submission};
use crate::{Result, bundle::hex};
use jiff::{civil, tz::TimeZone};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};

/// How offices write times, the likeliest first.
const TIMES: [&str; 6] = [
    "%Y-%m-%d %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M",
    "%Y年%m月%d日 %H:%M",
    "%Y-%m-%dT%H:%M:%S",
];
/// And days.
const DAYS: [&str; 4] = ["%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日", "%Y.%m.%d"];

/// What a row holds; a blank field is none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Row {
    /// The customer's words.
    pub text: String,
    /// Field → value: `external_id`, `channel`, `customer.id`, `customer.tier`, `contact`, `order.id`, `product`, `region`, `wish`.
    pub fields: BTreeMap<&'static str, String>,
    /// In yuan.
    pub amount: Option<f64>,
    /// When it came in, as it is written.
    pub received: Option<String>,
}

/// Reads the rows of files.
pub struct Offline {
    zone: TimeZone,
    channels: HashMap<String, String>,
    /// The channel of rows that name none.
    channel: Option<String>,
    /// The name of the file.
    file: String,
    /// How often a row was the same: two equal rows are two complaints.
    seen: HashMap<[u8; 32], u32>,
}

impl Offline {
    /// A reader of a file for a house in this zone; rows that name no channel came by `channel`.
    pub fn new(zone: TimeZone, channel: Option<String>, file: &str) -> Self {
        let known: BTreeMap<String, Vec<String>> =
            toml::from_str(include_str!("channels.toml")).expect("the built-in table of channels is valid");
        let named = |(id, names): (String, Vec<String>)| names.into_iter().map(move |name| (name, id.clone()));
        Offline {
            zone,
            channels: known.into_iter().flat_map(named).collect(),
            channel,
            file: file.into(),
            seen: HashMap::new(),
        }
    }

    /// The request that a row comes to. A row has a key of its own, so that a file which breaks off may be taken again; where
    /// neither an id nor a time tells it from the same words on another day, the name of its file does.
    ///
    /// # Errors
    /// [`crate::Error::Request`], which names the field and never quotes it.
    pub fn request(&mut self, row: Row) -> Result<Request> {
        let mut object = Map::new();
        object.insert("text".into(), row.text.into());
        for (field, value) in row.fields {
            let value = if field == "channel" { self.channel_id(&value) } else { value };
            put(&mut object, field, value.into());
        }
        if let (None, Some(channel)) = (object.get("channel"), &self.channel) {
            put(&mut object, "channel", channel.clone().into());
        }
        if let Some(amount) = row.amount {
            put(&mut object, "order.amount", amount.into());
        }
        if let Some(written) = row.received {
            put(&mut object, "received_at", self.instant(&written).into());
        }
        let json = Value::Object(object).to_string();
        let submission = Submission::from_json(json.as_bytes())?;
        let mut hash = Sha256::new_with_prefix(&json);
        if submission.complaint.id.is_none() && submission.complaint.received_at.is_none() {
            // After a byte that JSON does not have.
            hash.update([0]);
            hash.update(&self.file);
        }
        let hash: [u8; 32] = hash.finalize().into();
        let nth = self.seen.entry(hash).or_default();
        *nth += 1;
        // No caller's keys begin so.
        Ok(Request { submission, key: Some(format!("/file/{}/{nth}", hex(&hash))) })
    }

    /// The id of a channel, however the office calls it.
    fn channel_id(&self, name: &str) -> String {
        let folded = name.trim().to_lowercase();
        self.channels.get(&folded).cloned().unwrap_or(folded)
    }

    /// RFC 3339 of a time of the house's zone; what is none of those stays as it is, and is refused with its field's name.
    fn instant(&self, written: &str) -> String {
        let time = TIMES.iter().find_map(|form| civil::DateTime::strptime(form, written).ok());
        let day = || DAYS.iter().find_map(|form| civil::Date::strptime(form, written).ok());
        let time = time.or_else(|| day().map(|day| day.to_datetime(civil::Time::midnight())));
        match time.and_then(|time| self.zone.to_timestamp(time).ok()) {
            Some(at) => at.to_string(),
            None => written.to_owned(),
        }
    }
}

/// Puts a value at a name or, after a dot, into an inner object.
fn put(object: &mut Map<String, Value>, field: &str, value: Value) {
    match field.split_once('.') {
        None => {
            object.insert(field.into(), value);
        }
        Some((outer, inner)) => {
            let at = object.entry(outer).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(at) = at {
                at.insert(inner.into(), value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offline() -> Offline {
        of("热线登记.csv")
    }

    fn of(file: &str) -> Offline {
        Offline::new(TimeZone::get("Asia/Shanghai").unwrap(), Some("phone".into()), file)
    }

    fn row(fields: &[(&'static str, &str)], received: &str) -> Row {
        Row {
            text: "电饭煲插电没有反应".into(),
            fields: fields.iter().map(|(field, value)| (*field, (*value).to_owned())).collect(),
            amount: Some(299.0),
            received: Some(received.into()),
        }
    }

    #[test]
    fn what_offices_write_becomes_a_request() {
        let fields =
            [("channel", "微信公众号"), ("customer.id", "c7"), ("order.id", "20261125001"), ("contact", "13900139000")];
        let Request { submission, key } = offline().request(row(&fields, "2026/11/25 09:05")).unwrap();
        assert_eq!(submission.complaint.channel.as_deref(), Some("wechat"));
        assert_eq!(submission.complaint.customer.unwrap().id.as_deref(), Some("c7"));
        assert_eq!(submission.complaint.order.unwrap().amount, Some(299.0));
        assert_eq!(submission.complaint.received_at.as_deref(), Some("2026-11-25T01:05:00Z"));
        assert_eq!(submission.contact.as_deref(), Some("13900139000"));
        assert!(key.unwrap().ends_with("/1"));
    }

    #[test]
    fn equal_rows_are_two_complaints_and_the_same_file_gives_the_same_keys() {
        let keys = || {
            let mut offline = offline();
            [0, 1].map(|_| offline.request(row(&[], "2026年11月25日")).unwrap().key.unwrap())
        };
        let [one, two] = keys();
        assert_ne!(one, two);
        assert_eq!(keys(), [one, two]);
    }

    #[test]
    fn the_same_words_on_another_day_are_another_complaint() {
        let key = |file: &str, row: Row| of(file).request(row).unwrap().key.unwrap();
        let bare = || Row { received: None, ..row(&[], "") };
        assert_ne!(key("1125.csv", bare()), key("1126.csv", bare()));
        assert_eq!(key("1125.csv", bare()), key("1125.csv", bare()));
        // What says itself which it is may come in any file.
        let timed = || row(&[], "2026-11-25 09:05");
        assert_eq!(key("1125.csv", timed()), key("week.csv", timed()));
        let named = || Row { received: None, ..row(&[("external_id", "热线-7")], "") };
        assert_eq!(key("1125.csv", named()), key("week.csv", named()));
    }

    #[test]
    fn what_does_not_fit_names_its_field() {
        let told = offline().request(row(&[], "昨天下午")).err().unwrap().to_string();
        assert!(told.contains("received_at") && !told.contains("昨天"), "{told}");
        let told = offline().request(row(&[("channel", "飞鸽传书")], "2026-11-25")).err().unwrap().to_string();
        assert!(told.contains("channel") && !told.contains("飞鸽"), "{told}");
    }
}
