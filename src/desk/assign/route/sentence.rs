//! The sentences that say why a ticket goes where it goes, and why not elsewhere.

use super::{Destination, Field, RoutingTable, Rule, hours};
use crate::taxonomy::Name;
use jiff::ZonedDateTime;

/// So many values are listed; of the others only their number.
const LISTED: usize = 5;

fn both(zh: impl Into<String>, en: impl Into<String>) -> Name {
    Name { zh: zh.into(), en: en.into() }
}

/// What people call a field.
fn field_name(field: Field) -> (&'static str, &'static str) {
    match field {
        Field::Band => ("部门的把握", "certainty of the department"),
        Field::Category => ("类别", "category"),
        Field::Department => ("预测部门", "predicted department"),
        Field::Priority => ("优先级", "priority"),
        Field::Flags => ("标记", "flags"),
        Field::Signals => ("信号", "signals"),
        Field::Channel => ("渠道", "channel"),
        Field::Region => ("地区", "region"),
        Field::Tier => ("客户等级", "customer tier"),
        Field::Product => ("商品", "product"),
        Field::Amount => ("金额", "amount"),
        Field::Time => ("时间", "time"),
        Field::Words => ("用词", "words"),
    }
}

fn listed(names: &[Name]) -> (String, String) {
    let shown = &names[..names.len().min(LISTED)];
    let mut zh = shown.iter().map(|name| format!("「{}」", name.zh)).collect::<Vec<_>>().join("、");
    let mut en = shown.iter().map(|name| format!("\"{}\"", name.en)).collect::<Vec<_>>().join(", ");
    if names.len() > LISTED {
        zh += &format!(" 等 {} 项", names.len());
        en += &format!(" and {} more", names.len() - LISTED);
    }
    (zh, en)
}

pub(super) fn is(field: Field, value: &Name) -> Name {
    let (zh, en) = field_name(field);
    both(format!("{zh}：「{}」", value.zh), format!("{en}: \"{}\"", value.en))
}

/// The values are others, or none.
pub(super) fn is_not(field: Field, values: &[Name], wanted: &[Name]) -> Name {
    let (zh, en) = field_name(field);
    let (wanted_zh, wanted_en) = listed(wanted);
    if values.is_empty() {
        return both(
            format!("没有{zh}信息，规则只管{wanted_zh}"),
            format!("no {en} known; the rule is for {wanted_en}"),
        );
    }
    let (values_zh, values_en) = listed(values);
    both(format!("{zh}是{values_zh}，规则只管{wanted_zh}"), format!("{en}: {values_en}; the rule is for {wanted_en}"))
}

pub(super) fn is_absent(field: Field) -> Name {
    let (zh, en) = field_name(field);
    both(format!("没有可用的{zh}"), format!("there is no {en} that is known here"))
}

pub(super) fn amount(amount: f64) -> Name {
    both(format!("金额 {amount} 元"), format!("amount {amount} yuan"))
}

pub(super) fn amount_outside(amount: Option<f64>, min: Option<f64>, below: Option<f64>) -> Name {
    let (wanted_zh, wanted_en) = match (min, below) {
        (Some(min), Some(below)) => {
            (format!("{min} 元起、不到 {below} 元"), format!("{min} yuan or more, below {below}"))
        }
        (Some(min), None) => (format!("{min} 元起"), format!("{min} yuan or more")),
        (None, Some(below)) => (format!("不到 {below} 元"), format!("below {below} yuan")),
        (None, None) => ("任何金额".into(), "any amount".into()),
    };
    match amount {
        Some(amount) => both(
            format!("金额是 {amount} 元，规则只管{wanted_zh}"),
            format!("the amount is {amount} yuan; the rule is for {wanted_en}"),
        ),
        None => {
            both(format!("没有金额信息，规则只管{wanted_zh}"), format!("no amount known; the rule is for {wanted_en}"))
        }
    }
}

pub(super) fn time(local: &ZonedDateTime) -> Name {
    let (zh, en) = hours::shown(local);
    both(format!("来件时间 {zh}"), format!("received {en}"))
}

pub(super) fn time_outside(local: Option<&ZonedDateTime>, wanted: &Name) -> Name {
    let Name { zh: wanted_zh, en: wanted_en } = wanted;
    match local.map(hours::shown) {
        Some((zh, en)) => {
            both(format!("来件时间 {zh}，规则只管{wanted_zh}"), format!("received {en}; the rule is for {wanted_en}"))
        }
        None => both(
            format!("没有来件时间，规则只管{wanted_zh}"),
            format!("no time of receipt known; the rule is for {wanted_en}"),
        ),
    }
}

pub(super) fn word(word: &str) -> Name {
    both(format!("文中有「{word}」"), format!("the text says \"{word}\""))
}

pub(super) fn no_word() -> Name {
    both("文中没有规则列出的词", "none of the rule's words stand in the text")
}

pub(super) fn earlier(rule: &Rule) -> Name {
    both(
        format!("条件也都满足，但规则「{}」（第 {} 行）在前", rule.id, rule.line),
        format!("all its conditions hold too, but rule \"{}\" (line {}) stands before it", rule.id, rule.line),
    )
}

pub(super) fn as_predicted(department: &Name) -> Name {
    both(
        format!("没有规则另作安排，按预测派往「{}」", department.zh),
        format!("no rule says otherwise: to \"{}\", as predicted", department.en),
    )
}

pub(super) fn unsure(department: &Name, band: &Name) -> Name {
    both(
        format!("部门「{}」的把握只到「{}」，没有规则另作安排，由人工从候选部门中选定", department.zh, band.zh),
        format!(
            "department \"{}\" is only sure to the band \"{}\" and no rule says otherwise: a person chooses among the candidates",
            department.en, band.en
        ),
    )
}

pub(super) fn foreign() -> Name {
    both(
        "文字不像投诉，预测作不得准，也没有规则另作安排，由人工选定",
        "the text does not look like a complaint, so what is predicted means little, and no rule says otherwise: a person chooses",
    )
}

pub(super) fn unknown_department() -> Name {
    both(
        "没有预测出本机构的部门，也没有规则另作安排，由人工选定",
        "no department of this house was predicted and no rule says otherwise: a person chooses",
    )
}

pub(super) fn destination(table: &RoutingTable, destination: &Destination) -> Name {
    let Destination::Department { department, group, skills } = destination else {
        return both("人工分诊队列", "human triage queue");
    };
    let mut name = table.vocabulary.name(Field::Department, department);
    if let Some(group) = table.groups.iter().find(|known| Some(&known.id) == group.as_ref()) {
        name = both(format!("{} › {}", name.zh, group.name.zh), format!("{} › {}", name.en, group.name.en));
    }
    let names: Vec<Name> =
        skills.iter().map(|id| table.skills.get(id).cloned().unwrap_or_else(|| both(id, id))).collect();
    if names.is_empty() {
        return name;
    }
    let joined = |pick: fn(&Name) -> &str, with: &str| names.iter().map(pick).collect::<Vec<_>>().join(with);
    both(
        format!("{}（{}）", name.zh, joined(|name| &name.zh, "、")),
        format!("{} ({})", name.en, joined(|name| &name.en, ", ")),
    )
}
