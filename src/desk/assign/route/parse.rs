//! From the document to a checked table.

use super::{
    Action, Condition, Destination, Field, Group, RoutingTable, Rule, StaffRule, Strategy, Vocabulary,
    condition::Test,
    document::{Document, RawGroup, RawRegion, RawRule, RawSkill, RawStaff, RawTo},
    reach,
    when::{self, Context, Region, distinct, unknown},
};
use crate::{
    desk::assign::staff::Level,
    located::{self, Fault},
    taxonomy::Name,
};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use toml::Spanned;

/// Where wall clocks are read unless the document says otherwise.
const ZONE: &str = "Asia/Shanghai";

/// What a ticket weighs at most: enough to say that one takes an agent's whole capacity.
const HEAVIEST: u32 = 100;

/// Reads and checks.
pub(super) fn table(text: &str, vocabulary: &Vocabulary) -> Result<RoutingTable, Fault> {
    let document: Document = located::read(text)?;
    let zone = match &document.zone {
        Some(zone) => when::zone_of(zone)?,
        None => TimeZone::get(ZONE).map_err(|_| Fault::whole(format!("this machine has no time zone {ZONE}")))?,
    };
    let mut warnings = unused(text, &document);
    let skills = skills(document.skill)?;
    let staff = staff(document.staff, &skills, vocabulary)?;
    let groups = groups(document.group, staff.strategy, vocabulary)?;
    let regions = regions(document.region)?;
    let context = Context { vocabulary, regions: &regions, zone: &zone };
    let mut rules: Vec<Rule> = Vec::with_capacity(document.rule.len());
    for raw in document.rule {
        new_id("rule", &raw.id, rules.iter().map(|rule| rule.id.as_str()))?;
        filled("reason", &raw.reason)?;
        let mut conditions = context.conditions(&raw.when)?;
        let action = action(&raw.to, &groups, &skills, vocabulary)?;
        let silent = conditions.iter().all(|one| one.field != Field::Department);
        if silent && matches!(action, Action::Predicted { .. }) {
            conditions.push(Condition { field: Field::Department, test: Test::Known });
            conditions.sort_by_key(|one| one.field);
        }
        let line = located::line(text, raw.id.span().start);
        rules.push(Rule { id: raw.id.into_inner(), line, reason: raw.reason.into_inner(), conditions, action });
    }
    warnings.extend(reach::unreachable(&rules));
    warnings.sort_by_key(|(line, _)| *line);
    let warnings = warnings.into_iter().map(|(line, warning)| format!("line {line}: {warning}")).collect();
    Ok(RoutingTable { zone, groups, skills, rules, staff, warnings, vocabulary: vocabulary.clone() })
}

/// Groups, skills and regions that no rule names, each with its line.
fn unused(text: &str, document: &Document) -> Vec<(usize, String)> {
    type Named = fn(&RawRule) -> Vec<&Spanned<String>>;
    let regions: Named = |rule| rule.when.region.iter().flat_map(|list| list.get_ref()).collect();
    let groups: Named = |rule| rule.to.get_ref().group.iter().collect();
    let skills: Named = |rule| rule.to.get_ref().skills.iter().flat_map(|list| list.get_ref()).collect();
    let declared = (document.skill.iter().map(|skill| ("skill", &skill.id, skills)))
        .chain(document.region.iter().map(|region| ("region", &region.id, regions)))
        .chain(document.group.iter().map(|group| ("group", &group.id, groups)));
    declared
        .filter(|(_, id, named)| {
            !document.rule.iter().any(|rule| named(rule).iter().any(|it| it.get_ref() == id.get_ref()))
        })
        .map(|(what, id, _)| {
            (located::line(text, id.span().start), format!("no rule names the {what} `{}`", id.get_ref()))
        })
        .collect()
}

fn skills(raw: Vec<RawSkill>) -> Result<BTreeMap<String, Name>, Fault> {
    let mut skills = BTreeMap::new();
    for skill in raw {
        new_id("skill", &skill.id, skills.keys().map(String::as_str))?;
        filled("name", &skill.name)?;
        skills.insert(skill.id.into_inner(), skill.name.into_inner());
    }
    Ok(skills)
}

fn regions(raw: Vec<RawRegion>) -> Result<Vec<Region>, Fault> {
    let mut regions: Vec<Region> = Vec::with_capacity(raw.len());
    for region in raw {
        new_id("region", &region.id, regions.iter().map(|region| region.id.as_str()))?;
        filled("name", &region.name)?;
        let patterns = when::patterns("includes", &region.includes)?;
        regions.push(Region { id: region.id.into_inner(), name: region.name.into_inner(), patterns });
    }
    Ok(regions)
}

fn groups(raw: Vec<RawGroup>, strategy: Strategy, vocabulary: &Vocabulary) -> Result<Vec<Group>, Fault> {
    let mut groups: Vec<Group> = Vec::with_capacity(raw.len());
    for group in raw {
        new_id("group", &group.id, groups.iter().map(|group| group.id.as_str()))?;
        filled("name", &group.name)?;
        groups.push(Group {
            department: department(&group.department, vocabulary)?,
            id: group.id.into_inner(),
            name: group.name.into_inner(),
            strategy: group.strategy.unwrap_or(strategy),
        });
    }
    Ok(groups)
}

/// Weights are given for all priorities or for none; then every ticket weighs 1.
fn staff(raw: RawStaff, skills: &BTreeMap<String, Name>, vocabulary: &Vocabulary) -> Result<StaffRule, Fault> {
    let priorities = vocabulary.ids(Field::Priority);
    for (id, weight) in &raw.weights {
        if !priorities.contains(&id.as_str()) {
            return Err(Fault::at(weight, unknown("priority", id, &priorities)));
        }
        if !(1..=HEAVIEST).contains(weight.get_ref()) {
            return Err(Fault::at(weight, format!("a weight is a whole number from 1 to {HEAVIEST}")));
        }
    }
    let weight = |id: &str| match raw.weights.get(id) {
        Some(weight) => Ok(*weight.get_ref()),
        None if raw.weights.is_empty() => Ok(1),
        None => Err(Fault::whole(format!("[staff.weights] lacks `{id}`"))),
    };
    if let Some(never) = raw.bounces.as_ref().filter(|bounces| *bounces.get_ref() == 0) {
        return Err(Fault::at(never, "`bounces` is at least 1: a ticket that was never bounced needs no supervisor"));
    }
    let standard = StaffRule::default();
    Ok(StaffRule {
        strategy: raw.strategy.unwrap_or(standard.strategy),
        bounces: raw.bounces.map_or(standard.bounces, Spanned::into_inner),
        levels: priorities
            .iter()
            .map(|id| Ok(Level { id: (*id).into(), weight: weight(id)? }))
            .collect::<Result<_, _>>()?,
        skills: skills.clone(),
    })
}

fn action(
    to: &Spanned<RawTo>,
    groups: &[Group],
    known: &BTreeMap<String, Name>,
    vocabulary: &Vocabulary,
) -> Result<Action, Fault> {
    let RawTo { triage, predicted, department: place, group, skills } = to.get_ref();
    let skills = match skills {
        None => Vec::new(),
        Some(list) => {
            let mut skills = distinct("skills", list)?;
            if let Some(odd) = list.get_ref().iter().find(|skill| !known.contains_key(skill.get_ref())) {
                let known: Vec<&str> = known.keys().map(String::as_str).collect();
                return Err(Fault::at(odd, unknown("skill", odd.get_ref(), &known)));
            }
            skills.sort();
            skills
        }
    };
    match (triage, predicted, place, group) {
        (Some(true), None, None, None) if skills.is_empty() => Ok(Action::Triage),
        (Some(true), None, None, None) => Err(Fault::at(to, "people in the triage queue are not chosen by skill")),
        (None, Some(true), None, None) => Ok(Action::Predicted { skills }),
        (None, None, Some(place), None) => {
            let department = department(place, vocabulary)?;
            Ok(Action::Fixed(Destination::Department { department, group: None, skills }))
        }
        (None, None, None, Some(id)) => {
            let group = groups.iter().find(|group| group.id == *id.get_ref()).ok_or_else(|| {
                let known: Vec<&str> = groups.iter().map(|group| group.id.as_str()).collect();
                Fault::at(id, unknown("group", id.get_ref(), &known))
            })?;
            let (department, group) = (group.department.clone(), Some(group.id.clone()));
            Ok(Action::Fixed(Destination::Department { department, group, skills }))
        }
        _ => Err(Fault::at(
            to,
            "`to` needs exactly one of `department`, `group` (it brings its department), `predicted = true` and `triage = true`",
        )),
    }
}

fn department(id: &Spanned<String>, vocabulary: &Vocabulary) -> Result<String, Fault> {
    let known = vocabulary.ids(Field::Department);
    if known.contains(&id.get_ref().as_str()) {
        Ok(id.get_ref().clone())
    } else {
        Err(Fault::at(id, unknown("department", id.get_ref(), &known)))
    }
}

fn new_id<'a>(what: &str, id: &Spanned<String>, mut before: impl Iterator<Item = &'a str>) -> Result<(), Fault> {
    let text = id.get_ref().as_str();
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-');
    if text.is_empty() || !text.bytes().all(fits) {
        return Err(Fault::at(id, format!("bad {what} id `{text}`: a-z, 0-9, `_` and `-`")));
    }
    if before.any(|known| known == text) {
        return Err(Fault::at(id, format!("{what} `{text}` stands here for the second time")));
    }
    Ok(())
}

fn filled(what: &str, name: &Spanned<Name>) -> Result<(), Fault> {
    let Name { zh, en } = name.get_ref();
    if zh.trim().is_empty() || en.trim().is_empty() {
        return Err(Fault::at(name, format!("the {what} needs a text in `zh` and in `en`")));
    }
    Ok(())
}
