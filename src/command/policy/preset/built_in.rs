//! All rules that are built in, whatever they are about.

use crate::{
    desk::{
        assign::presets::Preset as Routing,
        clock::{Calendar, Preset as Deadlines},
        incident::Preset as Incidents,
        relate::RelatePolicy,
        ticket::TicketPolicy,
    },
    taxonomy::Name,
};

/// The taxonomy that is meant where none is named.
pub const USUAL_TAXONOMY: &str = "retail-v1";

/// What rules are about; the file of a kind in a folder of rules is called after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    Routing,
    Deadlines,
    Calendar,
    Incidents,
    Tickets,
    Relate,
}

impl Kind {
    /// The stable name.
    pub fn id(self) -> &'static str {
        match self {
            Kind::Routing => "routing",
            Kind::Deadlines => "deadlines",
            Kind::Calendar => "calendar",
            Kind::Incidents => "incidents",
            Kind::Tickets => "tickets",
            Kind::Relate => "relate",
        }
    }
}

/// Rules that are built in.
pub struct BuiltIn {
    pub kind: Kind,
    pub id: &'static str,
    /// For whom or what, in a few words.
    pub about: Name,
    /// The id of the taxonomy whose labels they name; none where they name no label.
    pub taxonomy: Option<&'static str>,
    /// The file.
    pub text: &'static str,
    /// Example tickets as CSV.
    pub examples: Option<&'static str>,
}

impl BuiltIn {
    /// All of them, by kind.
    pub fn all() -> Vec<BuiltIn> {
        let plain = |kind, id, (zh, en): (&str, &str), text| BuiltIn {
            kind,
            id,
            about: Name { zh: zh.into(), en: en.into() },
            taxonomy: None,
            text,
            examples: None,
        };
        let usual = |preset| BuiltIn { taxonomy: Some(USUAL_TAXONOMY), ..preset };
        let routing = Routing::all().map(|preset| BuiltIn {
            kind: Kind::Routing,
            id: preset.id,
            about: preset.name,
            taxonomy: Some(preset.taxonomy),
            text: preset.document,
            examples: Some(preset.examples),
        });
        let deadlines = Deadlines::ALL.map(|preset| {
            let built_in = plain(Kind::Deadlines, preset.id(), about_deadlines(preset), preset.text());
            if names_labels(preset) { usual(built_in) } else { built_in }
        });
        let calendars = [
            (
                "office",
                ("中国大陆办公时间，含法定节假日与调休", "Office hours in China, with public holidays"),
                Calendar::OFFICE,
            ),
            ("always", ("全天候", "Around the clock"), Calendar::ALWAYS),
        ];
        let calendars = calendars.map(|(id, about, text)| plain(Kind::Calendar, id, about, text));
        let incidents = Incidents::ALL.map(|preset| match preset {
            Incidents::Retail => usual(plain(Kind::Incidents, preset.id(), RETAIL, preset.text())),
            Incidents::Plain => plain(Kind::Incidents, preset.id(), PLAIN, preset.text()),
        });
        let tickets = [
            usual(plain(Kind::Tickets, "retail", RETAIL, TicketPolicy::RETAIL)),
            plain(Kind::Tickets, "plain", PLAIN, TicketPolicy::PLAIN),
        ];
        let relate = [plain(
            Kind::Relate,
            "default",
            ("重复投诉与后续来访的判断", "What is a duplicate or a follow-up"),
            RelatePolicy::BUILT_IN,
        )];
        routing.into_iter().chain(deadlines).chain(calendars).chain(incidents).chain(tickets).chain(relate).collect()
    }
}

const RETAIL: (&str, &str) = ("零售平台", "Retail platform");
const PLAIN: (&str, &str) = ("不涉及标签，适合任何分类体系", "Without labels: fits every taxonomy");

fn about_deadlines(preset: Deadlines) -> (&'static str, &'static str) {
    match preset {
        Deadlines::Retail => RETAIL,
        Deadlines::Plain => PLAIN,
        Deadlines::Efficient => {
            ("高效处理：紧急 1 小时响应，其余 48 小时办结", "Efficient: urgent in 1 h, all done in 48 h")
        }
        Deadlines::Guide => ("指南：1、4、24 小时响应，各环节限时", "Guide: 1, 4, 24 h, and a limit for every stage"),
        Deadlines::Online => ("在线客服：2、4、8 小时响应，一天办结", "Online service: 2, 4, 8 h, closed within a day"),
        Deadlines::Ecommerce => ("电商：30 分钟、2 小时、24 小时出方案", "E-commerce: 30 min, 2 h, 24 h to a plan"),
        Deadlines::Regulator => {
            ("市场监管：7 个工作日受理，45 个工作日办结", "Market regulation: 7 and 45 working days")
        }
        Deadlines::Finance => ("银行保险：15 日内作出处理决定", "Banks and insurers: 15 calendar days"),
    }
}

/// Whether a policy of deadlines fits only a taxonomy that has its priorities.
fn names_labels(preset: Deadlines) -> bool {
    !matches!(preset, Deadlines::Plain | Deadlines::Regulator | Deadlines::Finance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{desk::House, policy::Policy, taxonomy::Taxonomy};
    use std::path::Path;

    #[test]
    fn each_fits_the_taxonomy_that_the_list_names_and_those_without_labels_fit_any() {
        let retail = Taxonomy::retail();
        let hotline = Taxonomy::open(Path::new("datasets/taxonomies/citizen-7dept.toml")).unwrap();
        // A desk needs priorities; these have nothing else in common with those of retail.
        let other = "[[priorities]]\nid = 'p1'\nname = { zh = '急', en = 'Urgent' }\n";
        let other = std::fs::read_to_string("datasets/taxonomies/citizen-7dept.toml").unwrap() + other;
        let other = Taxonomy::parse(&other, Path::new("other.toml")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        for preset in BuiltIn::all() {
            let name = format!("{}.toml", preset.kind.id());
            let path = folder.path().join(&name);
            std::fs::write(&path, preset.text).unwrap();
            let fits =
                |taxonomy: &Taxonomy| House::check_file(&name, &path, taxonomy, &Policy::default_for(taxonomy)).is_ok();
            let (kind, id) = (preset.kind.id(), preset.id);
            assert_eq!(fits(&retail), preset.taxonomy.is_none_or(|taxonomy| taxonomy == USUAL_TAXONOMY), "{kind} {id}");
            assert_eq!(fits(&other), preset.taxonomy.is_none_or(|taxonomy| taxonomy == hotline.id), "{kind} {id}");
        }
    }
}
