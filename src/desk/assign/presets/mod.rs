//! Routing tables to begin with, one for each kind of organisation, each with its examples. Copy one and change it.

#[cfg(test)]
pub(in crate::desk::assign) mod tests;

use crate::taxonomy::Name;

/// A routing document with the examples that it passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preset {
    pub id: &'static str,
    pub name: Name,
    /// The id of the taxonomy whose labels the rules name.
    pub taxonomy: &'static str,
    /// The routing document, TOML.
    pub document: &'static str,
    /// The example table, CSV.
    pub examples: &'static str,
}

impl Preset {
    /// All presets.
    pub fn all() -> [Preset; 4] {
        let name = |zh: &str, en: &str| Name { zh: zh.into(), en: en.into() };
        [
            Preset {
                id: "retail",
                name: name("零售平台", "Retail platform"),
                taxonomy: "retail-v1",
                document: include_str!("retail.toml"),
                examples: include_str!("retail.csv"),
            },
            Preset {
                id: "chain",
                name: name("单一品牌连锁门店", "Single-brand shop chain"),
                taxonomy: "retail-v1",
                document: include_str!("chain.toml"),
                examples: include_str!("chain.csv"),
            },
            Preset {
                id: "fresh",
                name: name("外卖与生鲜电商", "Food delivery and fresh goods"),
                taxonomy: "retail-v1",
                document: include_str!("fresh.toml"),
                examples: include_str!("fresh.csv"),
            },
            Preset {
                id: "hotline",
                name: name("城市服务热线", "City hotline"),
                taxonomy: "citizen-7dept",
                document: include_str!("hotline.toml"),
                examples: include_str!("hotline.csv"),
            },
        ]
    }

    /// The preset of an id.
    pub fn find(id: &str) -> Option<Preset> {
        Preset::all().into_iter().find(|preset| preset.id == id)
    }
}
