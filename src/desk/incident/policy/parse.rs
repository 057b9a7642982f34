//! From the file to a checked policy.

use super::{ClusterRule, Consequence, FierceRule, IncidentPolicy, RepeatRule, SurgeRule};
use crate::{
    located::{self, Fault},
    taxonomy::{Label, Name, Taxonomy},
};
use jiff::SignedDuration;
use serde::Deserialize;
use std::{collections::BTreeSet, fmt::Display};
use toml::Spanned;

/// No rule looks back further than a year.
const MOST_HOURS: u32 = 366 * 24;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    id: Spanned<String>,
    version: Spanned<String>,
    repeat: Option<RawRepeat>,
    #[serde(default)]
    fierce: Vec<RawFierce>,
    cluster: Option<RawCluster>,
    surge: Option<RawSurge>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRepeat {
    count: Spanned<u32>,
    hours: Spanned<u32>,
    then: RawThen,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFierce {
    id: Spanned<String>,
    #[serde(default)]
    emotions: Vec<Spanned<String>>,
    intensity: Option<Spanned<f32>>,
    #[serde(default)]
    signals: Vec<Spanned<String>>,
    #[serde(default)]
    flags: Vec<Spanned<String>>,
    then: RawThen,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCluster {
    count: Spanned<u32>,
    customers: Spanned<u32>,
    hours: Spanned<u32>,
    quiet_hours: Spanned<u32>,
    then: RawThen,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSurge {
    false_alarms_a_month: Spanned<f64>,
    groups: bool,
    least: Spanned<u32>,
    history_days: Spanned<u32>,
    learning_days: Spanned<u32>,
    fade: Spanned<f64>,
    quiet_hours: Spanned<u32>,
    then: RawThen,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawThen {
    raise_to: Option<Spanned<String>>,
    level: Spanned<u8>,
    notify: Vec<Spanned<String>>,
}

struct Labels<'a> {
    taxonomy: &'a Taxonomy,
    signals: &'a [(String, Name)],
}

/// Reads and checks.
pub(super) fn policy(text: &str, taxonomy: &Taxonomy, signals: &[(String, Name)]) -> Result<IncidentPolicy, Fault> {
    let file: File = located::read(text)?;
    located::identity(&file.id, &file.version)?;
    let labels = Labels { taxonomy, signals };
    let mut ids = BTreeSet::new();
    if let Some(twice) = file.fierce.iter().find(|rule| !ids.insert(rule.id.get_ref())) {
        return Err(Fault::at(&twice.id, format!("a second rule `{}`", twice.id.get_ref())));
    }
    Ok(IncidentPolicy {
        repeat: file.repeat.as_ref().map(|raw| labels.repeat(raw)).transpose()?,
        fierce: file.fierce.iter().map(|raw| labels.fierce(raw)).collect::<Result<_, _>>()?,
        cluster: file.cluster.as_ref().map(|raw| labels.cluster(raw)).transpose()?,
        surge: file.surge.as_ref().map(|raw| labels.surge(raw)).transpose()?,
        id: file.id.into_inner(),
        version: file.version.into_inner(),
    })
}

impl Labels<'_> {
    fn repeat(&self, raw: &RawRepeat) -> Result<RepeatRule, Fault> {
        Ok(RepeatRule {
            count: within(&raw.count, 2, 1000)? as usize,
            window: hours(&raw.hours)?,
            then: self.then(&raw.then)?,
        })
    }

    fn fierce(&self, raw: &RawFierce) -> Result<FierceRule, Fault> {
        if !is_id(raw.id.get_ref()) {
            return Err(Fault::at(&raw.id, format!("bad id `{}`: a-z, 0-9 and `_`", raw.id.get_ref())));
        }
        if raw.emotions.is_empty() && raw.signals.is_empty() && raw.flags.is_empty() {
            return Err(Fault::at(&raw.id, "the rule names no emotion, signal or flag, so it never fires"));
        }
        let top = self.taxonomy.intensity_levels.saturating_sub(1) as f32;
        let intensity = match &raw.intensity {
            None => 0.0,
            Some(place) => within(place, 0.0, top)?,
        };
        let emotions = self.taxonomy.emotions.iter().map(|emotion| &emotion.label);
        let ids = self.signals.iter().map(|(id, name)| (id.as_str(), name));
        Ok(FierceRule {
            id: raw.id.get_ref().clone(),
            emotions: named("the taxonomy has no emotion", &raw.emotions, plain(emotions))?,
            intensity,
            signals: named("the classifier's policy has no signal", &raw.signals, ids)?,
            flags: named("the taxonomy has no flag", &raw.flags, plain(self.taxonomy.flags.iter()))?,
            then: self.then(&raw.then)?,
        })
    }

    fn cluster(&self, raw: &RawCluster) -> Result<ClusterRule, Fault> {
        let count = within(&raw.count, 2, 10_000)?;
        Ok(ClusterRule {
            count: count as usize,
            customers: within(&raw.customers, 1, count)? as usize,
            window: hours(&raw.hours)?,
            quiet: hours(&raw.quiet_hours)?,
            then: self.then(&raw.then)?,
        })
    }

    fn surge(&self, raw: &RawSurge) -> Result<SurgeRule, Fault> {
        let history_days = within(&raw.history_days, 14, 366)?;
        Ok(SurgeRule {
            false_alarms_a_month: within(&raw.false_alarms_a_month, 0.001, 100.0)?,
            groups: raw.groups,
            least: within(&raw.least, 2, 10_000)?.into(),
            history_days,
            // Every hour of the week at least twice.
            learning_days: within(&raw.learning_days, 14, history_days)?,
            fade: within(&raw.fade, 0.8, 1.0)?,
            quiet: hours(&raw.quiet_hours)?,
            then: self.then(&raw.then)?,
        })
    }

    fn then(&self, raw: &RawThen) -> Result<Consequence, Fault> {
        if let Some(place) = &raw.raise_to
            && self.taxonomy.priority_index(place.get_ref()).is_none()
        {
            return Err(Fault::at(place, format!("the taxonomy has no priority `{}`", place.get_ref())));
        }
        if let Some(bad) = raw.notify.iter().find(|role| !is_id(role.get_ref())) {
            return Err(Fault::at(bad, format!("bad role `{}`: a-z, 0-9 and `_`", bad.get_ref())));
        }
        Ok(Consequence {
            raise_to: raw.raise_to.as_ref().map(|place| place.get_ref().clone()),
            level: within(&raw.level, 1, 9)?,
            notify: raw.notify.iter().map(|role| role.get_ref().clone()).collect(),
        })
    }
}

fn plain<'a>(labels: impl Iterator<Item = &'a Label>) -> impl Iterator<Item = (&'a str, &'a Name)> {
    labels.map(|label| (label.id.as_str(), &label.name))
}

/// The labels that are asked for, with their names.
fn named<'a>(
    missing: &str,
    wanted: &[Spanned<String>],
    known: impl Iterator<Item = (&'a str, &'a Name)>,
) -> Result<Vec<(String, Name)>, Fault> {
    let known: Vec<(&str, &Name)> = known.collect();
    let find = |place: &Spanned<String>| match known.iter().find(|(id, _)| id == place.get_ref()) {
        Some((id, name)) => Ok(((*id).to_owned(), (*name).clone())),
        None => Err(Fault::at(place, format!("{missing} `{}`", place.get_ref()))),
    };
    wanted.iter().map(find).collect()
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn hours(place: &Spanned<u32>) -> Result<SignedDuration, Fault> {
    Ok(SignedDuration::from_hours(within(place, 1, MOST_HOURS)?.into()))
}

fn within<T: PartialOrd + Copy + Display>(place: &Spanned<T>, least: T, most: T) -> Result<T, Fault> {
    let value = *place.get_ref();
    match value >= least && value <= most {
        true => Ok(value),
        false => Err(Fault::at(place, format!("{value}; it is from {least} to {most}"))),
    }
}
