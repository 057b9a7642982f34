//! A complaint: what came in.

use crate::taxonomy::Language;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One message from one customer, with what the channel knows about it. Only `text` is needed.
///
/// ```
/// let complaint: fenzhen::Complaint = serde_json::from_str(r#"{"text": "快递三天没动静"}"#).unwrap();
/// assert_eq!(complaint.text, "快递三天没动静");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(description = "One message from one customer, with what the channel knows about it. Only `text` is needed.")]
#[serde(deny_unknown_fields)]
pub struct Complaint {
    /// The caller's own id; comes back unchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 256)]
    pub id: Option<String>,
    /// The customer's words.
    #[schema(min_length = 1, example = "快递三天没动静，客服一直不接电话，第三次投诉了")]
    pub text: String,
    /// Where it came from: phone, app, web, mini-program, wechat, weibo, douyin, email, chat, store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1000)]
    pub channel: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<Customer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1000)]
    pub product: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1000)]
    pub region: Option<String>,
    /// When it came in (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub received_at: Option<String>,
    /// The language of names and reasons in the answer; the pipeline's own where nobody asked for one. It is no part of the
    /// complaint's JSON.
    #[serde(skip)]
    pub answer_in: Option<Language>,
    /// Whether the decision brings a receipt along. It is no part of the complaint's JSON either.
    #[serde(skip)]
    pub receipt: bool,
}

/// Who complains.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Customer {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 256)]
    pub id: Option<String>,
    /// Membership tier in the shop's own words; the policy says what it is worth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1000)]
    pub tier: Option<String>,
}

/// The order it is about.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Order {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 256)]
    pub id: Option<String>,
    /// In yuan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<f64>,
}

impl Complaint {
    /// A complaint of which only the words are known.
    pub fn of(text: impl Into<String>) -> Self {
        Complaint { text: text.into(), ..Default::default() }
    }
}
