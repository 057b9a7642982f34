//! From the file to a checked calendar.

use super::{Calendar, holidays::Holidays, hours::Hours};
use crate::{
    located::{self, Fault},
    taxonomy::Name,
};
use jiff::tz::{TimeZone, offset};
use serde::Deserialize;
use toml::Spanned;

type List = Option<Vec<Spanned<String>>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    id: Spanned<String>,
    name: Name,
    time_zone: Option<Spanned<String>>,
    holidays: Option<Spanned<String>>,
    week: Spanned<Week>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Week {
    /// Monday to Friday, where the day has no hours of its own.
    weekdays: List,
    /// All seven, where neither the day nor `weekdays` has any.
    every_day: List,
    monday: List,
    tuesday: List,
    wednesday: List,
    thursday: List,
    friday: List,
    saturday: List,
    sunday: List,
    /// Public holidays and company holidays; without it they are closed.
    holiday: List,
    /// Make-up days; without it they are like the first of Monday to Friday that has hours.
    make_up: List,
}

/// Reads and checks.
pub(super) fn calendar(text: &str) -> Result<Calendar, Fault> {
    let file: File = located::read(text)?;
    if file.id.get_ref().trim().is_empty() {
        return Err(Fault::at(&file.id, "the id is empty"));
    }
    let holidays = match file.holidays.as_ref().map(|place| (place, place.get_ref().as_str())) {
        None | Some((_, "cn")) => Holidays::china(),
        Some((_, "none")) => Holidays::none(),
        Some((place, other)) => {
            return Err(Fault::at(place, format!("unknown holidays `{other}`; there are cn, none")));
        }
    };
    let zone = match &file.time_zone {
        None => zone("Asia/Shanghai").expect("this zone is built in"),
        Some(place) => zone(place.get_ref()).ok_or_else(|| {
            let name = place.get_ref();
            Fault::at(
                place,
                format!("unknown time zone `{name}`; names are like Asia/Shanghai, from the system's tzdata"),
            )
        })?,
    };
    let raw = file.week.get_ref();
    let week = week(raw)?;
    if week.iter().all(Hours::is_closed) {
        return Err(Fault::at(&file.week, "the week has no working time"));
    }
    let make_up = match &raw.make_up {
        Some(list) => Hours::parse(list)?,
        None => week[..5].iter().find(|hours| !hours.is_closed()).cloned().unwrap_or_default(),
    };
    let holiday = Hours::parse(raw.holiday.as_deref().unwrap_or_default())?;
    Ok(Calendar::new(file.id.into_inner(), file.name, zone, week, holiday, make_up, holidays))
}

/// Hours from Monday to Sunday.
fn week(raw: &Week) -> Result<[Hours; 7], Fault> {
    let own = [&raw.monday, &raw.tuesday, &raw.wednesday, &raw.thursday, &raw.friday, &raw.saturday, &raw.sunday];
    let mut week: [Hours; 7] = Default::default();
    for (index, (hours, own)) in week.iter_mut().zip(own).enumerate() {
        let weekdays = raw.weekdays.as_ref().filter(|_| index < 5);
        let list = own.as_ref().or(weekdays).or(raw.every_day.as_ref());
        *hours = Hours::parse(list.map_or(&[], Vec::as_slice))?;
    }
    Ok(week)
}

/// A zone by its IANA name. The default one does without the system's tzdata, which a small container may lack: China has
/// had one offset since its last summer time in 1991.
fn zone(name: &str) -> Option<TimeZone> {
    let fixed = || (name == "Asia/Shanghai").then(|| TimeZone::fixed(offset(8)));
    TimeZone::get(name).ok().or_else(fixed)
}
