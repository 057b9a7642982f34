//! From the file to a checked policy.

use super::{Clock, ClockRule, Conditions, DeadlinePolicy, EscalationRule, Restart, Rule, Wanted};
use crate::{
    desk::clock::{
        budget::{DayEnd, DayRules, WorkingDays},
        event::{EventKind, PauseReason},
        span::Span,
    },
    located::{self, Fault},
    taxonomy::{Name, Taxonomy},
};
use serde::Deserialize;
use std::collections::BTreeSet;
use toml::Spanned;

type Text = Option<Spanned<String>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    id: Spanned<String>,
    version: Spanned<String>,
    #[serde(default)]
    warning: RawWarning,
    #[serde(default)]
    days: RawDays,
    #[serde(default)]
    clocks: RawClocks,
    rules: Vec<Spanned<RawRule>>,
    #[serde(default)]
    escalations: Vec<Spanned<RawEscalation>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawWarning {
    left_percent: Option<Spanned<u8>>,
    #[serde(default)]
    to: Vec<Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawDays {
    count_start_day: Option<bool>,
    working_days: Option<WorkingDays>,
    end: Option<DayEnd>,
    roll_forward: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawClocks {
    first_response: Option<Spanned<RawClock>>,
    plan: Option<Spanned<RawClock>>,
    resolution: Option<Spanned<RawClock>>,
    approval: Option<Spanned<RawClock>>,
    feedback: Option<Spanned<RawClock>>,
    survey: Option<Spanned<RawClock>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawClock {
    start: Option<Vec<EventKind>>,
    stop: Option<Vec<EventKind>>,
    pauses: Option<Vec<PauseReason>>,
    restart: Option<Restart>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    priority: Text,
    category: Text,
    channel: Text,
    first_response: Text,
    plan: Text,
    resolution: Text,
    approval: Text,
    feedback: Text,
    survey: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEscalation {
    clock: Option<Clock>,
    priority: Text,
    category: Text,
    channel: Text,
    level: Spanned<u8>,
    after: Spanned<String>,
    to: Vec<Spanned<String>>,
}

/// Reads and checks.
pub(super) fn policy(text: &str, taxonomy: &Taxonomy) -> Result<DeadlinePolicy, Fault> {
    let file: File = located::read(text)?;
    located::identity(&file.id, &file.version)?;
    let warn_left = match &file.warning.left_percent {
        None => 20,
        Some(percent) if *percent.get_ref() < 100 => *percent.get_ref(),
        Some(percent) => return Err(Fault::at(percent, "`left_percent` is from 0 to 99")),
    };
    Ok(DeadlinePolicy {
        id: file.id.into_inner(),
        version: file.version.into_inner(),
        warn_left,
        warn_to: roles(&file.warning.to)?,
        days: day_rules(&file.days),
        clocks: clocks(&file.clocks)?,
        rules: rules(&file.rules, taxonomy)?,
        escalations: escalations(&file.escalations, taxonomy)?,
    })
}

fn day_rules(raw: &RawDays) -> DayRules {
    let default = DayRules::default();
    DayRules {
        count_start_day: raw.count_start_day.unwrap_or(default.count_start_day),
        working_days: raw.working_days.unwrap_or(default.working_days),
        end: raw.end.unwrap_or(default.end),
        roll_forward: raw.roll_forward.unwrap_or(default.roll_forward),
    }
}

fn clocks(raw: &RawClocks) -> Result<[ClockRule; 6], Fault> {
    let own = [&raw.first_response, &raw.plan, &raw.resolution, &raw.approval, &raw.feedback, &raw.survey];
    let mut clocks = Clock::ALL.map(ClockRule::default_for);
    for (rule, place) in clocks.iter_mut().zip(own) {
        let Some(place) = place else { continue };
        let own = place.get_ref();
        *rule = ClockRule {
            start: own.start.clone().unwrap_or_else(|| rule.start.clone()),
            stop: own.stop.clone().unwrap_or_else(|| rule.stop.clone()),
            pauses: own.pauses.clone().unwrap_or_else(|| rule.pauses.clone()),
            restart: own.restart.unwrap_or(rule.restart),
        };
        if rule.start.is_empty() || rule.stop.is_empty() {
            return Err(Fault::at(place, "a clock needs events that start it and events that stop it"));
        }
        if rule.start.iter().any(|event| rule.stop.contains(event)) {
            return Err(Fault::at(place, "the same event cannot both start and stop a clock"));
        }
    }
    Ok(clocks)
}

fn rules(raw: &[Spanned<RawRule>], taxonomy: &Taxonomy) -> Result<Vec<Rule>, Fault> {
    let mut rules: Vec<Rule> = Vec::with_capacity(raw.len());
    for place in raw {
        let own = place.get_ref();
        let conditions = conditions([&own.category, &own.channel, &own.priority], taxonomy)?;
        let mut spans = [None; 6];
        let texts = [&own.first_response, &own.plan, &own.resolution, &own.approval, &own.feedback, &own.survey];
        for ((clock, span), text) in Clock::ALL.into_iter().zip(&mut spans).zip(texts) {
            let Some(text) = text else { continue };
            let said = |rule: &Rule| rule.conditions == conditions && rule.spans[clock as usize].is_some();
            if rules.iter().any(said) {
                return Err(Fault::at(text, format!("an earlier rule for the same complaints has a `{}`", clock.id())));
            }
            *span = Some(target(text)?);
        }
        if spans.iter().all(Option::is_none) {
            return Err(Fault::at(place, "the rule names no clock, such as `resolution`"));
        }
        rules.push(Rule { conditions, spans });
    }
    if rules.is_empty() {
        return Err(Fault::whole("there are no [[rules]]: no complaint would have a deadline"));
    }
    Ok(rules)
}

/// A span, or none where the text is `none`.
fn target(text: &Spanned<String>) -> Result<Option<Span>, Fault> {
    if text.get_ref() == "none" {
        return Ok(None);
    }
    match span(text)? {
        span if span.count() == 0 => Err(Fault::at(text, "nobody can be that quick; `none` switches the clock off")),
        span => Ok(Some(span)),
    }
}

fn escalations(raw: &[Spanned<RawEscalation>], taxonomy: &Taxonomy) -> Result<Vec<EscalationRule>, Fault> {
    let mut rules: Vec<EscalationRule> = Vec::with_capacity(raw.len());
    for place in raw {
        let own = place.get_ref();
        let rule = EscalationRule {
            clock: own.clock,
            conditions: conditions([&own.category, &own.channel, &own.priority], taxonomy)?,
            level: *own.level.get_ref(),
            after: span(&own.after)?,
            to: roles(&own.to)?,
        };
        if rule.level == 0 {
            return Err(Fault::at(&own.level, "levels begin at 1"));
        }
        if rule.to.is_empty() {
            return Err(Fault::at(place, "the escalation goes to nobody: `to` is empty"));
        }
        let same = |other: &EscalationRule| {
            (other.level, other.clock, &other.conditions) == (rule.level, rule.clock, &rule.conditions)
        };
        if rules.iter().any(same) {
            return Err(Fault::at(&own.level, format!("level {} stands here for the second time", rule.level)));
        }
        rules.push(rule);
    }
    Ok(rules)
}

fn span(text: &Spanned<String>) -> Result<Span, Fault> {
    text.get_ref().parse().map_err(|reason: String| Fault::at(text, reason))
}

fn roles(texts: &[Spanned<String>]) -> Result<Vec<String>, Fault> {
    let good = |role: &str| {
        !role.is_empty() && role.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    match texts.iter().find(|text| !good(text.get_ref())) {
        Some(bad) => Err(Fault::at(bad, format!("bad role `{}`: a-z, 0-9 and `_`", bad.get_ref()))),
        None => Ok(texts.iter().map(|text| text.get_ref().clone()).collect()),
    }
}

/// What a rule asks for, by category or group, channel and priority.
fn conditions([category, channel, priority]: [&Text; 3], taxonomy: &Taxonomy) -> Result<Conditions, Fault> {
    let mut conditions = Conditions::default();
    if let Some(place) = category {
        let id = place.get_ref();
        if let Some(index) = taxonomy.category_index(id) {
            conditions.category = Some(wanted([id], &taxonomy.categories[index].label.name));
        } else if let Some(index) = taxonomy.group_index(id) {
            let leaves = taxonomy.categories.iter().filter(|leaf| leaf.group == Some(index));
            let leaves = leaves.map(|leaf| &leaf.label.id);
            conditions.group = Some(wanted(leaves, &taxonomy.groups[index].name));
        } else {
            return Err(Fault::at(
                place,
                format!("unknown category `{id}`; the taxonomy {} has none such", taxonomy.id),
            ));
        }
    }
    if let Some(place) = channel {
        let channel = place.get_ref().trim().to_lowercase();
        if channel.is_empty() {
            return Err(Fault::at(place, "the channel is empty"));
        }
        conditions.channel = Some(channel);
    }
    if let Some(place) = priority {
        let id = place.get_ref();
        let index = taxonomy.priority_index(id).ok_or_else(|| {
            let known: Vec<&str> = taxonomy.priorities.iter().map(|level| level.label.id.as_str()).collect();
            Fault::at(place, format!("unknown priority `{id}`; there are {}", known.join(", ")))
        })?;
        conditions.priority = Some(wanted([id], &taxonomy.priorities[index].label.name));
    }
    Ok(conditions)
}

fn wanted<'a>(ids: impl IntoIterator<Item = &'a String>, name: &Name) -> Wanted {
    Wanted { ids: ids.into_iter().cloned().collect::<BTreeSet<_>>(), name: name.clone() }
}
