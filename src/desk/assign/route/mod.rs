//! Routing: the first rule that fits a ticket says where it goes.
//!
//! ```toml
//! zone = "Asia/Shanghai"
//!
//! [[group]]
//! id = "east"
//! department = "logistics"
//! name = { zh = "华东物流组", en = "Logistics, east" }
//!
//! [[rule]]
//! id = "lost_in_the_east"
//! reason = { zh = "华东丢件由华东组追查", en = "the eastern group traces what is lost in the east" }
//! when.category = ["delivery.lost"]
//! when.region = ["上海*", "江苏*"]
//! to.group = "east"
//! ```
//!
//! All conditions of a rule must hold; inside a list one value is enough. A rule holds for tickets whose department is
//! sure (band `auto`) unless its `when.band` names others: so a ticket that is not sure enough goes to a person, except
//! where a rule says otherwise in so many words. A ticket that no rule fits goes to the department that was predicted.

mod condition;
mod decide;
mod document;
mod facts;
mod hours;
mod parse;
mod reach;
mod sentence;
#[cfg(test)]
mod tests;
mod text;
mod vocabulary;
mod when;

pub use decide::{PassedOver, Route};
pub use facts::{Facts, Field};
pub use vocabulary::Vocabulary;

use super::staff::{StaffRule, Strategy};
use crate::{Error, Result, taxonomy::Name};
use condition::Condition;
use jiff::tz::TimeZone;
use serde::Serialize;
use std::{collections::BTreeMap, fmt, path::Path};

/// Where a ticket goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "queue", rename_all = "lowercase")]
pub enum Destination {
    /// The queue in which people decide.
    Triage,
    /// A department, or a group of it.
    Department {
        department: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        group: Option<String>,
        /// What the agent must be able to do, all of it; sorted.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        skills: Vec<String>,
    },
}

/// The short form, as example tables write it: `triage`, `logistics`, `logistics/east`, `logistics/east+english`.
impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Destination::Triage => f.write_str("triage"),
            Destination::Department { department, group, skills } => {
                f.write_str(department)?;
                group.iter().try_for_each(|group| write!(f, "/{group}"))?;
                skills.iter().try_for_each(|skill| write!(f, "+{skill}"))
            }
        }
    }
}

/// A group of agents inside a department.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Group {
    pub id: String,
    pub name: Name,
    pub department: String,
    /// How its tickets are given out.
    pub strategy: Strategy,
}

/// What a rule does with a ticket that it fits.
#[derive(Debug, Clone, PartialEq)]
enum Action {
    Triage,
    /// The department that was predicted, with an agent of these skills.
    Predicted {
        skills: Vec<String>,
    },
    Fixed(Destination),
}

/// One rule: conditions, an action, and why.
#[derive(Debug, Clone)]
pub struct Rule {
    pub id: String,
    /// Where it stands in the document, from 1.
    pub line: usize,
    pub reason: Name,
    /// In the order of [`Field`]; each field at most once.
    conditions: Vec<Condition>,
    action: Action,
}

/// A checked routing document.
#[derive(Debug, Clone)]
pub struct RoutingTable {
    /// In which wall clock times are read where a rule names no zone of its own.
    zone: TimeZone,
    pub groups: Vec<Group>,
    /// The skills that there are, by id.
    pub skills: BTreeMap<String, Name>,
    pub rules: Vec<Rule>,
    /// How tickets are given to agents.
    pub staff: StaffRule,
    /// What is not wrong but surely not meant: rules that can never act, groups, skills and regions that no rule names.
    /// Each begins with its line.
    pub warnings: Vec<String>,
    vocabulary: Vocabulary,
}

impl RoutingTable {
    /// Reads a routing document and checks it against the labels that there are; `path` is only for messages.
    ///
    /// # Errors
    /// [`Error::Policy`] with the line at fault: unknown keys, labels, groups, skills, regions or time zones, ids that
    /// stand twice, empty lists and reasons, sums and hours that hold nothing, actions that name no destination or two.
    pub fn parse(text: &str, path: &Path, vocabulary: &Vocabulary) -> Result<Self> {
        parse::table(text, vocabulary)
            .map_err(|fault| Error::Policy { path: path.to_owned(), reason: fault.tell(text) })
    }

    /// How the tickets of a group are given out; the document's general strategy where there is no such group.
    pub fn strategy(&self, group: Option<&str>) -> Strategy {
        let own = self.groups.iter().find(|known| Some(known.id.as_str()) == group);
        own.map_or(self.staff.strategy, |group| group.strategy)
    }

    /// The labels that the rules were checked against.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// In which wall clock times are read.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Where a rule would send a ticket if its conditions held; `None` where there is no such rule.
    pub fn rule_destination(&self, rule: &str, facts: &Facts) -> Option<Destination> {
        self.rules.iter().find(|known| known.id == rule).map(|rule| decide::destination(rule, facts))
    }

    /// What people call a destination: 物流部 › 华东物流组（英语）.
    pub fn destination_name(&self, destination: &Destination) -> Name {
        sentence::destination(self, destination)
    }
}
