//! The routing document as it is written.

use super::Strategy;
use crate::taxonomy::Name;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// A list whose place, and whose values' places, are known.
pub(super) type List = Spanned<Vec<Spanned<String>>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub zone: Option<Spanned<String>>,
    #[serde(default)]
    pub skill: Vec<RawSkill>,
    #[serde(default)]
    pub region: Vec<RawRegion>,
    #[serde(default)]
    pub group: Vec<RawGroup>,
    #[serde(default)]
    pub rule: Vec<RawRule>,
    #[serde(default)]
    pub staff: RawStaff,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSkill {
    pub id: Spanned<String>,
    pub name: Spanned<Name>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRegion {
    pub id: Spanned<String>,
    pub name: Spanned<Name>,
    pub includes: List,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawGroup {
    pub id: Spanned<String>,
    pub name: Spanned<Name>,
    pub department: Spanned<String>,
    pub strategy: Option<Strategy>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRule {
    pub id: Spanned<String>,
    pub reason: Spanned<Name>,
    #[serde(default)]
    pub when: RawWhen,
    pub to: Spanned<RawTo>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawWhen {
    pub band: Option<List>,
    pub category: Option<List>,
    pub department: Option<List>,
    pub priority: Option<List>,
    pub flags: Option<List>,
    pub signals: Option<List>,
    pub channel: Option<List>,
    pub region: Option<List>,
    pub tier: Option<List>,
    pub product: Option<List>,
    pub amount: Option<Spanned<RawAmount>>,
    pub time: Option<Spanned<Vec<Spanned<RawWindow>>>>,
    pub zone: Option<Spanned<String>>,
    pub words: Option<List>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAmount {
    pub min: Option<f64>,
    pub below: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawWindow {
    #[serde(default)]
    pub days: Vec<String>,
    #[serde(default)]
    pub hours: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTo {
    pub triage: Option<bool>,
    pub predicted: Option<bool>,
    pub department: Option<Spanned<String>>,
    pub group: Option<Spanned<String>>,
    pub skills: Option<List>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStaff {
    pub strategy: Option<Strategy>,
    pub bounces: Option<Spanned<usize>>,
    #[serde(default)]
    pub weights: BTreeMap<String, Spanned<u32>>,
}
