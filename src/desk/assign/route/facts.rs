//! What is known of a ticket when it is routed.

use crate::decision::{Band, Candidate};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a condition looks at. The order is the order in which conditions are tried: cheap ones first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Field {
    Band,
    Category,
    Department,
    Priority,
    Flags,
    Signals,
    Channel,
    Region,
    Tier,
    Product,
    Amount,
    Time,
    Words,
}

impl Field {
    /// The key under `when`, and the column of an example table.
    pub fn key(self) -> &'static str {
        match self {
            Field::Band => "band",
            Field::Category => "category",
            Field::Department => "department",
            Field::Priority => "priority",
            Field::Flags => "flags",
            Field::Signals => "signals",
            Field::Channel => "channel",
            Field::Region => "region",
            Field::Tier => "tier",
            Field::Product => "product",
            Field::Amount => "amount",
            Field::Time => "time",
            Field::Words => "words",
        }
    }
}

/// A snapshot of a ticket: predictions, and what the channel knows. What is absent meets no condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// The predicted category, a leaf of the taxonomy.
    pub category: Option<String>,
    /// The predicted department.
    pub department: Option<String>,
    /// How far the choice of the department may be trusted, the policy's wishes for confirmation included.
    pub band: Band,
    /// Whether the text looks as if it were no complaint, so that the labels mean little.
    pub foreign: bool,
    /// The likeliest departments, best first: what people in the triage queue choose from.
    pub candidates: Vec<Candidate>,
    pub priority: Option<String>,
    /// The flags that were set.
    pub flags: Vec<String>,
    /// The policy's signals that fired: words with their negations considered.
    pub signals: Vec<String>,
    pub channel: Option<String>,
    pub region: Option<String>,
    pub tier: Option<String>,
    pub product: Option<String>,
    /// Of the order, in yuan.
    pub amount: Option<f64>,
    pub received_at: Option<Timestamp>,
    /// The text with personal data masked.
    pub masked_text: String,
}

impl Default for Facts {
    /// Nothing known, so nothing to be trusted.
    fn default() -> Self {
        Facts {
            category: None,
            department: None,
            band: Band::Review,
            foreign: false,
            candidates: Vec::new(),
            priority: None,
            flags: Vec::new(),
            signals: Vec::new(),
            channel: None,
            region: None,
            tier: None,
            product: None,
            amount: None,
            received_at: None,
            masked_text: String::new(),
        }
    }
}

impl Facts {
    /// The labels that a ticket has in a field: none, one, or several.
    pub(super) fn labels(&self, field: Field) -> Vec<&str> {
        match field {
            Field::Band => vec![band_id(self.band)],
            Field::Category => one_of(&self.category),
            Field::Department => one_of(&self.department),
            Field::Priority => one_of(&self.priority),
            Field::Channel => one_of(&self.channel),
            Field::Region => one_of(&self.region),
            Field::Tier => one_of(&self.tier),
            Field::Product => one_of(&self.product),
            Field::Flags => self.flags.iter().map(String::as_str).collect(),
            Field::Signals => self.signals.iter().map(String::as_str).collect(),
            Field::Amount | Field::Time | Field::Words => Vec::new(),
        }
    }
}

fn one_of(label: &Option<String>) -> Vec<&str> {
    label.as_deref().into_iter().collect()
}

/// The id under which a band stands in documents.
pub(super) fn band_id(band: Band) -> &'static str {
    match band {
        Band::Auto => "auto",
        Band::Suggest => "suggest",
        Band::Review => "review",
    }
}
