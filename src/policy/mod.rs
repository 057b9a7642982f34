//! The rules of a house, as data: what a signal of urgency is worth, where the priority levels begin, how sure a
//! prediction must be. A `policy.toml`, versioned apart from taxonomy and bundle.

mod parse;
mod pattern;
#[cfg(test)]
mod tests;

pub use pattern::Pattern;

use crate::{
    Error, Result,
    classify::Head,
    decide::Bands,
    taxonomy::{Language, Name, Taxonomy},
};
use std::{collections::BTreeMap, path::Path, sync::LazyLock};

/// A signal of urgency that is read off the words.
#[derive(Debug, Clone)]
pub struct Signal {
    pub id: String,
    pub name: Name,
    /// What the signal adds to the urgency when it fires.
    pub points: i32,
    /// The words that are its evidence.
    pub evidence: Pattern,
    /// Places where these words mean something else: evidence that lies inside is none.
    pub except: Option<Pattern>,
    /// Whether negated evidence (没有受伤) counts for nothing.
    pub negatable: bool,
    /// Fires only beside one of these signals; indices of earlier ones. Empty: always.
    pub needs: Vec<usize>,
    /// The least urgent level, an index into the taxonomy's priorities, that a complaint with this signal may have.
    pub floor: Option<usize>,
}

/// Points from a sum on, in yuan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    pub from: f64,
    pub points: i32,
}

/// What the sums in a complaint are worth.
#[derive(Debug, Clone, Default)]
pub struct AmountRule {
    /// Words that say that a sum is lost or claimed; none: every sum is at stake.
    pub stake: Option<Pattern>,
    /// How many characters may stand between such a word and the sum, inside one sentence.
    pub reach: usize,
    /// For the largest sum at stake; rising.
    pub at_stake: Vec<Step>,
    /// For the largest sum that is only named, where none is at stake; rising.
    pub named: Vec<Step>,
    /// For the amount of the order as the channel knows it; rising.
    pub order: Vec<Step>,
}

/// What the model's heads are worth. All lists run parallel to the taxonomy's; an empty one switches a head off.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModelWeights {
    /// Points a unit of log-odds that the complaint is at least this urgent; for every priority but the last.
    pub priority: Vec<f32>,
    /// For every priority but the last, whether the model's own priority settles where it begins: between it and the next one the
    /// points of words count nothing, as they say what the model has read already; those of customer and order do.
    pub settles: Vec<bool>,
    /// Log-odds beyond this count no more.
    pub limit: f32,
    /// Points at probability one.
    pub flags: Vec<f32>,
    /// Points at probability one.
    pub categories: Vec<f32>,
    /// Points at probability one.
    pub departments: Vec<f32>,
    /// Points at probability one and full intensity.
    pub emotions: Vec<f32>,
}

/// How sure a head must be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// The best probability from which no person need look.
    pub auto: f32,
    /// The best probability from which a person only confirms.
    pub suggest: f32,
    /// The lead over the second best below which a person decides.
    pub margin: f32,
}

/// What keeps a complaint from automatic dispatch although the model is sure.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DecideRule {
    /// The heads that must be sure, by name; those that a bundle lacks are passed over.
    pub heads: Vec<Head>,
    /// Signals beside which a person confirms.
    pub confirm_signals: Vec<String>,
    /// Priorities, as indices, at which a person confirms.
    pub confirm_levels: Vec<usize>,
}

/// A checked policy.
#[derive(Debug, Clone)]
pub struct Policy {
    pub id: String,
    pub version: String,
    /// The points from which each priority begins, most urgent first, for all but the last; empty: the model's own
    /// priority decides.
    pub levels: Vec<i32>,
    pub signals: Vec<Signal>,
    pub amount: AmountRule,
    /// Points of a customer's tier, by its name in lower case.
    pub tiers: BTreeMap<String, i32>,
    pub model: ModelWeights,
    /// Where a head has none, a bundle's own bands hold, and without them the default.
    bands: [Option<Thresholds>; 8],
    default_band: Thresholds,
    /// Above which score a text counts as foreign, where the policy says so.
    out_of_scope: Option<f32>,
    pub decide: DecideRule,
}

/// So many points are one unit of log-odds.
pub const POINTS_A_UNIT: f32 = 8.0;

/// Above which score a text counts as foreign where no policy says otherwise: two in a hundred complaints then go to a person
/// for it.
pub const OUT_OF_SCOPE: f32 = 0.98;

const RETAIL: &str = include_str!("retail.toml");
const PLAIN: &str = include_str!("plain.toml");

/// Names of the reasons that no policy defines.
static NAMES: LazyLock<BTreeMap<String, Name>> =
    LazyLock::new(|| toml::from_str(include_str!("names.toml")).expect("the built-in file is checked by a test"));

impl Policy {
    /// Reads a policy and checks it against the taxonomy whose labels it names.
    ///
    /// # Errors
    /// [`Error::File`]; [`Error::Policy`] with the line at fault: unknown keys, labels that the taxonomy does not have,
    /// levels or steps out of order, patterns that do not compile.
    pub fn open(path: &Path, taxonomy: &Taxonomy) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|error| Error::file(path, error))?;
        Self::parse(&text, path, taxonomy)
    }

    /// The same from a text; `path` is only for messages.
    ///
    /// # Errors
    /// As [`Policy::open`].
    pub fn parse(text: &str, path: &Path, taxonomy: &Taxonomy) -> Result<Self> {
        parse::policy(text, taxonomy).map_err(|fault| Error::Policy { path: path.to_owned(), reason: fault.tell(text) })
    }

    /// The built-in policy that fits a taxonomy: the retail one where its labels are the retail ones, a plain one (model's
    /// priority, default bands) for any other.
    pub fn default_for(taxonomy: &Taxonomy) -> Self {
        parse::policy(RETAIL, taxonomy)
            .or_else(|_| parse::policy(PLAIN, taxonomy))
            .expect("the plain policy names no label, so it fits every taxonomy")
    }

    /// How sure a head must be.
    pub fn thresholds(&self, head: Head) -> Thresholds {
        self.bands[head as usize].unwrap_or(self.default_band)
    }

    /// The score above which a text is so foreign that a person decides; at 1 none ever is.
    pub fn out_of_scope(&self) -> f32 {
        self.out_of_scope.unwrap_or(OUT_OF_SCOPE)
    }

    /// Takes over the bands that a bundle brings along, for the heads that the policy itself says nothing about.
    pub fn adopt(&mut self, bands: &Bands) {
        for head in Head::ALL {
            let own = &mut self.bands[head as usize];
            *own = own.or_else(|| bands.thresholds(head, self.default_band.margin));
        }
    }

    /// The signals of all reasons that this policy can give under a taxonomy, for those who want their names beforehand.
    pub fn signal_ids(&self, taxonomy: &Taxonomy) -> Vec<String> {
        let words = self.signals.iter().map(|signal| signal.id.clone());
        let floors = self.signals.iter().filter(|s| s.floor.is_some()).map(|signal| format!("floor.{}", signal.id));
        let flags = taxonomy.flags.iter().map(|flag| format!("model.flag.{}", flag.id));
        let others = NAMES.keys().filter(|id| !["floor", "model.flag"].contains(&id.as_str())).cloned();
        words.chain(floors).chain(flags).chain(others).collect()
    }

    /// What people call the signal of a [`crate::decision::Reason`]; an unknown one keeps its id.
    ///
    /// ```
    /// use fenzhen::{policy::Policy, taxonomy::{Language, Taxonomy}};
    /// let taxonomy = Taxonomy::retail();
    /// let policy = Policy::default_for(&taxonomy);
    /// assert_eq!(policy.signal_name(&taxonomy, "repeat", Language::Zh), "反复投诉无果");
    /// assert_eq!(policy.signal_name(&taxonomy, "model.flag.safety", Language::En), "Model: Safety");
    /// ```
    pub fn signal_name(&self, taxonomy: &Taxonomy, signal: &str, language: Language) -> String {
        if let Some(known) = self.signals.iter().find(|known| known.id == signal) {
            return known.name.get(language).to_owned();
        }
        let named = |key: &str| NAMES.get(key).map(|name| name.get(language));
        if let (Some(id), Some(floor)) = (signal.strip_prefix("floor."), named("floor")) {
            return format!("{floor}: {}", self.signal_name(taxonomy, id, language));
        }
        let flag = signal.strip_prefix("model.flag.").and_then(|id| taxonomy.flag_index(id));
        if let (Some(index), Some(model)) = (flag, named("model.flag")) {
            return format!("{model}: {}", taxonomy.flags[index].name.get(language));
        }
        named(signal).unwrap_or(signal).to_owned()
    }
}
