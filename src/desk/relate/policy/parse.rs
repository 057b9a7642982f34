//! From the file to a checked policy.

use super::RelatePolicy;
use crate::{
    located::{self, Fault},
    policy::Pattern,
};
use jiff::SignedDuration;
use serde::Deserialize;
use toml::Spanned;

/// No house looks back further than ten years.
const MOST_HOURS: u32 = 3660 * 24;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    id: Spanned<String>,
    version: Spanned<String>,
    duplicate: RawDuplicate,
    follow_up: RawFollowUp,
    related: RawRelated,
    wave: RawWave,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDuplicate {
    alike: Spanned<f64>,
    contained: Spanned<f64>,
    hours: Spanned<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFollowUp {
    closed_days: Spanned<u32>,
    similar: Spanned<f64>,
    words: Spanned<Vec<String>>,
    #[serde(default)]
    patterns: Vec<Spanned<String>>,
    #[serde(default)]
    except: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRelated {
    days: Spanned<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWave {
    hours: Spanned<u32>,
    customers: Spanned<u32>,
}

/// Reads and checks.
pub(super) fn policy(text: &str) -> Result<RelatePolicy, Fault> {
    let File { id, version, duplicate, follow_up, related, wave } = located::read(text)?;
    located::identity(&id, &version)?;
    let words = follow_up.words.get_ref();
    if words.iter().any(|word| word.trim().is_empty()) {
        return Err(Fault::at(&follow_up.words, "a word is empty"));
    }
    each_compiles(&follow_up.patterns)?;
    each_compiles(&follow_up.except)?;
    let except = match follow_up.except.is_empty() {
        true => None,
        false => Some(Pattern::new(&[], &owned(&follow_up.except)).map_err(Fault::whole)?),
    };
    let (alike, similar) = (share(&duplicate.alike)?, share(&follow_up.similar)?);
    if similar > alike {
        return Err(Fault::at(&follow_up.similar, "`similar` is above `alike`: nearly the same is more than similar"));
    }
    Ok(RelatePolicy {
        id: id.into_inner(),
        version: version.into_inner(),
        alike,
        contained: share(&duplicate.contained)?,
        duplicate_within: hours(&duplicate.hours, 1)?,
        follow_up_within: hours(&follow_up.closed_days, 24)?,
        similar,
        related_within: hours(&related.days, 24)?,
        wave_within: hours(&wave.hours, 1)?,
        wave_customers: match *wave.customers.get_ref() {
            0 | 1 => return Err(Fault::at(&wave.customers, "`customers` is 2 or more: one is no wave")),
            customers => customers as usize,
        },
        words: Pattern::new(words, &owned(&follow_up.patterns))
            .map_err(|reason| Fault::at(&follow_up.words, reason))?,
        except,
    })
}

fn each_compiles(places: &[Spanned<String>]) -> Result<(), Fault> {
    places.iter().try_for_each(|place| {
        Pattern::new(&[], std::slice::from_ref(place.get_ref())).map_err(|reason| Fault::at(place, reason)).map(drop)
    })
}

fn owned(places: &[Spanned<String>]) -> Vec<String> {
    places.iter().map(|place| place.get_ref().clone()).collect()
}

/// Above 0: at 0 everything would be alike.
fn share(place: &Spanned<f64>) -> Result<f64, Fault> {
    let share = *place.get_ref();
    match share > 0.0 && share <= 1.0 {
        true => Ok(share),
        false => Err(Fault::at(place, format!("{share}; a share is above 0, up to 1"))),
    }
}

fn hours(place: &Spanned<u32>, unit: u32) -> Result<SignedDuration, Fault> {
    let (time, most) = (*place.get_ref(), MOST_HOURS / unit);
    match (1..=most).contains(&time) {
        true => Ok(SignedDuration::from_hours(i64::from(time * unit))),
        false => Err(Fault::at(place, format!("{time}; it is from 1 to {most}"))),
    }
}
