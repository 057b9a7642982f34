//! From the file to a checked policy.

use super::{AmountRule, DecideRule, ModelWeights, Pattern, Policy, Signal, Step, Thresholds};
use crate::{
    classify::Head,
    located::{self, Fault},
    taxonomy::{Name, Taxonomy},
};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// Keys keep their place in the file through the value's: a label and what it is worth.
type Table<T> = BTreeMap<String, Spanned<T>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    id: Spanned<String>,
    version: Spanned<String>,
    #[serde(default)]
    levels: Table<i32>,
    #[serde(default)]
    signals: Vec<RawSignal>,
    #[serde(default)]
    amount: RawAmount,
    #[serde(default)]
    tiers: Table<i32>,
    #[serde(default)]
    model: RawModel,
    bands: Table<RawThresholds>,
    decide: RawDecide,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSignal {
    id: Spanned<String>,
    name: Name,
    points: i32,
    #[serde(default)]
    words: Vec<String>,
    #[serde(default)]
    patterns: Vec<Spanned<String>>,
    #[serde(default)]
    except: Vec<Spanned<String>>,
    #[serde(default = "yes")]
    negatable: bool,
    #[serde(default)]
    needs: Vec<Spanned<String>>,
    #[serde(default)]
    floor: Option<Spanned<String>>,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawAmount {
    #[serde(default)]
    stake: Vec<String>,
    #[serde(default)]
    reach: usize,
    #[serde(default)]
    at_stake: Vec<RawStep>,
    #[serde(default)]
    named: Vec<RawStep>,
    #[serde(default)]
    order: Vec<RawStep>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStep {
    from: Spanned<f64>,
    points: i32,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawModel {
    #[serde(default)]
    limit: f32,
    #[serde(default)]
    priority: Table<f32>,
    #[serde(default)]
    settles: Vec<Spanned<String>>,
    #[serde(default)]
    flags: Table<f32>,
    #[serde(default)]
    categories: Table<f32>,
    #[serde(default)]
    departments: Table<f32>,
    #[serde(default)]
    emotions: Table<f32>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(deny_unknown_fields)]
struct RawThresholds {
    auto: f32,
    suggest: f32,
    margin: f32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDecide {
    heads: Vec<Spanned<String>>,
    #[serde(default)]
    confirm_signals: Vec<Spanned<String>>,
    #[serde(default)]
    confirm_levels: Vec<Spanned<String>>,
    #[serde(default)]
    out_of_scope: Option<Spanned<f32>>,
}

/// Reads and checks.
pub(super) fn policy(text: &str, taxonomy: &Taxonomy) -> Result<Policy, Fault> {
    let file: File = located::read(text)?;
    located::identity(&file.id, &file.version)?;
    let priorities: Vec<&str> = taxonomy.priorities.iter().map(|p| p.label.id.as_str()).collect();
    let signals = signals(file.signals, &priorities)?;
    let out_of_scope = file.decide.out_of_scope.as_ref().map(share).transpose()?;
    let decide = decide(file.decide, &signals, &priorities)?;
    let (default_band, bands) = bands(&file.bands)?;
    Ok(Policy {
        id: file.id.into_inner(),
        version: file.version.into_inner(),
        levels: levels(&file.levels, &priorities)?,
        amount: amount(file.amount)?,
        tiers: file.tiers.into_iter().map(|(tier, points)| (tier.to_lowercase(), points.into_inner())).collect(),
        model: model(&file.model, taxonomy, &priorities)?,
        bands,
        default_band,
        out_of_scope,
        signals,
        decide,
    })
}

/// One begin a priority but the last, falling from the most urgent on.
fn levels(table: &Table<i32>, priorities: &[&str]) -> Result<Vec<i32>, Fault> {
    let begins = by_label("priority", table, priorities)?;
    let Some((last, above)) = begins.split_last() else { return Ok(Vec::new()) };
    if table.is_empty() {
        return Ok(Vec::new());
    }
    if let Some(place) = last {
        return Err(Fault::at(place, "the least urgent level has no begin: it is what remains"));
    }
    let mut levels: Vec<i32> = Vec::with_capacity(above.len());
    for (begin, id) in above.iter().zip(priorities) {
        let begin = begin.ok_or_else(|| Fault::whole(format!("[levels] lacks `{id}`")))?;
        if levels.last().is_some_and(|more_urgent| more_urgent <= begin.get_ref()) {
            return Err(Fault::at(begin, format!("`{id}` must begin below the more urgent level")));
        }
        levels.push(*begin.get_ref());
    }
    Ok(levels)
}

fn signals(raw: Vec<RawSignal>, priorities: &[&str]) -> Result<Vec<Signal>, Fault> {
    let mut signals: Vec<Signal> = Vec::with_capacity(raw.len());
    for entry in raw {
        let id = entry.id.get_ref().clone();
        if id.is_empty() || !id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
            return Err(Fault::at(&entry.id, format!("bad signal id `{id}`: a-z, 0-9 and `_`")));
        }
        if signals.iter().any(|signal| signal.id == id) {
            return Err(Fault::at(&entry.id, format!("signal `{id}` stands here for the second time")));
        }
        if entry.words.iter().any(|word| word.trim().is_empty()) {
            return Err(Fault::at(&entry.id, format!("signal `{id}` has an empty word")));
        }
        if entry.words.is_empty() && entry.patterns.is_empty() {
            return Err(Fault::at(&entry.id, format!("signal `{id}` has neither words nor patterns")));
        }
        let evidence = pattern(&entry.words, &entry.patterns)?
            .ok_or_else(|| Fault::at(&entry.id, format!("the words of signal `{id}` are too many")))?;
        let needs = entry
            .needs
            .iter()
            .map(|need| {
                signals
                    .iter()
                    .position(|signal| signal.id == *need.get_ref())
                    .ok_or_else(|| Fault::at(need, format!("no signal `{}` stands before `{id}`", need.get_ref())))
            })
            .collect::<Result<Vec<_>, _>>()?;
        signals.push(Signal {
            name: entry.name,
            points: entry.points,
            evidence,
            except: pattern(&[], &entry.except)?,
            negatable: entry.negatable,
            needs,
            floor: entry.floor.as_ref().map(|level| known("priority", level, priorities)).transpose()?,
            id,
        });
    }
    Ok(signals)
}

/// Each expression is tried alone first, so that a fault is told at its own line. Nothing to match gives none.
fn pattern(words: &[String], expressions: &[Spanned<String>]) -> Result<Option<Pattern>, Fault> {
    for expression in expressions {
        Pattern::new(&[], std::slice::from_ref(expression.get_ref()))
            .map_err(|reason| Fault::at(expression, format!("bad pattern: {}", reason.replace('\n', " "))))?;
    }
    let plain: Vec<String> = expressions.iter().map(|expression| expression.get_ref().clone()).collect();
    Ok(Pattern::new(words, &plain).ok())
}

fn amount(raw: RawAmount) -> Result<AmountRule, Fault> {
    let stake = if raw.stake.is_empty() { None } else { Pattern::new(&raw.stake, &[]).map_err(Fault::whole)?.into() };
    Ok(AmountRule {
        stake,
        reach: raw.reach,
        at_stake: steps(&raw.at_stake)?,
        named: steps(&raw.named)?,
        order: steps(&raw.order)?,
    })
}

fn steps(raw: &[RawStep]) -> Result<Vec<Step>, Fault> {
    let mut steps: Vec<Step> = Vec::with_capacity(raw.len());
    for step in raw {
        let from = *step.from.get_ref();
        if !(from.is_finite() && from > 0.0) || steps.last().is_some_and(|before| before.from >= from) {
            return Err(Fault::at(&step.from, "steps must rise from a sum above 0"));
        }
        steps.push(Step { from, points: step.points });
    }
    Ok(steps)
}

fn model(raw: &RawModel, taxonomy: &Taxonomy, priorities: &[&str]) -> Result<ModelWeights, Fault> {
    let departments: Vec<&str> = taxonomy.departments.iter().map(|d| d.id.as_str()).collect();
    let categories: Vec<&str> = taxonomy.categories.iter().map(|c| c.label.id.as_str()).collect();
    let flags: Vec<&str> = taxonomy.flags.iter().map(|f| f.id.as_str()).collect();
    let emotions: Vec<&str> = taxonomy.emotions.iter().map(|e| e.label.id.as_str()).collect();
    let above_last = &priorities[..priorities.len().saturating_sub(1)];
    let settled = raw.settles.iter().map(|level| known("priority (the last begins nowhere)", level, above_last));
    let settled: Vec<usize> = settled.collect::<Result<_, _>>()?;
    Ok(ModelWeights {
        settles: (0..above_last.len()).map(|level| settled.contains(&level)).collect(),
        priority: weights("priority (the last needs none)", &raw.priority, above_last)?,
        limit: if raw.limit > 0.0 { raw.limit } else { f32::INFINITY },
        flags: weights("flag", &raw.flags, &flags)?,
        categories: weights("category", &raw.categories, &categories)?,
        departments: weights("department", &raw.departments, &departments)?,
        emotions: weights("emotion", &raw.emotions, &emotions)?,
    })
}

/// One weight a label, 0 where the table is silent; empty where the table is.
fn weights(what: &str, table: &Table<f32>, labels: &[&str]) -> Result<Vec<f32>, Fault> {
    if table.is_empty() {
        return Ok(Vec::new());
    }
    let places = by_label(what, table, labels)?;
    if let Some(odd) = table.values().find(|weight| !weight.get_ref().is_finite()) {
        return Err(Fault::at(odd, "a weight must be a finite number"));
    }
    Ok(places.into_iter().map(|place| place.map_or(0.0, |weight| *weight.get_ref())).collect())
}

/// The default, and what each head has of its own.
fn bands(table: &Table<RawThresholds>) -> Result<(Thresholds, [Option<Thresholds>; 8]), Fault> {
    let names: Vec<&str> = ["default"].into_iter().chain(Head::ALL.map(Head::name)).collect();
    let places = by_label("head", table, &names)?;
    let default = places[0].ok_or_else(|| Fault::whole("[bands] lacks `default`"))?;
    let checked = |place: &Spanned<RawThresholds>| {
        let RawThresholds { auto, suggest, margin } = *place.get_ref();
        if !(0.0..=1.0).contains(&suggest) || !(suggest..=1.0).contains(&auto) || !(0.0..=1.0).contains(&margin) {
            return Err(Fault::at(place, "thresholds must hold 0 <= suggest <= auto <= 1 and 0 <= margin <= 1"));
        }
        Ok(Thresholds { auto, suggest, margin })
    };
    let mut bands = [None; 8];
    for (own, place) in bands.iter_mut().zip(&places[1..]) {
        *own = place.map(checked).transpose()?;
    }
    Ok((checked(default)?, bands))
}

fn share(place: &Spanned<f32>) -> Result<f32, Fault> {
    match place.get_ref() {
        share if (0.0..=1.0).contains(share) => Ok(*share),
        _ => Err(Fault::at(place, "out_of_scope lies between 0 (everything is foreign) and 1 (nothing is)")),
    }
}

fn decide(raw: RawDecide, signals: &[Signal], priorities: &[&str]) -> Result<DecideRule, Fault> {
    let names = Head::ALL.map(Head::name);
    let ids: Vec<&str> = signals.iter().map(|signal| signal.id.as_str()).collect();
    let heads = raw.heads.iter().map(|head| Ok(Head::ALL[known("head", head, &names)?])).collect::<Result<_, _>>()?;
    for signal in &raw.confirm_signals {
        known("signal", signal, &ids)?;
    }
    Ok(DecideRule {
        heads,
        confirm_signals: raw.confirm_signals.into_iter().map(Spanned::into_inner).collect(),
        confirm_levels: raw
            .confirm_levels
            .iter()
            .map(|level| known("priority", level, priorities))
            .collect::<Result<_, _>>()?,
    })
}

/// The entries of a table in the order of the labels; a key that is no label is a fault.
fn by_label<'t, T>(what: &str, table: &'t Table<T>, labels: &[&str]) -> Result<Vec<Option<&'t Spanned<T>>>, Fault> {
    if let Some((key, place)) = table.iter().find(|(key, _)| !labels.contains(&key.as_str())) {
        return Err(Fault::at(place, unknown(what, key, labels)));
    }
    Ok(labels.iter().map(|label| table.get(*label)).collect())
}

fn known(what: &str, id: &Spanned<String>, labels: &[&str]) -> Result<usize, Fault> {
    labels
        .iter()
        .position(|label| label == id.get_ref())
        .ok_or_else(|| Fault::at(id, unknown(what, id.get_ref(), labels)))
}

fn unknown(what: &str, id: &str, labels: &[&str]) -> String {
    if labels.is_empty() {
        format!("unknown {what} `{id}`; the taxonomy has none")
    } else {
        format!("unknown {what} `{id}`; there are {}", labels.join(", "))
    }
}
