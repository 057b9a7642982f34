//! Public holidays, make-up working days (调休) and the days that an organisation adds or replaces.

use super::hours::Hours;
use crate::{
    located::{self, Fault},
    taxonomy::Name,
};
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};
use toml::Spanned;

/// More days than this in one range are a slip of the pen.
const LONGEST_RANGE: i32 = 366;

/// What a day is that does not follow its weekday.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecialDay {
    /// The holiday that it is, or that it makes up for.
    pub name: Name,
    /// Whether work is done although the weekday says otherwise (调休, extra days).
    pub working: bool,
    /// Hours of its own; none: those that the calendar has for such days.
    pub hours: Option<Hours>,
}

/// The special days that are known, and the years whose public holidays are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Holidays {
    /// Whether a year that is not known is worth a warning: not for a calendar that has no public holidays.
    public: bool,
    years: BTreeSet<i16>,
    days: BTreeMap<Date, SpecialDay>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    years: Vec<RawYear>,
    #[serde(default)]
    days: Vec<RawDays>,
}

/// Where a year's days were announced is for the reader of the file: both must be there, neither is used.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawYear {
    year: Spanned<i16>,
    #[serde(rename = "source")]
    _source: String,
    #[serde(default, rename = "note")]
    _note: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDays {
    name: Spanned<Name>,
    #[serde(default)]
    off: Vec<Spanned<String>>,
    #[serde(default)]
    working: Vec<Spanned<String>>,
    /// Days that are as their weekday says after all.
    #[serde(default)]
    regular: Vec<Spanned<String>>,
    /// Of the working days.
    hours: Option<Vec<Spanned<String>>>,
}

impl Holidays {
    /// No public holidays, and no warning about it.
    pub(super) fn none() -> Self {
        Self::default()
    }

    /// Mainland China, as far as announced when this was built.
    pub(super) fn china() -> Self {
        let public = Holidays { public: true, ..Self::default() };
        public.overlay(include_str!("../holidays-cn.toml")).expect("the built-in file is checked by a test")
    }

    /// These, with the days of a text in place of those of the same date, and its years known beside these.
    pub(super) fn overlay(&self, text: &str) -> Result<Self, Fault> {
        let file: File = located::read(text)?;
        let mut result = self.clone();
        for year in &file.years {
            if !(1900..=2500).contains(year.year.get_ref()) {
                return Err(Fault::at(&year.year, format!("{} is no year from 1900 to 2500", year.year.get_ref())));
            }
            result.years.insert(*year.year.get_ref());
        }
        for (date, day) in days(&file.days)? {
            match day {
                Some(day) => result.days.insert(date, day),
                None => result.days.remove(&date),
            };
        }
        Ok(result)
    }

    pub(super) fn get(&self, date: Date) -> Option<&SpecialDay> {
        self.days.get(&date)
    }

    /// All special days, rising.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Date, &SpecialDay)> {
        self.days.iter().map(|(date, day)| (*date, day))
    }

    /// Whether the public holidays of a year are known, or there are none to know.
    pub(super) fn knows(&self, year: i16) -> bool {
        !self.public || self.years.contains(&year)
    }
}

/// Every day of a file once; none: back to what the weekday says.
fn days(raw: &[RawDays]) -> Result<BTreeMap<Date, Option<SpecialDay>>, Fault> {
    let mut days = BTreeMap::new();
    for entry in raw {
        let hours = entry.hours.as_deref().map(Hours::parse).transpose()?;
        if hours.is_some() && entry.working.is_empty() {
            return Err(Fault::at(&entry.name, "`hours` belong to `working` days, and there are none"));
        }
        if hours.as_ref().is_some_and(Hours::is_closed) {
            return Err(Fault::at(&entry.name, "a working day needs `hours`; leave them out for the usual ones"));
        }
        if [&entry.off, &entry.working, &entry.regular].iter().all(|list| list.is_empty()) {
            return Err(Fault::at(&entry.name, "there is no day in `off`, `working` or `regular`"));
        }
        let name = entry.name.get_ref();
        let off = SpecialDay { name: name.clone(), working: false, hours: None };
        let working = SpecialDay { name: name.clone(), working: true, hours };
        for (list, day) in [(&entry.off, Some(off)), (&entry.working, Some(working)), (&entry.regular, None)] {
            for place in list {
                for date in range(place)? {
                    match days.entry(date) {
                        Entry::Vacant(vacant) => vacant.insert(day.clone()),
                        Entry::Occupied(_) => {
                            return Err(Fault::at(place, format!("{date} stands here for the second time")));
                        }
                    };
                }
            }
        }
    }
    Ok(days)
}

/// `2026-02-15` or `2026-02-15..2026-02-23`, both included.
fn range(place: &Spanned<String>) -> Result<impl Iterator<Item = Date> + use<>, Fault> {
    let text = place.get_ref();
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    let bad = || Fault::at(place, format!("bad day `{text}`; the form is 2026-02-15 or 2026-02-15..2026-02-23"));
    // jiff reads more forms than a person expects here: a date with a time, for example.
    let date = |text: &str| (text.len() == 10).then(|| text.parse::<Date>().ok()).flatten().ok_or_else(bad);
    let (first, last) = (date(first.trim())?, date(last.trim())?);
    if last < first {
        return Err(Fault::at(place, format!("`{text}` ends before it begins")));
    }
    if last.duration_since(first).as_hours() >= i64::from(LONGEST_RANGE * 24) {
        return Err(Fault::at(place, format!("`{text}` is longer than {LONGEST_RANGE} days")));
    }
    Ok(std::iter::successors(Some(first), |day| day.tomorrow().ok()).take_while(move |day| *day <= last))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{Weekday, date};

    fn fault(text: &str) -> String {
        Holidays::none().overlay(text).unwrap_err().tell(text)
    }

    #[test]
    fn make_up_days_are_weekend_days_and_every_year_is_whole() {
        let china = Holidays::china();
        let weekend = |date: Date| matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
        for (date, day) in china.iter() {
            assert!(china.knows(date.year()), "{date}");
            assert!(!day.working || weekend(date), "{date} is made up for on a weekday");
        }
        // By law there are 11 public holidays, from 2025 on 13: that is what all the moving about costs in working days.
        for (year, off, working, holidays) in [(2024, 28, 8, 11), (2025, 28, 5, 13), (2026, 33, 6, 13)] {
            let count = |keep: &dyn Fn(Date, bool) -> bool| {
                china.iter().filter(|(date, day)| date.year() == year && keep(*date, day.working)).count()
            };
            assert_eq!(count(&|_, working| !working), off, "{year}");
            assert_eq!(count(&|_, working| working), working, "{year}");
            assert_eq!(count(&|date, working| !working && !weekend(date)) - working, holidays, "{year}");
        }
    }

    #[test]
    fn the_weekdays_are_those_of_the_announcements() {
        use Weekday::*;
        for (day, weekday) in [
            (date(2024, 2, 4), Sunday),
            (date(2024, 2, 18), Sunday),
            (date(2024, 4, 7), Sunday),
            (date(2024, 4, 28), Sunday),
            (date(2024, 5, 11), Saturday),
            (date(2024, 9, 14), Saturday),
            (date(2024, 9, 29), Sunday),
            (date(2024, 10, 12), Saturday),
            (date(2025, 1, 26), Sunday),
            (date(2025, 2, 8), Saturday),
            (date(2025, 4, 27), Sunday),
            (date(2025, 9, 28), Sunday),
            (date(2025, 10, 11), Saturday),
            (date(2026, 1, 4), Sunday),
            (date(2026, 2, 14), Saturday),
            (date(2026, 2, 28), Saturday),
            (date(2026, 5, 9), Saturday),
            (date(2026, 9, 20), Sunday),
            (date(2026, 10, 10), Saturday),
        ] {
            assert_eq!(day.weekday(), weekday, "{day}");
            assert!(Holidays::china().get(day).unwrap().working, "{day}");
        }
        for (day, weekday) in [
            (date(2025, 1, 28), Tuesday),
            (date(2025, 2, 4), Tuesday),
            (date(2025, 6, 2), Monday),
            (date(2025, 10, 8), Wednesday),
            (date(2026, 1, 1), Thursday),
            (date(2026, 2, 15), Sunday),
            (date(2026, 2, 23), Monday),
            (date(2026, 4, 6), Monday),
            (date(2026, 5, 5), Tuesday),
            (date(2026, 6, 19), Friday),
            (date(2026, 9, 25), Friday),
            (date(2026, 10, 7), Wednesday),
        ] {
            assert_eq!(day.weekday(), weekday, "{day}");
            assert!(!Holidays::china().get(day).unwrap().working, "{day}");
        }
    }

    #[test]
    fn bad_days_are_told_with_their_line() {
        let entry = |rest: &str| format!("[[days]]\nname = {{ zh = \"年会\", en = \"Party\" }}\n{rest}\n");
        for (rest, told) in [
            ("of = [\"2026-01-01\"]", "line 3: unknown field `of`"),
            ("off = [\n\"2026-13-01\"]", "line 4: bad day `2026-13-01`"),
            ("off = [\"2026-01-01T00:00\"]", "line 3: bad day"),
            ("off = [\"2026-01-03..2026-01-01\"]", "line 3: `2026-01-03..2026-01-01` ends before it begins"),
            ("off = [\"2026-01-01..2028-01-01\"]", "line 3: `2026-01-01..2028-01-01` is longer than"),
            (
                "off = [\"2026-01-01\"]\nworking = [\"2026-01-01\"]",
                "line 4: 2026-01-01 stands here for the second time",
            ),
            ("off = [\"2026-01-01\"]\nhours = [\"09:00-12:00\"]", "line 2: `hours` belong to `working` days"),
            ("working = [\"2026-01-03\"]\nhours = []", "line 2: a working day needs `hours`"),
            ("", "line 2: there is no day"),
        ] {
            let reason = fault(&entry(rest));
            assert!(reason.starts_with(told), "{rest}: {reason}");
        }
        assert!(fault("[[years]]\nyear = 12\nsource = \"x\"").starts_with("line 2: 12 is no year"));
        assert!(fault("[[years]]\nyear = 2027").contains("missing field `source`"));
    }
}
