//! What a rule says.

use crate::{
    desk::ticket::Number,
    taxonomy::{Name, Taxonomy},
};
use serde::{Deserialize, Serialize};

/// The kinds of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// One customer, again and again.
    Repeat,
    /// Fierce anger, or a threat.
    Fierce,
    /// Many about one product.
    Cluster,
    /// More of a category in a region than its history explains.
    Surge,
    /// Many customers with nearly the same words.
    Wave,
}

impl Rule {
    /// The stable name.
    pub fn id(self) -> &'static str {
        match self {
            Rule::Repeat => "repeat",
            Rule::Fierce => "fierce",
            Rule::Cluster => "cluster",
            Rule::Surge => "surge",
            Rule::Wave => "wave",
        }
    }

    /// The rule of a stable name.
    pub fn from_id(id: &str) -> Option<Rule> {
        [Rule::Repeat, Rule::Fierce, Rule::Cluster, Rule::Surge, Rule::Wave].into_iter().find(|rule| rule.id() == id)
    }
}

/// The role that hears of a wave: no policy has a rule for it.
pub const WAVE_TELLS: &str = "supervisor";

/// What has to happen because a rule fired. Applying it twice is applying it once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signal {
    /// Which rule.
    pub rule: Rule,
    /// The same whenever and wherever the same is found: a notification with this key is sent once.
    pub key: String,
    /// The tickets whose priority rises, in the order of their numbers.
    pub members: Vec<Number>,
    /// Why.
    pub reason: Name,
    /// At least this urgent, by id: [`raised`].
    pub raise_to: Option<String>,
    /// How far up it goes: 1 is the team's lead.
    pub level: u8,
    /// Which roles hear of it.
    pub notify: Vec<String>,
    /// The incident that the members belong to, by its key.
    pub incident: Option<String>,
}

/// The priority that a ticket gets where it rises; none where it is as urgent already, or one of the two is unknown.
pub fn raised<'p>(taxonomy: &Taxonomy, now: &str, raise_to: &'p str) -> Option<&'p str> {
    let (now, to) = (taxonomy.priority_index(now)?, taxonomy.priority_index(raise_to)?);
    (to < now).then_some(raise_to)
}
