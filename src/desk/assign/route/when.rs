//! From what stands under `when` to conditions.

use super::{
    Condition, Field, Vocabulary,
    condition::Test,
    document::{List, RawAmount, RawWhen, RawWindow},
    facts::band_id,
    hours::{self, WeekHours},
    text::TextPattern,
};
use crate::{decision::Band, located::Fault, policy::Pattern, taxonomy::Name};
use jiff::tz::TimeZone;
use std::collections::BTreeSet;
use toml::Spanned;

/// A named region: its display name and what belongs to it.
pub(super) struct Region {
    pub id: String,
    pub name: Name,
    pub patterns: Vec<TextPattern>,
}

/// What conditions are read with.
pub(super) struct Context<'a> {
    pub vocabulary: &'a Vocabulary,
    pub regions: &'a [Region],
    pub zone: &'a TimeZone,
}

impl Context<'_> {
    /// The conditions in the order of [`Field`].
    pub(super) fn conditions(&self, when: &RawWhen) -> Result<Vec<Condition>, Fault> {
        let labels = [
            (Field::Category, &when.category),
            (Field::Department, &when.department),
            (Field::Priority, &when.priority),
            (Field::Flags, &when.flags),
            (Field::Signals, &when.signals),
            (Field::Channel, &when.channel),
            (Field::Region, &when.region),
            (Field::Tier, &when.tier),
            (Field::Product, &when.product),
        ];
        let mut conditions = vec![self.band(when.band.as_ref())?];
        for (field, list) in labels {
            let Some(list) = list else { continue };
            let test = match field {
                Field::Region if !self.regions.is_empty() => self.regions_of(list)?,
                _ if self.vocabulary.is_free(field) => texts(field, list)?,
                _ => self.labels(field, list)?,
            };
            conditions.push(Condition { field, test });
        }
        if let Some(amount) = &when.amount {
            conditions.push(Condition { field: Field::Amount, test: amount_of(amount)? });
        }
        conditions.extend(self.hours(when)?);
        if let Some(list) = &when.words {
            conditions.push(Condition { field: Field::Words, test: words(list)? });
        }
        Ok(conditions)
    }

    /// Without a band, only what is sure.
    fn band(&self, list: Option<&List>) -> Result<Condition, Fault> {
        let auto = || {
            let id = band_id(Band::Auto).to_owned();
            Test::Labels { written: vec![id.clone()], ids: [id].into() }
        };
        let test = list.map_or_else(|| Ok(auto()), |list| self.labels(Field::Band, list))?;
        Ok(Condition { field: Field::Band, test })
    }

    fn labels(&self, field: Field, list: &List) -> Result<Test, Fault> {
        let written = distinct(field.key(), list)?;
        let mut ids = BTreeSet::new();
        for id in list.get_ref() {
            let meant = self.vocabulary.expand(field, id.get_ref());
            if meant.is_empty() {
                return Err(Fault::at(id, unknown(field.key(), id.get_ref(), &self.vocabulary.ids(field))));
            }
            ids.extend(meant);
        }
        Ok(Test::Labels { written, ids })
    }

    fn regions_of(&self, list: &List) -> Result<Test, Fault> {
        distinct(Field::Region.key(), list)?;
        let (mut shown, mut patterns) = (Vec::new(), Vec::new());
        for id in list.get_ref() {
            let region = self.regions.iter().find(|region| region.id == *id.get_ref()).ok_or_else(|| {
                let known: Vec<&str> = self.regions.iter().map(|region| region.id.as_str()).collect();
                Fault::at(id, unknown("region", id.get_ref(), &known))
            })?;
            shown.push(region.name.clone());
            patterns.extend(region.patterns.iter().cloned());
        }
        Ok(Test::Texts { shown, patterns })
    }

    fn hours(&self, when: &RawWhen) -> Result<Option<Condition>, Fault> {
        let Some(windows) = &when.time else {
            return match &when.zone {
                Some(zone) => Err(Fault::at(zone, "`when.zone` says how `when.time` is read, and there is none")),
                None => Ok(None),
            };
        };
        if windows.get_ref().is_empty() {
            return Err(Fault::at(windows, "`time` is empty; leave it out for any time"));
        }
        let zone = when.zone.as_ref().map_or_else(|| Ok(self.zone.clone()), zone_of)?;
        for window in windows.get_ref() {
            let RawWindow { days, hours } = window.get_ref();
            if days.is_empty() && hours.is_empty() {
                return Err(Fault::at(window, "a window of `time` needs `days`, `hours` or both"));
            }
            WeekHours::new(zone.clone(), &[(days.clone(), hours.clone())]).map_err(|why| Fault::at(window, why))?;
        }
        let plain: Vec<_> =
            windows.get_ref().iter().map(|w| (w.get_ref().days.clone(), w.get_ref().hours.clone())).collect();
        let hours = WeekHours::new(zone, &plain).map_err(|why| Fault::at(windows, why))?;
        Ok(Some(Condition { field: Field::Time, test: Test::Hours { shown: hours::windows_shown(&plain), hours } }))
    }
}

/// The zone of an IANA name.
pub(super) fn zone_of(name: &Spanned<String>) -> Result<TimeZone, Fault> {
    let unknown = || format!("unknown time zone `{}`; the form is Asia/Shanghai", name.get_ref());
    TimeZone::get(name.get_ref()).map_err(|_| Fault::at(name, unknown()))
}

/// The patterns of a list of free texts.
pub(super) fn patterns(what: &str, list: &List) -> Result<Vec<TextPattern>, Fault> {
    distinct(what, list)?;
    list.get_ref().iter().map(|value| TextPattern::new(value.get_ref()).map_err(|why| Fault::at(value, why))).collect()
}

/// The values of a list that holds at least one and none twice.
pub(super) fn distinct(what: &str, list: &List) -> Result<Vec<String>, Fault> {
    let mut values: Vec<String> = Vec::with_capacity(list.get_ref().len());
    for value in list.get_ref() {
        if values.contains(value.get_ref()) {
            return Err(Fault::at(value, format!("`{}` stands twice in `{what}`", value.get_ref())));
        }
        values.push(value.get_ref().clone());
    }
    if values.is_empty() { Err(Fault::at(list, format!("`{what}` is empty; leave it out"))) } else { Ok(values) }
}

/// What to say of an id that is none.
pub(super) fn unknown(what: &str, id: &str, known: &[&str]) -> String {
    if known.is_empty() {
        format!("unknown {what} `{id}`; there are none here")
    } else {
        format!("unknown {what} `{id}`; there are {}", known.join(", "))
    }
}

fn texts(field: Field, list: &List) -> Result<Test, Fault> {
    let patterns = patterns(field.key(), list)?;
    let shown = list.get_ref().iter().map(|v| Name { zh: v.get_ref().clone(), en: v.get_ref().clone() }).collect();
    Ok(Test::Texts { shown, patterns })
}

fn amount_of(amount: &Spanned<RawAmount>) -> Result<Test, Fault> {
    let RawAmount { min, below } = *amount.get_ref();
    let bad = |why: &str| Err(Fault::at(amount, format!("`amount`: {why}")));
    if min.is_none() && below.is_none() {
        return bad("give `min`, `below` or both");
    }
    if min.into_iter().chain(below).any(|sum| !sum.is_finite() || sum < 0.0) {
        return bad("sums are numbers from 0 on");
    }
    match (min, below) {
        (Some(min), Some(below)) if min >= below => bad("`min` must lie below `below`"),
        (None, Some(0.0)) => bad("nothing lies below 0"),
        _ => Ok(Test::Amount { min, below }),
    }
}

fn words(list: &List) -> Result<Test, Fault> {
    let words = distinct("words", list)?;
    if let Some(empty) = list.get_ref().iter().find(|word| word.get_ref().trim().is_empty()) {
        return Err(Fault::at(empty, "a word is empty"));
    }
    let pattern = Pattern::new(&words, &[]).map_err(|why| Fault::at(list, why))?;
    Ok(Test::Words { words: words.iter().map(|word| word.to_lowercase()).collect(), pattern })
}
