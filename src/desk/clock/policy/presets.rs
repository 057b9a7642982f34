//! Policies that are built in: one for retail, one per requirement document, two after the law.

use super::DeadlinePolicy;
use crate::{Result, taxonomy::Taxonomy};
use std::path::Path;

/// A built-in policy. The requirement documents disagree on numbers, so each has its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Preset {
    /// The default: office hours except for what is urgent.
    Retail,
    /// One rule for all, without any label: fits every taxonomy.
    Plain,
    /// Document 000: an hour for what is urgent, 48 hours for the rest.
    Efficient,
    /// Document 001: 1, 4, 24 hours, then a limit for every stage.
    Guide,
    /// Document 002: 2, 4, 8 hours, closed within a day.
    Online,
    /// Document 004: 30 minutes, 2 hours, 24 hours to a plan.
    Ecommerce,
    /// An authority for market regulation: 7 and 45 working days.
    Regulator,
    /// Banks and insurers: 15 calendar days.
    Finance,
}

impl Preset {
    /// All of them.
    pub const ALL: [Preset; 8] = [
        Preset::Retail,
        Preset::Plain,
        Preset::Efficient,
        Preset::Guide,
        Preset::Online,
        Preset::Ecommerce,
        Preset::Regulator,
        Preset::Finance,
    ];

    /// The name by which people choose it, also the id of the policy.
    pub fn id(self) -> &'static str {
        match self {
            Preset::Retail => "retail",
            Preset::Plain => "plain",
            Preset::Efficient => "efficient",
            Preset::Guide => "guide",
            Preset::Online => "online",
            Preset::Ecommerce => "ecommerce",
            Preset::Regulator => "regulator",
            Preset::Finance => "finance",
        }
    }

    /// The file, a model for one's own.
    pub fn text(self) -> &'static str {
        match self {
            Preset::Retail => include_str!("../presets/retail.toml"),
            Preset::Plain => include_str!("../presets/plain.toml"),
            Preset::Efficient => include_str!("../presets/efficient.toml"),
            Preset::Guide => include_str!("../presets/guide.toml"),
            Preset::Online => include_str!("../presets/online.toml"),
            Preset::Ecommerce => include_str!("../presets/ecommerce.toml"),
            Preset::Regulator => include_str!("../presets/regulator.toml"),
            Preset::Finance => include_str!("../presets/finance.toml"),
        }
    }

    /// The policy, checked against a taxonomy.
    ///
    /// # Errors
    /// [`crate::Error::Deadlines`] where the taxonomy lacks a priority or category that it names.
    pub fn policy(self, taxonomy: &Taxonomy) -> Result<DeadlinePolicy> {
        DeadlinePolicy::parse(self.text(), Path::new(&format!("{}.toml", self.id())), taxonomy)
    }
}

impl DeadlinePolicy {
    /// The retail policy where a taxonomy has its priorities, the plain one for any other.
    pub fn default_for(taxonomy: &Taxonomy) -> Self {
        let plain = |_| Preset::Plain.policy(taxonomy);
        Preset::Retail
            .policy(taxonomy)
            .or_else(plain)
            .expect("the plain policy names no label, so it fits every taxonomy")
    }
}
