//! The hours of one day.

use crate::located::Fault;
use jiff::civil::Time;
use std::fmt;
use toml::Spanned;

/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// A stretch of a day, in minutes from midnight. The end is not part of it and may be 24:00.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interval {
    start: u16,
    end: u16,
}

impl Interval {
    /// The time of day at which it begins.
    pub fn start(self) -> Time {
        time(self.start).expect("an interval begins before 24:00")
    }

    /// The time of day at which it ends; none: at 24:00.
    pub fn end(self) -> Option<Time> {
        time(self.end)
    }

    /// `09:00-12:00`.
    fn parse(text: &str) -> Option<Self> {
        let (start, end) = text.split_once('-')?;
        let (start, end) = (minutes(start.trim())?, minutes(end.trim())?);
        (start < end).then_some(Interval { start, end })
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Interval { start, end } = self;
        write!(f, "{:02}:{:02}-{:02}:{:02}", start / 60, start % 60, end / 60, end % 60)
    }
}

/// The intervals in which a day's time counts, rising and apart; none on a day that is closed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hours(Vec<Interval>);

impl Hours {
    /// Reads intervals; faults stand at the interval.
    pub(super) fn parse(texts: &[Spanned<String>]) -> Result<Self, Fault> {
        let mut intervals: Vec<Interval> = Vec::with_capacity(texts.len());
        for text in texts {
            let interval = Interval::parse(text.get_ref()).ok_or_else(|| Fault::at(text, explain(text.get_ref())))?;
            if let Some(other) = intervals.iter().find(|other| interval.start < other.end && other.start < interval.end)
            {
                return Err(Fault::at(text, format!("{interval} overlaps {other}")));
            }
            intervals.push(interval);
        }
        intervals.sort();
        Ok(Hours(intervals))
    }

    /// The intervals, rising.
    pub fn intervals(&self) -> &[Interval] {
        &self.0
    }

    /// Whether nothing of the day counts.
    pub fn is_closed(&self) -> bool {
        self.0.is_empty()
    }

    /// Working seconds of a day on which no clock is put forward or back.
    pub(super) fn seconds(&self) -> i64 {
        self.0.iter().map(|interval| i64::from(interval.end - interval.start) * 60).sum()
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, interval) in self.0.iter().enumerate() {
            write!(f, "{}{interval}", if index > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}

/// `HH:MM` up to 24:00, in minutes.
fn minutes(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let number =
        |text: &str| (text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?;
    let (hour, minute): (u16, u16) = (number(hour)?, number(minute)?);
    let sum = hour * 60 + minute;
    (minute < 60 && sum <= DAY).then_some(sum)
}

fn time(minutes: u16) -> Option<Time> {
    Time::new((minutes / 60) as i8, (minutes % 60) as i8, 0, 0).ok()
}

/// Why a text is no interval.
fn explain(text: &str) -> String {
    let ends = text.split_once('-').and_then(|(start, end)| Some((minutes(start.trim())?, minutes(end.trim())?)));
    match ends {
        Some((start, end)) if start == end => format!("`{text}` is empty; a whole day is 00:00-24:00"),
        Some(_) => {
            format!("`{text}` goes past midnight; write the part before 24:00 here and the rest on the next day")
        }
        None => format!("bad hours `{text}`; the form is 09:00-12:00, until 24:00"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(texts: &[&str]) -> Result<Hours, String> {
        let spanned: Vec<_> = texts.iter().map(|text| Spanned::new(0..0, text.to_string())).collect();
        Hours::parse(&spanned).map_err(|fault| fault.tell(""))
    }

    #[test]
    fn hours_are_sorted_and_written_back() {
        let hours = parse(&["13:30-18:00", "09:00 - 12:00"]).unwrap();
        assert_eq!(hours.to_string(), "09:00-12:00, 13:30-18:00");
        assert_eq!(hours.seconds(), (3 * 60 + 4 * 60 + 30) * 60);
        assert_eq!(parse(&["00:00-24:00"]).unwrap().seconds(), 24 * 3600);
        assert!(parse(&[]).unwrap().is_closed());
        assert!(parse(&["09:00-12:00", "12:00-18:00"]).is_ok());
    }

    #[test]
    fn bad_hours_say_what_is_wrong() {
        for (texts, reason) in [
            (&["9-12"][..], "bad hours `9-12`"),
            (&["09:00"], "bad hours"),
            (&["09:60-12:00"], "bad hours"),
            (&["09:00-24:01"], "bad hours"),
            (&["+9:00-12:00"], "bad hours"),
            (&["９:00-12:00"], "bad hours"),
            (&["22:00-06:00"], "goes past midnight"),
            (&["09:00-09:00"], "is empty"),
            (&["09:00-12:00", "11:00-13:00"], "11:00-13:00 overlaps 09:00-12:00"),
        ] {
            let told = parse(texts).unwrap_err();
            assert!(told.contains(reason), "{texts:?}: {told}");
        }
    }
}
