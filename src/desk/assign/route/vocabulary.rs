//! The labels that rules may name, with what people call them.

use super::Field;
use crate::{
    policy::Policy,
    taxonomy::{Label, Language, Name, Taxonomy},
};
use std::collections::BTreeMap;

/// A leaf of the category tree.
#[derive(Debug, Clone)]
struct Leaf {
    name: Name,
    group: Option<String>,
}

/// The labels that rules are checked against. A field without labels cannot be a condition; free texts (regions,
/// products, and tiers where none are given) are not checked.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    leaves: BTreeMap<String, Leaf>,
    groups: BTreeMap<String, Name>,
    labels: BTreeMap<Field, Vec<(String, Name)>>,
}

/// The channels of an intake.
const CHANNELS: [(&str, &str, &str); 10] = [
    ("phone", "电话", "phone"),
    ("app", "App", "app"),
    ("web", "网页", "web"),
    ("mini-program", "小程序", "mini-program"),
    ("wechat", "微信", "WeChat"),
    ("weibo", "微博", "Weibo"),
    ("douyin", "抖音", "Douyin"),
    ("email", "邮件", "e-mail"),
    ("chat", "在线客服", "chat"),
    ("store", "门店", "store"),
];

const BANDS: [(&str, &str, &str); 3] =
    [("auto", "自动", "auto"), ("suggest", "建议", "suggest"), ("review", "复核", "review")];

impl Vocabulary {
    /// The labels of a taxonomy, with the usual channels. Signals and tiers are the policy's: [`Vocabulary::with`].
    pub fn of(taxonomy: &Taxonomy) -> Self {
        let plain = |labels: &[Label]| labels.iter().map(|l| (l.id.clone(), l.name.clone())).collect::<Vec<_>>();
        let leaf = |index: usize| {
            let category = &taxonomy.categories[index];
            let path = |language| taxonomy.category_path(index, language).join(" › ");
            let name = Name { zh: path(Language::Zh), en: path(Language::En) };
            let group = category.group.map(|group| taxonomy.groups[group].id.clone());
            (category.label.id.clone(), Leaf { name, group })
        };
        let priorities: Vec<Label> = taxonomy.priorities.iter().map(|p| p.label.clone()).collect();
        let vocabulary = Vocabulary {
            leaves: (0..taxonomy.categories.len()).map(leaf).collect(),
            groups: plain(&taxonomy.groups).into_iter().collect(),
            labels: BTreeMap::new(),
        };
        vocabulary
            .with(Field::Band, fixed(&BANDS))
            .with(Field::Channel, fixed(&CHANNELS))
            .with(Field::Department, plain(&taxonomy.departments))
            .with(Field::Priority, plain(&priorities))
            .with(Field::Flags, plain(&taxonomy.flags))
    }

    /// The labels of a taxonomy and the signals of a policy. Tiers are free text: channels name them as they like.
    pub fn under(taxonomy: &Taxonomy, policy: &Policy) -> Self {
        let signals = policy.signals.iter().map(|signal| (signal.id.clone(), signal.name.clone()));
        Vocabulary::of(taxonomy).with(Field::Signals, signals)
    }

    /// Says which labels a field has: ids and names, priorities with the most urgent first.
    pub fn with(mut self, field: Field, labels: impl IntoIterator<Item = (String, Name)>) -> Self {
        self.labels.insert(field, labels.into_iter().collect());
        self
    }

    /// The ids of a field in their order; of categories the leaves.
    pub fn ids(&self, field: Field) -> Vec<&str> {
        match field {
            Field::Category => self.leaves.keys().map(String::as_str).collect(),
            _ => self.labels.get(&field).into_iter().flatten().map(|(id, _)| id.as_str()).collect(),
        }
    }

    /// Whether the values of a field are checked at all.
    pub(super) fn is_free(&self, field: Field) -> bool {
        match field {
            Field::Region | Field::Product | Field::Amount | Field::Time | Field::Words => true,
            Field::Tier => self.ids(field).is_empty(),
            _ => false,
        }
    }

    /// What an id stands for: itself, or of a category group or the beginning of a category's dotted id its leaves. Empty
    /// where there is no such label.
    pub(super) fn expand(&self, field: Field, id: &str) -> Vec<String> {
        if field != Field::Category {
            return self.ids(field).into_iter().filter(|known| *known == id).map(str::to_owned).collect();
        }
        let below = |leaf: &str| leaf.strip_prefix(id).is_some_and(|rest| rest.starts_with('.'));
        let leaves = self.leaves.iter();
        let meant = leaves.filter(|(leaf, facts)| *leaf == id || facts.group.as_deref() == Some(id) || below(leaf));
        meant.map(|(leaf, _)| leaf.clone()).collect()
    }

    /// What people call a label; an unknown one keeps its id.
    pub(super) fn name(&self, field: Field, id: &str) -> Name {
        let known = match field {
            Field::Category => self.leaves.get(id).map(|leaf| &leaf.name).or_else(|| self.groups.get(id)),
            _ => self.labels.get(&field).into_iter().flatten().find(|(known, _)| known == id).map(|(_, name)| name),
        };
        known.cloned().unwrap_or_else(|| Name { zh: id.into(), en: id.into() })
    }
}

fn fixed(labels: &[(&str, &str, &str)]) -> Vec<(String, Name)> {
    labels.iter().map(|&(id, zh, en)| (id.into(), Name { zh: zh.into(), en: en.into() })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_stands_for_itself_and_a_group_for_its_leaves() {
        let vocabulary = Vocabulary::of(&Taxonomy::retail());
        assert_eq!(vocabulary.expand(Field::Category, "delivery.late"), ["delivery.late"]);
        assert_eq!(vocabulary.expand(Field::Category, "delivery").len(), 4);
        assert!(vocabulary.expand(Field::Category, "deliver").is_empty());
        assert!(vocabulary.expand(Field::Category, "").is_empty());
        assert_eq!(vocabulary.name(Field::Category, "delivery.late").zh, "配送问题 › 延迟送达");
        assert_eq!(vocabulary.name(Field::Category, "delivery").en, "Delivery");
    }

    #[test]
    fn priorities_keep_their_order() {
        assert_eq!(Vocabulary::of(&Taxonomy::retail()).ids(Field::Priority), ["high", "medium", "low"]);
    }
}
