//! The numbers of the rules, as data.

mod parse;
#[cfg(test)]
mod tests;

use crate::{
    Error, Result,
    taxonomy::{Name, Taxonomy},
};
use jiff::SignedDuration;
use std::{collections::BTreeSet, path::Path};

/// What follows where a rule fires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consequence {
    /// At least this urgent, by id.
    pub raise_to: Option<String>,
    /// How far up it goes, from 1.
    pub level: u8,
    /// Which roles hear of it.
    pub notify: Vec<String>,
}

/// A customer who complains again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepeatRule {
    /// So many complaints of one customer
    pub count: usize,
    /// in less than this time.
    pub window: SignedDuration,
    pub then: Consequence,
}

/// Fierce anger, or a threat: one of the emotions strong enough, or one of the signals, or one of the flags.
#[derive(Debug, Clone, PartialEq)]
pub struct FierceRule {
    /// Its name.
    pub id: String,
    /// Emotions, by id, with their names,
    pub emotions: Vec<(String, Name)>,
    /// from this intensity on.
    pub intensity: f32,
    /// Signals of the classifier's policy, by id, with their names.
    pub signals: Vec<(String, Name)>,
    /// Flags of the taxonomy, by id, with their names.
    pub flags: Vec<(String, Name)>,
    pub then: Consequence,
}

/// Many complaints about one product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterRule {
    /// So many complaints
    pub count: usize,
    /// of so many customers
    pub customers: usize,
    /// in less than this time.
    pub window: SignedDuration,
    /// Without a new member for so long it is quiet, for twice as long closed.
    pub quiet: SignedDuration,
    pub then: Consequence,
}

/// More of a category in a region than its history explains.
#[derive(Debug, Clone, PartialEq)]
pub struct SurgeRule {
    /// False alarms to be expected in 30 days, over all pairs together, at most.
    pub false_alarms_a_month: f64,
    /// Whether first-level groups are watched rather than their leaves.
    pub groups: bool,
    /// Never with fewer complaints than this in the window.
    pub least: u64,
    /// How many days of history are looked at.
    pub history_days: u32,
    /// Silent until there are so many.
    pub learning_days: u32,
    /// The day of yesterday weighs this much of today's, and so on: how fast the level may drift.
    pub fade: f64,
    /// Without a new member for so long it is quiet, for twice as long closed. No other alarm comes while it is not.
    pub quiet: SignedDuration,
    pub then: Consequence,
}

/// A checked policy. A rule that the file leaves out is off.
#[derive(Debug, Clone, PartialEq)]
pub struct IncidentPolicy {
    /// Its name.
    pub id: String,
    /// Its version.
    pub version: String,
    pub repeat: Option<RepeatRule>,
    pub fierce: Vec<FierceRule>,
    pub cluster: Option<ClusterRule>,
    pub surge: Option<SurgeRule>,
}

/// A built-in policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Preset {
    /// The default, with the labels of retail.
    Retail,
    /// Counts only: fits every taxonomy.
    Plain,
}

impl Preset {
    /// All of them.
    pub const ALL: [Preset; 2] = [Preset::Retail, Preset::Plain];

    /// The name by which people choose it, also the id of the policy.
    pub fn id(self) -> &'static str {
        match self {
            Preset::Retail => "retail",
            Preset::Plain => "plain",
        }
    }

    /// The file, a model for one's own.
    pub fn text(self) -> &'static str {
        match self {
            Preset::Retail => include_str!("retail.toml"),
            Preset::Plain => include_str!("plain.toml"),
        }
    }
}

impl IncidentPolicy {
    /// Reads a policy and checks it against the taxonomy and the signals (id and name) of the classifier's policy that it
    /// names; `path` is only for messages.
    ///
    /// # Errors
    /// [`Error::IncidentPolicy`] with the line at fault: unknown keys, labels or signals, numbers out of range.
    pub fn parse(text: &str, path: &Path, taxonomy: &Taxonomy, signals: &[(String, Name)]) -> Result<Self> {
        parse::policy(text, taxonomy, signals)
            .map_err(|fault| Error::IncidentPolicy { path: path.to_owned(), reason: fault.tell(text) })
    }

    /// The built-in policy that fits: the retail one where its labels and signals are known, else the plain one.
    pub fn default_for(taxonomy: &Taxonomy, signals: &[(String, Name)]) -> Self {
        parse::policy(Preset::Retail.text(), taxonomy, signals)
            .or_else(|_| parse::policy(Preset::Plain.text(), taxonomy, signals))
            .expect("the plain policy names no label, so it fits every taxonomy")
    }
}

impl IncidentPolicy {
    /// Every role that the policy names, once: for those who must know who that is.
    pub fn roles(&self) -> BTreeSet<&str> {
        let one = [
            self.repeat.as_ref().map(|rule| &rule.then),
            self.cluster.as_ref().map(|rule| &rule.then),
            self.surge.as_ref().map(|rule| &rule.then),
        ];
        let all = one.into_iter().flatten().chain(self.fierce.iter().map(|rule| &rule.then));
        all.flat_map(|then| &then.notify).map(String::as_str).collect()
    }
}

impl SurgeRule {
    /// What a category counts as: its group where groups are watched and it has one, else itself.
    pub fn label<'t>(&self, taxonomy: &'t Taxonomy, category: &'t str) -> &'t str {
        let group = taxonomy.category_index(category).filter(|_| self.groups);
        let group = group.and_then(|index| taxonomy.categories[index].group);
        group.map_or(category, |group| taxonomy.groups[group].id.as_str())
    }
}
