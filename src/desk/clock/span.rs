//! How long somebody has, as policies say it: a number of minutes, hours or days, working or calendar.

use super::calendar::Measure;
use crate::taxonomy::Language;
use std::{fmt, str::FromStr};

/// Nobody gets longer than ten years.
const LONGEST_DAYS: u32 = 3660;

/// What a span is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    WorkingMinutes,
    WorkingHours,
    WorkingDays,
    CalendarMinutes,
    CalendarHours,
    CalendarDays,
}

impl Unit {
    const ALL: [Unit; 6] = [
        Unit::WorkingMinutes,
        Unit::WorkingHours,
        Unit::WorkingDays,
        Unit::CalendarMinutes,
        Unit::CalendarHours,
        Unit::CalendarDays,
    ];

    /// As policies write it, in the singular: `working hour`.
    fn name(self) -> &'static str {
        match self {
            Unit::WorkingMinutes => "working minute",
            Unit::WorkingHours => "working hour",
            Unit::WorkingDays => "working day",
            Unit::CalendarMinutes => "calendar minute",
            Unit::CalendarHours => "calendar hour",
            Unit::CalendarDays => "calendar day",
        }
    }

    /// What is counted for it.
    pub fn measure(self) -> Measure {
        match self {
            Unit::WorkingMinutes | Unit::WorkingHours | Unit::WorkingDays => Measure::Working,
            Unit::CalendarMinutes | Unit::CalendarHours | Unit::CalendarDays => Measure::Elapsed,
        }
    }

    fn most(self) -> u32 {
        match self {
            Unit::WorkingDays | Unit::CalendarDays => LONGEST_DAYS,
            Unit::WorkingHours | Unit::CalendarHours => LONGEST_DAYS * 24,
            Unit::WorkingMinutes | Unit::CalendarMinutes => LONGEST_DAYS * 24 * 60,
        }
    }
}

/// So many units: `4 working hours`, `7 working days`, `15 calendar days`.
///
/// ```
/// use fenzhen::{desk::clock::Span, taxonomy::Language};
/// let span: Span = "7 working days".parse().unwrap();
/// assert_eq!(span.tell(Language::Zh), "7 个工作日");
/// assert!("7 days".parse::<Span>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    count: u32,
    unit: Unit,
}

impl Span {
    /// What it is counted in.
    pub fn unit(self) -> Unit {
        self.unit
    }

    /// How many units.
    pub fn count(self) -> u32 {
        self.count
    }

    /// Whether hours and holidays decide where it ends.
    pub fn asks_calendar(self) -> bool {
        !matches!(self.unit, Unit::CalendarMinutes | Unit::CalendarHours)
    }

    /// As people say it.
    pub fn tell(self, language: Language) -> String {
        let Span { count, unit } = self;
        match language {
            Language::En => self.to_string(),
            Language::Zh => match unit {
                Unit::WorkingMinutes => format!("{count} 分钟工作时间"),
                Unit::WorkingHours => format!("{count} 小时工作时间"),
                Unit::WorkingDays => format!("{count} 个工作日"),
                Unit::CalendarMinutes => format!("{count} 分钟"),
                Unit::CalendarHours => format!("{count} 小时（自然时间）"),
                Unit::CalendarDays => format!("{count} 个自然日"),
            },
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.count, self.unit.name(), if self.count == 1 { "" } else { "s" })
    }
}

impl FromStr for Span {
    type Err = String;

    /// # Errors
    /// A sentence about the form or the size.
    fn from_str(text: &str) -> Result<Self, String> {
        let (count, unit) = text.trim().split_once(' ').unwrap_or((text, ""));
        let unit = unit.trim();
        let singular = unit.strip_suffix('s').unwrap_or(unit);
        let unit = Unit::ALL.into_iter().find(|unit| unit.name() == singular);
        match (count.parse::<u32>(), unit) {
            (Ok(count), Some(unit)) if count <= unit.most() => Ok(Span { count, unit }),
            (Ok(count), Some(unit)) => {
                Err(format!("{count} {}s are too long; at most {}, ten years", unit.name(), unit.most()))
            }
            _ => Err(format!(
                "bad span `{text}`; the form is a whole number and working or calendar minutes, hours or days, as in `4 working hours`"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_written_back() {
        for text in ["1 working minute", "4 working hours", "7 working days", "1 calendar hour", "15 calendar days"] {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), text);
        }
        assert_eq!("30  calendar minute".parse::<Span>().unwrap().to_string(), "30 calendar minutes");
    }

    #[test]
    fn a_span_that_leaves_a_question_is_refused() {
        for text in ["", "4h", "24 hours", "7 days", "-1 working days", "1.5 working hours", "4 working hourss", "x"] {
            assert!(text.parse::<Span>().unwrap_err().starts_with("bad span"), "{text}");
        }
        assert!("3661 calendar days".parse::<Span>().unwrap_err().contains("at most 3660"));
        assert!("99999999999 calendar days".parse::<Span>().is_err());
    }
}
